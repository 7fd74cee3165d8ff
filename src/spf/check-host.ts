/**
 * One check from beginning to end: the evaluation, the time that it may take, and the explanation of a `fail`.
 * Failure: what DNS and records say is a value; only a call-off rejects.
 * Standard: RFC 7208 §4.6.4 (time), §6.2 (explanation).
 */
import { type Context, within } from '../core/context.js';
import type { Ip } from '../dns/ip.js';
import {
  type Evaluated,
  evaluateDomain,
  type Evaluation,
  expandIn,
  type SpfResult,
  targetName,
} from './evaluate.js';
import { createLookups, type SpfResolver } from './lookups.js';
import { parseMacroString } from './macro.js';
import type { Scope } from './select.js';
import type { SpfSender } from './session.js';

/** What is checked: the name of the client, the reverse-path, or the purported responsible address of Sender ID. */
export type SpfIdentity = 'helo' | 'mailfrom' | 'pra';

/** The result of one check. */
export interface SpfCheck {
  readonly identity: SpfIdentity;
  readonly result: SpfResult;
  /** The domain whose record was asked for. */
  readonly domain: string;
  /** The term that matched, as published; null: none did. */
  readonly term: string | null;
  /** What the domain says to a `fail`: ASCII, and the words of a third party (SPF-12). */
  readonly explanation: string | null;
  /** Why there is none or an error. */
  readonly problem: string | null;
  /** True when there is no such domain. */
  readonly nxdomain: boolean;
}

/** One question to {@link checkHost}. */
export interface HostQuestion {
  readonly identity: SpfIdentity;
  readonly ip: Ip;
  readonly domain: string;
  readonly sender: SpfSender;
  readonly ehlo: string;
  readonly receiver: string;
  readonly scope: Scope;
  /** Milliseconds. */
  readonly timeLimitMs: number;
}

class TimeIsUp extends Error {}

/** check_host() of RFC 7208 §4. */
export async function checkHost(
  question: HostQuestion,
  resolver: SpfResolver,
  ctx: Context,
): Promise<SpfCheck> {
  const ownEnd = new AbortController();
  const inside: Context = { clock: ctx.clock, signal: AbortSignal.any([ctx.signal, ownEnd.signal]) };
  const { identity, domain, timeLimitMs, ...facts } = question;
  const time = Math.floor(ctx.clock.now() / 1000);
  const run: Evaluation = { ...facts, time, lookups: createLookups(resolver, inside) };
  const basis = { identity, domain, term: null, explanation: null, nxdomain: false };
  try {
    // RFC 7208 §4.6.4: what the explanation asks is not counted, and cannot be what was one too many.
    const afterwards = { ...run, lookups: createLookups(resolver, inside) };
    const work = evaluateAndExplain(run, afterwards, domain);
    const done = await within(work, timeLimitMs, ctx, () => new TimeIsUp());
    return { ...basis, ...done };
  } catch (error) {
    if (!(error instanceof TimeIsUp)) throw error;
    return { ...basis, result: 'temperror', problem: `no result within ${timeLimitMs} ms` };
  } finally {
    ownEnd.abort();
  }
}

async function evaluateAndExplain(
  run: Evaluation,
  afterwards: Evaluation,
  domain: string,
): Promise<Omit<SpfCheck, 'identity' | 'domain'>> {
  const evaluated = await evaluateDomain(run, domain);
  const { result, term, problem } = evaluated;
  const nxdomain = evaluated.nxdomain === true;
  return { result, term, problem, nxdomain, explanation: await explain(afterwards, evaluated) };
}

/** RFC 7208 §6.2: exactly one text record in ASCII that keeps the grammar, or nothing. */
async function explain(run: Evaluation, { explanation }: Evaluated): Promise<string | null> {
  if (explanation === null) return null;
  const name = await targetName(run, explanation.domain, explanation.target);
  if (typeof name !== 'string' || name === '') return null;
  const answer = await run.lookups.txt(name);
  const [text, second] = answer.kind === 'found' ? answer.records : [];
  const macros = text === undefined || second !== undefined ? null : parseMacroString(text, 'explanation');
  if (macros === null) return null;
  const expanded = await expandIn(run, explanation.domain, macros);
  // A local part can bring in what the text itself may not hold.
  return typeof expanded === 'string' && /^[ -~]+$/.test(expanded) ? expanded : null;
}
