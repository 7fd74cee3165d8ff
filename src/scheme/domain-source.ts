/**
 * A source that asks the same of every domain on a list, or that a test of its name lets through.
 */
import { parseDomain } from '../core/domain.js';
import type { Ask } from '../policy/plan.js';
import type { PolicySource } from '../policy/source.js';

/** How far a list reaches beyond the names on it. */
export interface ListReach {
  /** Domains below a listed one count as listed. Default false. */
  readonly below?: boolean;
  /** Mail to an address literal counts as mail to somebody listed: nobody can tell whose machine it is. Default false. */
  readonly literals?: boolean;
}

/** Asks `ask` for each of `domains`, and for what else the list reaches. `contact`: whom to tell when mail fails. */
export function listSource(
  name: string,
  list: ListReach & { readonly domains: readonly string[]; readonly contact?: string },
  ask: Ask,
): PolicySource {
  const domains = new Set(list.domains.map((domain) => parseDomain(domain, `${name}: domains`)));
  const contact = list.contact === undefined ? {} : { contact: list.contact };
  return {
    name,
    find(domain) {
      const entry = findListed(domain, list, (each) => (domains.has(each) ? each : undefined));
      if (entry === null) return { kind: 'none' };
      return {
        kind: 'asks',
        ask,
        ref: entry === LITERAL ? 'address literal' : `entry "${entry}"`,
        ...contact,
      };
    },
  };
}

/** An address literal, which is on no list. */
export const LITERAL = Symbol('literal');

/** What a list says of a domain (canonical, or an address literal): the entry of the nearest listed name; null: nothing. */
export function findListed<T>(
  domain: string,
  reach: ListReach,
  entryOf: (name: string) => T | undefined,
): T | typeof LITERAL | null {
  if (domain.startsWith('[')) return reach.literals === true ? LITERAL : null;
  const entry = entryOf(domain);
  if (entry !== undefined) return entry;
  const dot = domain.indexOf('.');
  return reach.below !== true || dot < 0 ? null : findListed(domain.slice(dot + 1), reach, entryOf);
}
