/**
 * What a host writes down of domains: rules of its own table, and sources that it hands in.
 */
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
  return {
    table: parseTable(rules.filter((rule): rule is TableRule => !isSource(rule))),
    sources: rules.filter(isSource),
  };
}
