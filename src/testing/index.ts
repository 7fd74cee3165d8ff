/**
 * A small internet for the tests of a host: mail servers that go wrong in named ways, an authority that certifies them,
 * zones, a clock that a test moves, the conformance suite of queue drivers, and scenarios with their outcomes.
 * Certificates need the optional peers `pkijs` and `asn1js`, which are loaded when the first authority is made.
 * @module
 */
export type { ServerAssertions } from './assertions.js';
export {
  type Authority,
  type AuthorityOptions,
  createAuthority,
  type IssuerName,
  type SavedAuthority,
  type SavedIssuer,
} from './authority.js';
export { type CertificateFault, certificateFaults, describeCertificateFault } from './certificate-faults.js';
export type {
  CertificateExtension,
  CertificateRequest,
  Digest,
  GeneralNames,
  Identity,
  Issuer,
  KeyKind,
  KeyUsage,
  Purpose,
  SubjectName,
} from './certificate-request.js';
export { createFakeClock, type FakeClock } from './clock.js';
export type { ReplyKey } from './conversation.js';
export type { Extensions, ExtensionPhases } from './extensions.js';
export { describeFault, type Fault, faults } from './faults.js';
export type { TlsSetting } from './play.js';
export { type QueueCase, queueSuite } from './queue-suite.js';
export { checkReach } from './reach.js';
export type {
  ReceivedMessage,
  RecordedCommand,
  RecordedConnection,
  RecordedPath,
  RecordedTls,
  TranscriptLine,
} from './recording.js';
export type { RehearsalOptions } from './rehearsal.js';
export type { Expected, ExpectedOutcome, Reach, Scenario, Turn } from './scenario.js';
export { runScenario, type ScenarioOptions, type ScenarioResult } from './scenario-run.js';
export { findScenario, scenarios } from './scenarios.js';
export type { Replies } from './script.js';
export { createSmtpServer, type SmtpServer, type SmtpServerOptions } from './smtp-server.js';
export {
  createWorld,
  type Delivery,
  type World,
  type WorldOptions,
  type WorldSender,
  type WorldServerOptions,
} from './world.js';
export { createZoneResolver, type Failures, type Zone, type ZoneResolver, type Zones } from './zones.js';
