/**
 * The record of one participant: what the questionnaire of either edition asks (FI-22, FI-23), read strictly, so that
 * each text of it stands on one line and comes back as it was.
 * Failure: ConfigError `questionnaire-invalid` that names the field; unknown keys say which one is near.
 */
import { isIP } from 'node:net';
import { parseDomain } from '../core/domain.js';
import { ConfigError } from '../core/errors.js';
import { refuseUnknownOptions } from '../core/options.js';
import { printable } from '../core/printable.js';
import { parseAddress } from '../message/address.js';
import { isDay, isMoment } from './finansinspektionen-dates.js';
import type { HostCertificate, NamedAuthority } from './finansinspektionen-facts.js';

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

const MAX_LINE = 200;
const MAX_ENTRIES = 1000;

/** Reads what the first edition asks; the further fields of the second may stand there and are left out. @throws ConfigError */
export function parseParticipant(value: unknown): Participant {
  const fields = readObject(value, SECOND_KEYS, 'participant');
  return {
    company: readTexts(fields.company, COMPANY_KEYS, 'company'),
    administrative: readContact(fields.administrative, 'administrative'),
    technical: readContact(fields.technical, 'technical'),
    domains: readDomains(fields.domains),
    authority: readTexts(fields.authority, AUTHORITY_KEYS, 'authority'),
  };
}

/** Reads what the second edition asks. @throws ConfigError */
export function parseParticipantWithHosts(value: unknown): ParticipantWithHosts {
  const participant = parseParticipant(value);
  const { hosts, implementation } = readObject(value, SECOND_KEYS, 'participant');
  const moment = readText(implementation, 'implementation');
  if (!isMoment(moment)) throw invalid('implementation', 'a moment such as "2027-01-31T09:00Z"', moment);
  return { ...participant, hosts: readList(hosts, 'hosts').map(readHost), implementation: moment };
}

function readContact(value: unknown, where: string): Contact {
  const contact = readTexts(value, CONTACT_KEYS, where);
  parseAddress(contact.email, `questionnaire: ${where}.email`);
  if (!/\d/.test(contact.telephone))
    throw invalid(`${where}.telephone`, 'a telephone number', contact.telephone);
  return contact;
}

function readDomains(value: unknown): readonly string[] {
  const domains = readList(value, 'domains').map((entry, index) =>
    parseDomain(readText(entry, `domains[${index}]`), `questionnaire: domains[${index}]`),
  );
  const doubled = domains.find((domain, index) => domains.indexOf(domain) !== index);
  if (doubled !== undefined) throw invalid('domains', 'each domain once', doubled);
  return domains;
}

function readHost(value: unknown, index: number): HostCertificate {
  const where = `hosts[${index}]`;
  const texts = readTexts(value, HOST_KEYS, where);
  if (isIP(texts.address) === 0) throw invalid(`${where}.address`, 'an IP address', texts.address);
  if (!isDay(texts.validUntil))
    throw invalid(`${where}.validUntil`, 'a day such as "2027-01-31"', texts.validUntil);
  return { ...texts, host: parseDomain(texts.host, `questionnaire: ${where}.host`) };
}

function readTexts<K extends string>(value: unknown, keys: readonly K[], where: string): Record<K, string> {
  const fields = readObject(value, keys, where);
  return Object.fromEntries(keys.map((key) => [key, readText(fields[key], `${where}.${key}`)])) as Record<
    K,
    string
  >;
}

function readObject<K extends string>(
  value: unknown,
  keys: readonly K[],
  where: string,
): Partial<Record<K, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(where, `an object with ${keys.join(', ')}`, value);
  refuseUnknownOptions(value, keys, `questionnaire: ${where}`);
  return value;
}

function readList(value: unknown, where: string): readonly unknown[] {
  if (Array.isArray(value) && value.length > 0 && value.length <= MAX_ENTRIES) return value;
  throw invalid(where, `a list of 1 to ${MAX_ENTRIES} entries`, value);
}

/** One line that shows as it is: whoever reads the form sees each character of it. */
function readText(value: unknown, where: string): string {
  const isLine =
    typeof value === 'string' &&
    value !== '' &&
    value.trim() === value &&
    printable(value, MAX_LINE) === value;
  if (isLine) return value;
  throw invalid(where, `one line of text, at most ${MAX_LINE} characters, no blanks around it`, value);
}

function invalid(where: string, expected: string, got: unknown): ConfigError {
  return new ConfigError(
    'questionnaire-invalid',
    `questionnaire: ${where}: expected ${expected}, got ${describe(got)}`,
  );
}

function describe(value: unknown): string {
  if (typeof value === 'string') return printable(JSON.stringify(value), MAX_LINE);
  if (value === undefined || value === null) return 'nothing';
  return Array.isArray(value) ? `a list of ${value.length}` : `a value of type ${typeof value}`;
}
