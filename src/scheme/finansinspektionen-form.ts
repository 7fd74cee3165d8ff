/**
 * The questionnaire as the notice prints it: titles of its sections and their order, in both editions. Writers and the
 * reader share this one description.
 */
import type { HostCertificate } from './finansinspektionen-facts.js';
import { readDay, writeDay, writeMoment } from './finansinspektionen-dates.js';
import type {
  Company,
  Contact,
  Participant,
  ParticipantWithHosts,
} from './finansinspektionen-participant.js';
import { fieldSection, type Form, lineSection } from './form.js';

/** A questionnaire that has been filled in. */
export type Questionnaire =
  | { readonly edition: 'first'; readonly participant: Participant }
  | { readonly edition: 'second'; readonly participant: ParticipantWithHosts };

/** Titles of the fields of a section, by key. */
export const companyTitles = {
  name: 'Company name',
  organizationNumber: 'Organization number',
  streetAddress: 'Street address',
  postcode: 'Postcode',
  country: 'Country',
} as const satisfies Record<keyof Company, string>;
export const contactTitles = {
  name: 'Name',
  email: 'E-mail',
  role: 'Title/role',
  telephone: 'Telephone number',
  department: 'Department',
} as const satisfies Record<keyof Contact, string>;
export const authorityTitles = { issuer: 'Issuing CA', root: 'Root certificate' } as const;

/** Titles of the sections, by key of the record. */
export const sectionTitles = {
  company: 'Company Information',
  administrative: 'Administrative Contact Information',
  technical: 'Technical Contact Information',
  domains: 'Domains',
  authority: 'CA used for the TLS certificate',
  hosts: 'Certificate details',
  implementation: 'Date and time for implementation',
} as const;

/** First line of the form. */
export const questionnaireTitle = 'Questionnaire';

/** The form, section by section. */
export function formOf({ edition, participant }: Questionnaire): Form {
  const { company, administrative, technical, domains, authority } = participant;
  const both = [
    fieldSection(sectionTitles.company, companyTitles, company),
    fieldSection(sectionTitles.administrative, contactTitles, administrative),
    fieldSection(sectionTitles.technical, contactTitles, technical),
    lineSection(sectionTitles.domains, domains),
    fieldSection(sectionTitles.authority, authorityTitles, authority),
  ];
  if (edition === 'first') return { title: questionnaireTitle, sections: both };
  const more = [
    lineSection(sectionTitles.hosts, participant.hosts.map(writeHost)),
    lineSection(sectionTitles.implementation, [writeMoment(participant.implementation)]),
  ];
  return { title: questionnaireTitle, sections: [...both, ...more] };
}

/** Third footnote of the second edition: `yourhost.domain.cc, IP: 1.2.3.4 CN=yourhost.domain.cc Valid until YY:MM:DD`. */
function writeHost({ host, address, cn, validUntil }: HostCertificate): string {
  return `${host}, IP: ${address} CN=${cn} Valid until ${writeDay(validUntil)}`;
}

/** Reads such a line back; null for another form. */
export function readHostLine(line: string): HostCertificate | null {
  const [, host, address, cn, day = ''] = /^(\S+), IP: (\S+) CN=(.+) Valid until (\S+)$/.exec(line) ?? [];
  const validUntil = readDay(day);
  return host === undefined || address === undefined || cn === undefined || validUntil === null
    ? null
    : { host, address, cn, validUntil };
}
