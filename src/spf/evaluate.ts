/**
 * check_host(): the record of a domain against a client. Terms are taken from left to right, the first that matches
 * decides (SPF-6). Pure but for the questions to the DNS.
 *
 *   1. text records of the domain; which of them is the record; its terms, all of them
 *   2. each mechanism: match, no match, or a Stop that ends everything
 *   3. no match: the record that `redirect` names, else neutral
 *
 * Standard: RFC 7208 §4.3 to §4.8, §5, §6.
 */
import { isWithin } from '../core/domain.js';
import { type Ip, isInNetwork } from '../dns/ip.js';
import { isStop, type Lookups, type Stop } from './lookups.js';
import { expandMacros, type MacroString, usesMacro } from './macro.js';
import { type Directive, type Mechanism, parseTerms, type SpfRecord } from './record.js';
import { type Scope, selectRecord } from './select.js';
import { dottedIp, formatIp, queryName, type SpfSender } from './session.js';

/** Results of a check (RFC 7208 §2.6). */
export type SpfResult = 'none' | 'neutral' | 'pass' | 'fail' | 'softfail' | 'temperror' | 'permerror';

/** What stays the same through one check. */
export interface Evaluation {
  readonly ip: Ip;
  readonly sender: SpfSender;
  readonly ehlo: string;
  /** Name of the server that checks. */
  readonly receiver: string;
  /** Seconds since the epoch. */
  readonly time: number;
  readonly scope: Scope;
  readonly lookups: Lookups;
}

/** How a domain stands to the client. */
export interface Evaluated {
  readonly result: SpfResult;
  /** The term that matched, as published. */
  readonly term: string | null;
  /** Why there is no judgement. */
  readonly problem: string | null;
  /** Where an explanation of `fail` stands, and the domain for its macros. */
  readonly explanation: { readonly target: MacroString; readonly domain: string } | null;
  /** No such domain. */
  readonly nxdomain?: true;
}

const withoutMatch = (result: SpfResult, problem: string | null): Evaluated => ({
  result,
  term: null,
  problem,
  explanation: null,
});

/** Evaluates the record of `domain`, a name from outside or from a record. */
export async function evaluateDomain(run: Evaluation, domain: string): Promise<Evaluated> {
  const name = queryName(domain);
  if (name === null) return withoutMatch('none', `no domain that could be asked for: "${domain}"`);
  const answer = await run.lookups.txt(name);
  if (answer.kind === 'failed') return withoutMatch('temperror', `DNS: ${answer.failure} at ${name}`);
  if (answer.kind === 'nxdomain') return { ...withoutMatch('none', `no domain ${name}`), nxdomain: true };
  const selection = selectRecord(answer.kind === 'found' ? answer.records : [], run.scope);
  if (selection.kind === 'none') return withoutMatch('none', `no record at ${name}`);
  if (selection.kind === 'many') return withoutMatch('permerror', `more than one record at ${name}`);
  const parsed = parseTerms(selection.terms);
  if (!parsed.ok) return withoutMatch('permerror', `${name}: ${parsed.problem}`);
  return evaluateRecord(run, name, parsed.record);
}

async function evaluateRecord(run: Evaluation, domain: string, record: SpfRecord): Promise<Evaluated> {
  for (const directive of record.directives) {
    const matched = await matches(run, domain, directive.mechanism);
    if (typeof matched !== 'boolean') return withoutMatch(matched.stop, matched.problem);
    if (matched) return decided(directive, record, domain);
  }
  if (record.redirect === null) return withoutMatch('neutral', null);
  const stop = run.lookups.countTerm();
  if (stop !== null) return withoutMatch(stop.stop, stop.problem);
  const target = await targetName(run, domain, record.redirect);
  if (typeof target !== 'string') return withoutMatch(target.stop, target.problem);
  const next = await evaluateDomain(run, target);
  // RFC 7208 §6.1: a domain that sends elsewhere answers for what is there.
  return next.result === 'none' ? withoutMatch('permerror', `redirect: ${next.problem}`) : next;
}

