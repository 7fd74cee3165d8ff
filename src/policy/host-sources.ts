/**
 * From what a host says of policies to who is asked: rules, sources, and what holds where nobody asks.
 */
import type { TrustStore } from '../x509/trust-store.js';
import { createBase } from './base.js';
import type { Sources } from './decide.js';
import type { Level } from './plan.js';
import { parseRules, type PolicyRule } from './rules.js';
import type { PolicySource } from './source.js';

/** The options of a sender that decide its plans; all options of a sender fit. */
export interface HostPolicies {
  /** The class of every domain that no rule names. */
  readonly default: Level;
  readonly policies?: readonly PolicyRule[];
  /** Roots that count where no rule names others. */
  readonly trust?: TrustStore;
  readonly allowLegacyTls?: boolean;
  readonly onPolicyFailure?: 'hold' | 'bounce';
}

/**
 * The sources of a host.
 * @throws ConfigError for rules that cannot be meant, `default-missing`, `level-unknown`, `legacy-tls-enforced`,
 *   `policy-failure-unknown`
 */
export function sourcesOf(host: HostPolicies, trust: TrustStore, holdForMs: number | null = null): Sources {
  return {
    ...parseRules(host.policies ?? []),
    base: createBase({
      default: host.default,
      trust,
      ...(holdForMs === null ? {} : { holdForMs }),
      ...(host.allowLegacyTls === undefined ? {} : { allowLegacyTls: host.allowLegacyTls }),
      ...(host.onPolicyFailure === undefined ? {} : { onPolicyFailure: host.onPolicyFailure }),
    }),
  };
}

/** The same, asked only for what is known already: no source looks anywhere. */
export function peekingSources(from: Sources): Sources {
  return { ...from, sources: from.sources.map(peekingSource) };
}

/** One source, asked only for what it knows already. */
export function peekingSource(source: PolicySource): PolicySource {
  return {
    name: source.name,
    find: (domain, ctx) => (source.peek === undefined ? source.find(domain, ctx) : source.peek(domain, ctx)),
  };
}
