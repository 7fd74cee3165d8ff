/**
 * The record of one participant: what the questionnaire of either edition asks (FI-22, FI-23), read strictly, so that
 * each text of it stands on one line and comes back as it was.
 * Failure: ConfigError `questionnaire-invalid` that names the field; unknown keys say which one is near.
 */
import { isIP } from 'node:net';
import { parseDomain } from '../core/domain.js';
import { isDay, isMoment } from './finansinspektionen-dates.js';
import type { HostCertificate, NamedAuthority } from './finansinspektionen-facts.js';
import { createFormValues } from './form-values.js';

/** "Company Information". */
export interface Company {
  readonly name: string;
  readonly organizationNumber: string;
  readonly streetAddress: string;
  readonly postcode: string;
  readonly country: string;
}

/** "Administrative Contact Information" and "Technical Contact Information". */
export interface Contact {
  readonly name: string;
  readonly email: string;
  /** "Title/role". */
  readonly role: string;
  readonly telephone: string;
  readonly department: string;
}

/** What both editions ask. */
export interface Participant {
  readonly company: Company;
  readonly administrative: Contact;
  readonly technical: Contact;
  /** All domains with which enforced TLS shall be established. */
  readonly domains: readonly string[];
  /** "Name of the Certificate Authority issuing the TLS certificate and name of root certificate". */
  readonly authority: NamedAuthority;
}

/** What the second edition asks on top. */
export interface ParticipantWithHosts extends Participant {
  readonly hosts: readonly HostCertificate[];
  /** When enforced TLS begins, UTC, `YYYY-MM-DDTHH:MMZ`; also good as `effectiveFrom` of a rule. */
  readonly implementation: string;
}

/** Keys of the parts, in the order of the form. */
const COMPANY_KEYS = ['name', 'organizationNumber', 'streetAddress', 'postcode', 'country'] as const;
const CONTACT_KEYS = ['name', 'email', 'role', 'telephone', 'department'] as const;
const AUTHORITY_KEYS = ['issuer', 'root'] as const;
const HOST_KEYS = ['host', 'address', 'cn', 'validUntil'] as const;
const KEYS = ['company', 'administrative', 'technical', 'domains', 'authority'] as const;
const SECOND_KEYS = [...KEYS, 'hosts', 'implementation'] as const;

const values = createFormValues('questionnaire');

/** Reads what the first edition asks; the further fields of the second may stand there and are left out. @throws ConfigError */
export function parseParticipant(value: unknown): Participant {
  const fields = values.object(value, SECOND_KEYS, 'participant');
  return {
    company: values.texts(fields.company, COMPANY_KEYS, 'company'),
    administrative: readContact(fields.administrative, 'administrative'),
    technical: readContact(fields.technical, 'technical'),
    domains: values.domains(fields.domains),
    authority: values.texts(fields.authority, AUTHORITY_KEYS, 'authority'),
  };
}

/** Reads what the second edition asks. @throws ConfigError */
export function parseParticipantWithHosts(value: unknown): ParticipantWithHosts {
  const participant = parseParticipant(value);
  const { hosts, implementation } = values.object(value, SECOND_KEYS, 'participant');
  const moment = values.text(implementation, 'implementation');
  if (!isMoment(moment))
    throw values.invalid('implementation', 'a moment such as "2027-01-31T09:00Z"', moment);
  return { ...participant, hosts: values.list(hosts, 'hosts').map(readHost), implementation: moment };
}

function readContact(value: unknown, where: string): Contact {
  const contact = values.texts(value, CONTACT_KEYS, where);
  values.email(contact.email, `${where}.email`);
  values.telephone(contact.telephone, `${where}.telephone`);
  return contact;
}

function readHost(value: unknown, index: number): HostCertificate {
  const where = `hosts[${index}]`;
  const texts = values.texts(value, HOST_KEYS, where);
  if (isIP(texts.address) === 0) throw values.invalid(`${where}.address`, 'an IP address', texts.address);
  if (!isDay(texts.validUntil))
    throw values.invalid(`${where}.validUntil`, 'a day such as "2027-01-31"', texts.validUntil);
  return { ...texts, host: parseDomain(texts.host, `questionnaire: ${where}.host`) };
}
