/**
 * The appendices of Bits as the scheme prints them: titles, their order, and the words of the declaration. Writers and
 * readers share this one description; `Ja` and `Nei` are the only words of requirement 5.2.4.
 * Failure: ConfigError `registration-unreadable` with the line.
 */
import type { BitsChange, BitsDeclaration, BitsRegistration } from './bits-participant.js';
import { fieldSection, type Form, lineSection } from './form.js';
import { createFormReader, type Line } from './form-read.js';

/** First lines of the documents. */
export const declarationTitle = 'Declaration of conformity';
const registrationTitle = 'Registration for forced TLS';
const businessTitle = 'Information about the business';

const registrationTitles = {
  organizationNumber: 'Org.no.',
  administratorName: 'Name of administrator',
  administratorEmail: 'Administrator e-mail',
  technicalEmail: 'Technical contact e-mail',
  technicalTelephone: 'Technical contact telephone number',
  enrolled: 'Date of enrolment',
  domains: 'Forced TLS Domain(s)',
  rejectsPlaintext: 'Requirement 5.2.4 support',
} as const;

const organizationTitles = { name: 'Organization', number: 'Company ID number' } as const;
const contactTitles = { name: 'Name', email: 'E-mail address' } as const;
const signatureTitles = { date: 'Date', name: 'Name', hand: 'Signature' } as const;
const declarationSections = {
  organization: 'Organization',
  domains: 'Domains',
  statements: 'Statements',
  contact: 'Contact person for updates of the Domain List',
  signature: 'Signed by the IT manager',
} as const;

/** What is declared; a text that declares something else is not this declaration. */
const STATEMENTS = [
  'For these domains the organization receives mail of companies on the Domain List for Forced TLS only over TLS.',
  'It sends mail to the domains on that list only over TLS, as the requirements of the scheme say.',
  'Its technical contacts may be shared with the other participants.',
];
const BLANK = '_'.repeat(40);

/** Appendix 1. */
export function declarationForm(declaration: BitsDeclaration): Form {
  const { organization, organizationNumber, domains, contact, signature } = declaration;
  return {
    title: declarationTitle,
    sections: [
      fieldSection(declarationSections.organization, organizationTitles, {
        name: organization,
        number: organizationNumber,
      }),
      lineSection(declarationSections.domains, domains),
      lineSection(declarationSections.statements, STATEMENTS),
      fieldSection(declarationSections.contact, contactTitles, contact),
      fieldSection(declarationSections.signature, signatureTitles, { ...signature, hand: BLANK }),
    ],
  };
}

/** Appendix 2. */
export function registrationForm(registration: BitsRegistration): Form {
  const { administrator, technical, domains, rejectsPlaintext } = registration;
  const fields = {
    organizationNumber: registration.organizationNumber,
    enrolled: registration.enrolled,
    administratorName: administrator.name,
    administratorEmail: administrator.email,
    technicalEmail: technical.email,
    technicalTelephone: technical.telephone,
    domains: domains.join(', '),
    rejectsPlaintext: rejectsPlaintext ? 'Ja' : 'Nei',
  };
  return {
    title: registrationTitle,
    sections: [fieldSection(businessTitle, registrationTitles, fields)],
  };
}

/** News of a change. */
export function changeForm({ organizationNumber, changes }: BitsChange): Form {
  return {
    title: 'Change of registration for forced TLS',
    sections: [
      fieldSection(
        businessTitle,
        { number: registrationTitles.organizationNumber },
        { number: organizationNumber },
      ),
      ...changes.map(({ field, from, to }) =>
        fieldSection(field, { from: 'Was', to: 'Is now' }, { from, to }),
      ),
    ],
  };
}

const declarationReader = createFormReader({
  name: 'registration',
  title: declarationTitle,
  sections: declarationSections,
});
const registrationReader = createFormReader({
  name: 'registration',
  title: registrationTitle,
  sections: { fields: businessTitle },
});

/** The record in the text of a declaration, not yet judged. @throws ConfigError */
export function readDeclaration(text: string): unknown {
  const sections = declarationReader.split(text);
  const fields = (key: keyof typeof declarationSections, titles: Readonly<Record<string, string>>) =>
    declarationReader.fields(titles, sections.get(key) ?? []);
  const organization = fields('organization', organizationTitles);
  const { hand: _hand, ...signature } = fields('signature', signatureTitles);
  refuseOtherWords(sections.get('statements') ?? []);
  return {
    organization: organization['name'],
    organizationNumber: organization['number'],
    domains: (sections.get('domains') ?? []).map((line) => line.text),
    contact: fields('contact', contactTitles),
    signature,
  };
}

/** A mail program may have wrapped the lines. */
function refuseOtherWords(lines: readonly Line[]): void {
  const said = lines.map((line) => line.text).join(' ');
  const [first] = lines;
  if (said === STATEMENTS.join(' ')) return;
  throw declarationReader.unreadable(
    first ?? { number: 1, text: '' },
    'expected the statements of the declaration, word by word',
  );
}

/** The record in the text of a registration, not yet judged. @throws ConfigError */
export function readRegistration(text: string): unknown {
  const lines = registrationReader.split(text).get('fields') ?? [];
  const fields = registrationReader.fields(registrationTitles, lines);
  const answer = fields['rejectsPlaintext'];
  return {
    organizationNumber: fields['organizationNumber'],
    administrator: { name: fields['administratorName'], email: fields['administratorEmail'] },
    technical: { email: fields['technicalEmail'], telephone: fields['technicalTelephone'] },
    enrolled: fields['enrolled'],
    domains: fields['domains']?.split(/\s*,\s*/),
    // BITS-5.5: "Yes" is no answer; the words decide, whatever their case.
    rejectsPlaintext: /^ja$/i.test(answer ?? '') ? true : /^nei$/i.test(answer ?? '') ? false : answer,
  };
}

/** What is in the JSON of either document. @throws ConfigError */
export function readDocumentJson(text: string): unknown {
  return registrationReader.json(text);
}
