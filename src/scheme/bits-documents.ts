/**
 * What a participant of Bits sends to the administrator of the scheme: the declaration of conformity (appendix 1), the
 * registration (appendix 2), and the news of a change in it (BITS-5.1.3 to BITS-5.1.6, BITS-5.3.3, BITS-A1, BITS-A2). All are
 * filled from one record. People sign and send them; nothing here does.
 */
import {
  changeForm,
  declarationForm,
  declarationTitle,
  readDeclaration,
  readDocumentJson,
  readRegistration,
  registrationForm,
} from './bits-forms.js';
import {
  type BitsChange,
  type BitsDeclaration,
  type BitsParticipant,
  type BitsRegistration,
  parseBitsDeclaration,
  parseBitsParticipant,
  parseBitsRegistration,
  values,
} from './bits-participant.js';
import type { Form, FormFormat } from './form.js';
import { looksLikeJson } from './form-read.js';
import { writeForm } from './form-write.js';

/** A document, filled in. */
export type BitsDocument = BitsDeclaration | BitsRegistration | BitsChange;

/**
 * Fills the declaration (appendix 1), which the head of IT signs.
 * @throws ConfigError `registration-invalid`, `option-unknown`, `domain-invalid`, `address-invalid`
 */
export function fillBitsDeclaration(participant: BitsParticipant): BitsDeclaration {
  const { organization, organizationNumber, domains, administrator, signature } =
    parseBitsParticipant(participant);
  return {
    document: 'declaration',
    organization,
    organizationNumber,
    domains,
    contact: administrator,
    signature,
  };
}

/**
 * Fills the registration (appendix 2).
 * @throws ConfigError `registration-invalid`, `option-unknown`, `domain-invalid`, `address-invalid`
 */
export function fillBitsRegistration(participant: BitsParticipant): BitsRegistration {
  const { organization: _organization, signature: _signature, ...rest } = parseBitsParticipant(participant);
  return { document: 'registration', ...rest };
}

/** What changed between two registrations of one participant, to be told to the scheme (BITS-5.3.3); null: nothing did. */
export function compareBitsRegistrations(
  before: BitsRegistration,
  after: BitsRegistration,
): BitsChange | null {
  const was = fieldsOf(before);
  const changes = fieldsOf(after).flatMap(([field, to], index) => {
    const from = was[index]?.[1] ?? '';
    return from === to ? [] : [{ field, from, to }];
  });
  return changes.length === 0
    ? null
    : { document: 'change', organizationNumber: before.organizationNumber, changes };
}

function fieldsOf(registration: BitsRegistration): readonly (readonly [string, string])[] {
  return registrationForm(registration).sections.flatMap(({ fields }) => fields);
}

/** Writes a document. @throws ConfigError `option-unknown` for another format */
export function writeBitsDocument(document: BitsDocument, format: FormFormat): string {
  return writeForm(formOf(document), document, format, 'writeBitsDocument');
}

function formOf(document: BitsDocument): Form {
  if (document.document === 'declaration') return declarationForm(document);
  return document.document === 'registration' ? registrationForm(document) : changeForm(document);
}

/**
 * Reads a declaration or a registration that `writeBitsDocument` wrote as `json` or `text`.
 * @throws ConfigError `registration-unreadable`, `registration-invalid`, `option-unknown`, `domain-invalid`,
 *   `address-invalid`
 */
export function readBitsDocument(text: string): BitsDeclaration | BitsRegistration {
  if (looksLikeJson(text)) return readJson(text);
  return text.trimStart().startsWith(declarationTitle)
    ? parseBitsDeclaration(readDeclaration(text))
    : parseBitsRegistration(readRegistration(text));
}

function readJson(text: string): BitsDeclaration | BitsRegistration {
  const { document, ...fields } = readDocumentJson(text) as { readonly document?: unknown };
  if (document === 'declaration') return parseBitsDeclaration(fields);
  if (document === 'registration') return parseBitsRegistration(fields);
  throw values.invalid('document', '"declaration" or "registration"', document);
}
