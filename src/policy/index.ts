/**
 * What must hold for mail to a domain: sources, their merge, and the plan.
 * @module
 */
export { createBase, type PlanBase } from './base.js';
export { floorOf, type FloorControls, isAtLeast, levels, type PlanFloor, weakerThan } from './compare.js';
export { decide, type Sources } from './decide.js';
export { explainPlan } from './explain.js';
export { asksOfMessage, type MessageAsk, refuseLowering } from './from-message.js';
export { findRule, type ParsedRule, parseTable, type TableRule, type WaiverInput } from './from-table.js';
export type { HostPolicies } from './host-sources.js';
export { mergePlan, type MergeInput } from './merge.js';
export type {
  Ask,
  Because,
  CheckName,
  ClientCertificate,
  Contradiction,
  Level,
  MinProtocol,
  NameRule,
  Plan,
  ProtocolFloor,
  TrustRule,
  Waiver,
} from './plan.js';
export type { PolicySource, SourceAnswer } from './source.js';
export type { SuiteFloor, SuiteRules } from '../tls/suites.js';
