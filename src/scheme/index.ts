/**
 * Ready profiles of real schemes.
 * @module
 */
export { bits, type BitsListOptions, type BitsOptions, type BitsScope } from './bits.js';
export {
  type BitsChecklist,
  bitsChecklist,
  type BitsStanding,
  type ChecklistItem,
  type ItemState,
  type OwnDomain,
  writeBitsChecklist,
} from './bits-checklist.js';
export {
  type BitsDocument,
  compareBitsRegistrations,
  fillBitsDeclaration,
  fillBitsRegistration,
  readBitsDocument,
  writeBitsDocument,
} from './bits-documents.js';
export type {
  BitsAdministrator,
  BitsChange,
  BitsDeclaration,
  BitsParticipant,
  BitsRegistration,
  BitsSignature,
  BitsTechnicalContact,
} from './bits-participant.js';
export { type PolicyClass, policyClasses } from './classes.js';
export type { Delimiter } from './domain-list-csv.js';
export type { DateNotation } from './domain-list-dates.js';
export { diffLists, type ListDiff } from './domain-list-diff.js';
export { diskListStore } from './domain-list-disk.js';
export { bitsListFormat, type ColumnPlace, type ListColumn, type ListFormat } from './domain-list-format.js';
export { type ListRecord, type ListStore, memoryListStore } from './domain-list-journal.js';
export type { ListOptions } from './domain-list-options.js';
export type { Fetched, ListOrigin } from './domain-list-origin.js';
export type { ListStaleness } from './domain-list-age.js';
export type { ListInForce, ListRefresh } from './domain-list-refresh.js';
export type { ListEntry, ListProblem, ListProblemKind, RowsRead } from './domain-list-rows.js';
export {
  type DomainListSource,
  domainListSource,
  type ListSourceOptions,
  type ListStatus,
} from './domain-list-source.js';
export { type DomainList, type ListReading, parseDomainList, type ParseListOptions } from './domain-list.js';
export {
  type ChangeLine,
  type ChangeVerdict,
  judgeChange,
  type ProposedChange,
  type ProposedHost,
} from './finansinspektionen-change.js';
export {
  type CertificateFacts,
  certificateFacts,
  type HostCertificate,
  type NamedAuthority,
  type ShownCertificates,
} from './finansinspektionen-facts.js';
export type { Questionnaire } from './finansinspektionen-form.js';
export type {
  Company,
  Contact,
  Participant,
  ParticipantWithHosts,
} from './finansinspektionen-participant.js';
export {
  fillQuestionnaire,
  type ParticipantInput,
  type QuestionnaireOptions,
  readQuestionnaire,
  writeQuestionnaire,
} from './finansinspektionen-questionnaire.js';
export type { FormFormat } from './form.js';
export type { ListReach } from './domain-source.js';
export { finansinspektionen, type FinansinspektionenOptions } from './finansinspektionen.js';
export { type SecureMailRecordsInput, writeSecureMailRecords } from './securemail-records.js';
export {
  isSecureMailDomain,
  securemail,
  type SecureMailMode,
  type SecureMailOptions,
  type SecureMailProfile,
  secureMailProfile,
  secureMailRule,
  type SecureMailSourceOptions,
} from './securemail.js';
export {
  type ListedDomain,
  type PoliciesToVerify,
  type PolicyReport,
  type PolicyRow,
  verifyPolicies,
} from './verify-policies.js';
