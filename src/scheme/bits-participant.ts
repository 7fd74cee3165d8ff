/**
 * The record of a participant of Bits: what the declaration (appendix 1) and the registration (appendix 2) ask, read strictly.
 * Dates are `YYYY-MM-DD`, as in the list (BITS-5.5).
 * Failure: ConfigError `registration-invalid` that names the field.
 */
import { readDay } from './domain-list-dates.js';
import { createFormValues } from './form-values.js';

/** The administrator of the scheme at the participant: a mailbox of the office, not of a person (BITS-5.3.2). */
export interface BitsAdministrator {
  readonly name: string;
  readonly email: string;
}

/** Whom other participants may call (BITS-5.1.6, BITS-5.3.5). */
export interface BitsTechnicalContact {
  readonly email: string;
  readonly telephone: string;
}

/** Who signs the declaration, and when. */
export interface BitsSignature {
  /** The head of IT. */
  readonly name: string;
  readonly date: string;
}

/** Everything that the two appendices ask. */
export interface BitsParticipant {
  readonly organization: string;
  /** A number of the Norwegian register has nine digits, the last of which is checked; others stand as they are. */
  readonly organizationNumber: string;
  readonly administrator: BitsAdministrator;
  readonly technical: BitsTechnicalContact;
  /** Day of enrolment. */
  readonly enrolled: string;
  readonly domains: readonly string[];
  /** Whether mail of participants that comes without TLS is refused (BITS-5.2.4): `Ja` or `Nei`. */
  readonly rejectsPlaintext: boolean;
  readonly signature: BitsSignature;
}

/** Appendix 1, filled in. */
export interface BitsDeclaration extends Pick<
  BitsParticipant,
  'organization' | 'organizationNumber' | 'domains' | 'signature'
> {
  readonly document: 'declaration';
  readonly contact: BitsAdministrator;
}

/** Appendix 2, filled in. */
export interface BitsRegistration extends Omit<BitsParticipant, 'organization' | 'signature'> {
  readonly document: 'registration';
}

/** News of a change: fields by their titles in the form. */
export interface BitsChange {
  readonly document: 'change';
  /** As it was before. */
  readonly organizationNumber: string;
  readonly changes: readonly { readonly field: string; readonly from: string; readonly to: string }[];
}

const ADMINISTRATOR_KEYS = ['name', 'email'] as const;
const TECHNICAL_KEYS = ['email', 'telephone'] as const;
const SIGNATURE_KEYS = ['name', 'date'] as const;
const REGISTRATION_KEYS = [
  'organizationNumber',
  'administrator',
  'technical',
  'enrolled',
  'domains',
  'rejectsPlaintext',
] as const;
const DECLARATION_KEYS = ['organization', 'organizationNumber', 'domains', 'contact', 'signature'] as const;

/** Reads values of these documents. */
export const values = createFormValues('registration');

/** Reads the record. @throws ConfigError */
export function parseBitsParticipant(value: unknown): BitsParticipant {
  const keys = ['organization', ...REGISTRATION_KEYS, 'signature'] as const;
  const fields = values.object(value, keys, 'participant');
  const { organization, signature, ...rest } = fields;
  const { document: _document, ...registration } = parseBitsRegistration(rest);
  return {
    organization: values.text(organization, 'organization'),
    ...registration,
    signature: readSignature(signature),
  };
}

/** Reads what the registration asks. @throws ConfigError */
export function parseBitsRegistration(value: unknown): BitsRegistration {
  const fields = values.object(value, REGISTRATION_KEYS, 'registration');
  const { rejectsPlaintext } = fields;
  if (typeof rejectsPlaintext !== 'boolean')
    throw values.invalid('rejectsPlaintext', 'true or false', rejectsPlaintext);
  return {
    document: 'registration',
    organizationNumber: readNumber(fields.organizationNumber),
    administrator: readAdministrator(fields.administrator, 'administrator'),
    technical: readTechnical(fields.technical),
    enrolled: readDate(fields.enrolled, 'enrolled'),
    domains: values.domains(fields.domains),
    rejectsPlaintext,
  };
}

/** Reads what the declaration asks. @throws ConfigError */
export function parseBitsDeclaration(value: unknown): BitsDeclaration {
  const fields = values.object(value, DECLARATION_KEYS, 'declaration');
  return {
    document: 'declaration',
    organization: values.text(fields.organization, 'organization'),
    organizationNumber: readNumber(fields.organizationNumber),
    domains: values.domains(fields.domains),
    contact: readAdministrator(fields.contact, 'contact'),
    signature: readSignature(fields.signature),
  };
}

function readAdministrator(value: unknown, where: string): BitsAdministrator {
  const administrator = values.texts(value, ADMINISTRATOR_KEYS, where);
  values.email(administrator.email, `${where}.email`);
  return administrator;
}

function readTechnical(value: unknown): BitsTechnicalContact {
  const technical = values.texts(value, TECHNICAL_KEYS, 'technical');
  values.email(technical.email, 'technical.email');
  values.telephone(technical.telephone, 'technical.telephone');
  return technical;
}

function readSignature(value: unknown): BitsSignature {
  const { name, date } = values.texts(value, SIGNATURE_KEYS, 'signature');
  return { name, date: readDate(date, 'signature.date') };
}

function readDate(value: unknown, where: string): string {
  const text = values.text(value, where);
  const day = readDay(text, 'YYYY-MM-DD');
  if (day === null) throw values.invalid(where, 'a day such as "2027-01-31"', text);
  return day;
}

function readNumber(value: unknown): string {
  const text = values.text(value, 'organizationNumber');
  const digits = text.replaceAll(' ', '');
  if (/^\d+$/.test(digits) && !isNorwegianNumber(digits))
    throw values.invalid('organizationNumber', 'nine digits of which the last fits the others', text);
  return text;
}

/** The ninth digit makes the weighted sum a multiple of 11, as the Brønnøysund register reckons. */
function isNorwegianNumber(digits: string): boolean {
  const weights = [3, 2, 7, 6, 5, 4, 3, 2, 1];
  const sum = weights.reduce((total, weight, index) => total + weight * Number(digits[index]), 0);
  return digits.length === weights.length && sum % 11 === 0;
}