function decided({ qualifier, text }: Directive, record: SpfRecord, domain: string): Evaluated {
  const explanation =
    qualifier === 'fail' && record.explanation !== null ? { target: record.explanation, domain } : null;
  return { result: qualifier, term: text, problem: null, explanation };
}

async function matches(run: Evaluation, domain: string, mechanism: Mechanism): Promise<boolean | Stop> {
  if (mechanism.kind === 'all') return true;
  if (mechanism.kind === 'ip') return isInNetwork(run.ip, mechanism.network);
  const stop = run.lookups.countTerm();
  if (stop !== null) return stop;
  const target = mechanism.target === null ? domain : await targetName(run, domain, mechanism.target);
  if (typeof target !== 'string') return target;
  if (mechanism.kind === 'include') return matchesInclude(run, target);
  const name = queryName(target);
  // RFC 7208 §4.8 leaves it open: a name that nobody can ask for does not exist.
  if (name === null) return false;
  if (mechanism.kind === 'ptr') return matchesName(run, name);
  if (mechanism.kind === 'a' || mechanism.kind === 'mx') return matchesHosts(run, name, mechanism);
  // RFC 7208 §5.7: an A record, whatever the client's family.
  const found = await run.lookups.addresses(name, 4);
  return isStop(found) ? found : found.length > 0;
}

async function matchesHosts(
  run: Evaluation,
  name: string,
  { kind, bits }: Extract<Mechanism, { readonly kind: 'a' | 'mx' }>,
): Promise<boolean | Stop> {
  // RFC 7208 §5: the family of the client's address says which records are asked for.
  const { family } = run.ip;
  const found = await run.lookups[kind === 'a' ? 'addresses' : 'mxAddresses'](name, family);
  if (isStop(found)) return found;
  return found.some((ip) => isInNetwork(run.ip, { family: ip.family, base: ip.value, bits: bits[family] }));
}

async function matchesInclude(run: Evaluation, target: string): Promise<boolean | Stop> {
  const { result, problem } = await evaluateDomain(run, target);
  if (result === 'temperror') return { stop: result, problem: `include: ${problem}` };
  if (result === 'permerror' || result === 'none') {
    return { stop: 'permerror', problem: `include: ${problem}` };
  }
  return result === 'pass';
}

async function matchesName(run: Evaluation, name: string): Promise<boolean | Stop> {
  const names = await run.lookups.clientNames(run.ip);
  return isStop(names) ? names : names.some((each) => isWithin(each, name));
}

/** The name that a domain-spec stands for, at most 253 characters long (RFC 7208 §7.3). */
export async function targetName(
  run: Evaluation,
  domain: string,
  target: MacroString,
): Promise<string | Stop> {
  const expanded = await expandIn(run, domain, target);
  if (typeof expanded !== 'string') return expanded;
  let name = expanded.replace(/\.$/, '');
  while (name.length > 253 && name.includes('.')) name = name.slice(name.indexOf('.') + 1);
  return name;
}

/** Replaces macros in a string of the record of `domain`. */
export async function expandIn(run: Evaluation, domain: string, macros: MacroString): Promise<string | Stop> {
  const names = usesMacro(macros, 'p') ? await namesForMacro(run) : [];
  if (isStop(names)) return names;
  const { local, domain: origin } = run.sender;
  return expandMacros(macros, {
    s: `${local}@${origin}`,
    l: local,
    o: origin,
    d: domain,
    i: dottedIp(run.ip),
    p: bestName(names, domain),
    v: run.ip.family === 4 ? 'in-addr' : 'ip6',
    h: run.ehlo,
    c: formatIp(run.ip),
    r: run.receiver,
    t: String(run.time),
  });
}

/** RFC 7208 §4.6.4: the question behind `p` counts like a term that asks. */
async function namesForMacro({ lookups, ip }: Evaluation): Promise<readonly string[] | Stop> {
  return lookups.countTerm() ?? lookups.clientNames(ip);
}

/** RFC 7208 §7.3: the domain itself, else one below it, else any. */
function bestName(names: readonly string[], domain: string): string {
  return (
    names.find((name) => name === domain) ??
    names.find((name) => isWithin(name, domain)) ??
    names[0] ??
    'unknown'
  );
}
