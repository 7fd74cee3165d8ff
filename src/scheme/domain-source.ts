/**
 * A source that asks the same of every domain on a list, or that a test of its name lets through.
 */
import { parseDomain } from '../core/domain.js';
import type { Ask } from '../policy/plan.js';
import type { PolicySource } from '../policy/source.js';

/** Asks `ask` for each of `domains` and, with `below`, for the domains below them. */
export function listSource(
  name: string,
  list: { readonly domains: readonly string[]; readonly below?: boolean },
  ask: Ask,
): PolicySource {
  const domains = new Set(list.domains.map((domain) => parseDomain(domain, `${name}: domains`)));
  const lookup = (domain: string): string | null => {
    if (domains.has(domain)) return domain;
    if (list.below !== true) return null;
    const dot = domain.indexOf('.');
    return dot < 0 ? null : lookup(domain.slice(dot + 1));
  };
  return {
    name,
    find(domain) {
      const entry = lookup(domain);
      return entry === null ? { kind: 'none' } : { kind: 'asks', ask, ref: `entry "${entry}"` };
    },
  };
}
