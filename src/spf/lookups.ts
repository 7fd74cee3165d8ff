/**
 * The questions of one check, and the limits on them (SPF-7): ten terms that ask, two that find nothing, ten names of an
 * `mx` or a client. Standard: RFC 7208 §4.6.4.
 */
import type { Context } from '../core/context.js';
import { type Ip, parseIp } from '../dns/ip.js';
import type { DnsAnswer, PtrResolver, Resolver, TxtResolver } from '../dns/resolver.js';
import { queryName, reverseName } from './session.js';

/** What a check needs of a resolver. */
export type SpfResolver = Pick<Resolver, 'mx' | 'addresses'> & TxtResolver & PtrResolver;

/** Why the evaluation ends here. */
export interface Stop {
  readonly stop: 'temperror' | 'permerror';
  readonly problem: string;
}

/** The questions of one check. */
export interface Lookups {
  /** Counts a term that asks; a Stop at the eleventh. */
  countTerm(): Stop | null;
  /** Text records of a name: they are not counted as void. */
  txt(name: string): Promise<DnsAnswer<string>>;
  /** Addresses of a name; none counts as void. */
  addresses(name: string, family: 4 | 6): Promise<readonly Ip[] | Stop>;
  /** Addresses of each mail server of a name. */
  mxAddresses(name: string, family: 4 | 6): Promise<readonly Ip[] | Stop>;
  /** Names of the client that lead back to it, in the order of the answer; asked once, void each time there are none. */
  clientNames(ip: Ip): Promise<readonly string[] | Stop>;
}

const MOST_TERMS = 10;
const MOST_VOID = 2;
const MOST_NAMES = 10;

export const isStop = (value: object): value is Stop => 'stop' in value;

const addressesOf = (texts: readonly string[]): Ip[] =>
  texts.flatMap((text) => {
    const ip = parseIp(text);
    return ip === null ? [] : [ip];
  });

/** Starts counting. */
export function createLookups(resolver: SpfResolver, ctx: Context): Lookups {
  let terms = 0;
  let voids = 0;
  let names: Promise<readonly string[] | null> | null = null;

  const settle = <T>(answer: DnsAnswer<T>, name: string): readonly T[] | Stop => {
    if (answer.kind === 'failed') return { stop: 'temperror', problem: `DNS: ${answer.failure} at ${name}` };
    return answer.kind === 'found' ? answer.records : countVoid(name);
  };
  const countVoid = (name: string): readonly never[] | Stop => {
    voids += 1;
    return voids > MOST_VOID
      ? { stop: 'permerror', problem: `more than ${MOST_VOID} look-ups found nothing, the last at ${name}` }
      : [];
  };

  /** null: there are none at all. */
  const askClientNames = async (ip: Ip): Promise<readonly string[] | null> => {
    const answer = await resolver.ptr(reverseName(ip), ctx);
    // RFC 7208 §5.5: an error there is no match, and no fault of the domain.
    if (answer.kind === 'failed') return [];
    if (answer.kind !== 'found') return null;
    const valid: string[] = [];
    for (const text of answer.records.slice(0, MOST_NAMES)) {
      const name = queryName(text);
      const back = name === null ? null : await resolver.addresses(name, ip.family, ctx);
      const leadsBack =
        back?.kind === 'found' && addressesOf(back.records).some((each) => each.value === ip.value);
      if (name !== null && leadsBack) valid.push(name);
    }
    return valid;
  };

  return {
    countTerm() {
      terms += 1;
      return terms > MOST_TERMS
        ? { stop: 'permerror', problem: `more than ${MOST_TERMS} terms that ask the DNS` }
        : null;
    },
    txt: (name) => resolver.txt(name, ctx),
    async addresses(name, family) {
      const found = settle(await resolver.addresses(name, family, ctx), name);
      return isStop(found) ? found : addressesOf(found);
    },
    async mxAddresses(name, family) {
      const found = settle(await resolver.mx(name, ctx), name);
      if (isStop(found)) return found;
      if (found.length > MOST_NAMES) {
        return { stop: 'permerror', problem: `${name} has more than ${MOST_NAMES} mail servers` };
      }
      const all: Ip[] = [];
      for (const { exchange } of found) {
        const host = queryName(exchange);
        if (host === null) continue;
        const answer = await resolver.addresses(host, family, ctx);
        if (answer.kind === 'failed') {
          return { stop: 'temperror', problem: `DNS: ${answer.failure} at ${host}` };
        }
        // A server without addresses of this family is common and costs the domain nothing.
        if (answer.kind === 'found') all.push(...addressesOf(answer.records));
      }
      return all;
    },
    async clientNames(ip) {
      names ??= askClientNames(ip);
      return (await names) ?? countVoid(reverseName(ip));
    },
  };
}
