/**
 * Certificate facts, name match, dates, paths and trust stores.
 * @module
 */
export type {
  AlternativeName,
  Certificate,
  CertificateKey,
  NameConstraints,
  NameSubtrees,
} from './certificate.js';
export { type CertdataOptions, certdataStore, readCertdata } from './certdata.js';
export { warnOfList } from './list-age.js';
export { matchName, type NameMatch, type NameMode } from './names.js';
export { parseCertificate, parseCertificates } from './parse.js';
export { type PathVerdict, walkPath } from './path.js';
export { bundledRoots, pemStore, systemRoots } from './roots.js';
export { createTrustStore, intersectStores, type TrustAnchor, type TrustStore } from './trust-store.js';
export { type DateFault, judgeValidity } from './validity.js';
