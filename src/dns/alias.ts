/**
 * Follows aliases step by step where a resolver did not, or where it must be known that a name is none: an implicit MX
 * on a guess would send mail to the wrong host (MX-6, MX-9).
 *
 * At each name: ask; where the answer leaves open whether the name is an alias, ask for its CNAME and go on there.
 * Failure: a circle, or more than ten steps, is `alias-loop`, which is temporary.
 * Standards: RFC 5321 §5.1, RFC 1034 §3.6.2.
 */
import { canonicalDomain } from '../core/domain.js';
import type { DnsAnswer, Dnssec } from './resolver.js';

const MOST_ALIASES = 10;

/** How to ask at one name. */
export interface AliasWalk<T> {
  ask(name: string): Promise<DnsAnswer<T>>;
  cname(name: string): Promise<DnsAnswer<string>>;
  /** True for an answer after which the CNAME has to be asked for. */
  isOpen(answer: DnsAnswer<T>): boolean;
}

/** The answer at the end of the aliases, and the canonical name it belongs to. */
export interface Followed<T> {
  readonly name: string;
  readonly answer: DnsAnswer<T>;
}

/** Secure only if every step was. */
function weaker(a: Dnssec, b: Dnssec): Dnssec {
  if (a === b) return a;
  if (a === 'bogus' || b === 'bogus') return 'bogus';
  return a === 'secure' ? b : a;
}

function restrict<T>(answer: DnsAnswer<T>, dnssec: Dnssec): DnsAnswer<T> {
  return answer.kind === 'failed' ? answer : { ...answer, dnssec: weaker(answer.dnssec, dnssec) };
}

/** Walks from `start` (canonical) to the name that is no alias. */
export async function followAliases<T>(start: string, walk: AliasWalk<T>): Promise<Followed<T>> {
  const seen = new Set<string>();
  let name = start;
  let dnssec: Dnssec = 'secure';
  for (;;) {
    seen.add(name);
    const answer = await walk.ask(name);
    if (!walk.isOpen(answer)) return { name, answer: restrict(answer, dnssec) };
    const alias = await walk.cname(name);
    if (alias.kind === 'failed') return { name, answer: alias };
    dnssec = weaker(dnssec, alias.dnssec);
    if (alias.kind === 'nodata') return { name, answer: restrict(answer, dnssec) };
    const target = alias.kind === 'found' ? canonicalDomain(alias.records[0] ?? '') : null;
    if (target === null) {
      // The name exists for one question and not for the other, or leads to what is no name.
      return {
        name,
        answer: { kind: 'failed', failure: 'malformed', detail: `the alias of ${name} leads nowhere` },
      };
    }
    if (seen.has(target) || seen.size > MOST_ALIASES) {
      return {
        name,
        answer: { kind: 'failed', failure: 'alias-loop', detail: `the aliases of ${start} do not end` },
      };
    }
    name = target;
  }
}
