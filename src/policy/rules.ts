/**
 * What a host writes down of domains: rules of its own table, and sources that it hands in.
 */
import { ConfigError } from '../core/errors.js';
import type { Sources } from './decide.js';
import { parseTable, type TableRule } from './from-table.js';
import type { PolicySource } from './source.js';

/** A rule of the host's table, or a source such as a scheme profile. */
export type PolicyRule = TableRule | PolicySource;

/** True for a source, false for a rule of the table. */
export function isSource(rule: PolicyRule): rule is PolicySource {
  return typeof (rule as Partial<PolicySource>).find === 'function';
}

/**
 * The rules as a table and the sources beside it.
 * @throws ConfigError for rules that cannot be meant
 */
export function parseRules(rules: readonly PolicyRule[]): Pick<Sources, 'table' | 'sources'> {
  if (!Array.isArray(rules)) throw invalid('policies: expected a list of rules and sources');
  for (const [i, rule] of (rules as readonly unknown[]).entries()) {
    const where = `policies[${i}]`;
    if (Array.isArray(rule))
      throw invalid(`${where}: a list within the list; write "...list" to put its rules here`);
    if (typeof rule !== 'object' || rule === null) {
      throw invalid(
        `${where}: expected a rule or a source, such as { match: 'partner.example', level: 'verified' }`,
      );
    }
  }
  return {
    table: parseTable(rules.filter((rule): rule is TableRule => !isSource(rule))),
    sources: rules.filter(isSource),
  };
}

function invalid(why: string): ConfigError {
  return new ConfigError('rule-invalid', why);
}
