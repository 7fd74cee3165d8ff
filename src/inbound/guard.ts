/**
 * The guard of a receiving server: facts of a session in, accept or a reply out. It opens no connection, asks nothing but
 * the DNS, and sends nothing to anybody (ING-1, ING-10).
 *
 *   command   before MAIL: which commands a server that takes nothing in clear answers
 *   mail      at MAIL: TLS, then the policies of the sender's domain, then SPF
 *   message   when the header is there: Sender ID
 *
 * Failure: what clients, DNS and policies say is a verdict; ConfigError for a client address that is none.
 */
import { type Context, createContext } from '../core/context.js';
import { orNull } from '../core/errors.js';
import { parseFields } from '../message/header-fields.js';
import { checkSpf } from '../spf/check.js';
import type { SpfResult } from '../spf/evaluate.js';
import type { PraField } from '../spf/pra.js';
import { composeReceivedSpf } from '../spf/received-spf.js';
import { checkSenderId } from '../spf/sender-id.js';
import { judgeForcedDomain } from './forced-domain.js';
import { findWeakness } from './judge-tls.js';
import { type InboundOptions, type InboundRules, parseInboundOptions } from './options.js';
import { refuseClearText, refuseSenderId, refuseSpf, refuseWeakTls } from './refuse.js';
import { accepted, type InboundSession, type InboundVerdict } from './session.js';

/** A guard. */
export interface InboundGuard {
  /** Whether `message` has something to check; where it has not, a server need not wait for the header. */
  readonly readsHeader: boolean;
  /** Any command before MAIL, by its verb. */
  command(verb: string, session: InboundSession): InboundVerdict;
  /** MAIL with this reverse-path, without brackets; `''`: the null one. */
  mail(mailFrom: string, session: InboundSession, ctx?: Context): Promise<InboundVerdict>;
  /** The header section of the message as received. */
  message(header: Uint8Array, session: InboundSession, ctx?: Context): Promise<InboundVerdict>;
}

// RFC 3207 §4: what a server answers before TLS; §4.1: what it answers after a handshake that was too weak.
const BEFORE_TLS: readonly string[] = ['NOOP', 'EHLO', 'STARTTLS', 'QUIT'];
const IN_WEAK_TLS: readonly string[] = ['QUIT'];

/**
 * Makes a guard.
 * @throws ConfigError `option-unknown`, `inbound-invalid`, and for rules that cannot be meant
 */
export function createInboundGuard(options: InboundOptions): InboundGuard {
  const rules = parseInboundOptions(options);
  return {
    readsHeader: rules.senderId !== 'off',
    command: (verb, session) => judgeCommand(verb.toUpperCase(), session, rules),
    mail: (mailFrom, session, ctx = createContext()) => judgeMail(mailFrom, session, rules, ctx),
    message: (header, session, ctx = createContext()) => judgeMessage(header, session, rules, ctx),
  };
}

function judgeCommand(verb: string, { tls }: InboundSession, rules: InboundRules): InboundVerdict {
  if (!rules.everybodyOverTls) return accepted();
  if (tls === null) return BEFORE_TLS.includes(verb) ? accepted() : refuseClearText();
  const weakness = findWeakness(tls, rules.floor);
  return weakness === null || IN_WEAK_TLS.includes(verb) ? accepted() : refuseWeakTls(weakness);
}

async function judgeMail(
  mailFrom: string,
  session: InboundSession,
  rules: InboundRules,
  ctx: Context,
): Promise<InboundVerdict> {
  const general = judgeCommand('MAIL', session, rules);
  if (!general.accept) return general;
  const forced = await judgeForcedDomain(mailFrom, session, rules.sources, ctx);
  if (forced !== null) return forced;
  if (rules.spf === 'off') return accepted();
  const facts = { ip: session.ip, ehlo: session.ehlo, mailFrom, receiver: rules.name };
  const outcome = await checkSpf(facts, rules.resolver, ctx);
  return isRefused(outcome.result, rules.spf)
    ? refuseSpf(outcome, session.ip)
    : accepted(composeReceivedSpf(outcome, facts));
}

/** ING-5 to ING-8: best efforts refuse what fails, SecureMail what does not pass. */
function isRefused(result: SpfResult | 'no-pra', rule: InboundRules['spf']): boolean {
  return rule === 'require-pass' ? result !== 'pass' : result === 'fail';
}

async function judgeMessage(
  header: Uint8Array,
  session: InboundSession,
  rules: InboundRules,
  ctx: Context,
): Promise<InboundVerdict> {
  if (rules.senderId === 'off') return accepted();
  const { ip, ehlo } = session;
  const facts = { ip, ehlo, receiver: rules.name };
  const outcome = await checkSenderId(facts, readHeader(header), rules.senderId, rules.resolver, ctx);
  return isRefused(outcome.result, rules.spf) ? refuseSenderId(outcome, ip) : accepted();
}

/** A header that cannot be read names nobody. */
function readHeader(header: Uint8Array): readonly PraField[] {
  return orNull(() => parseFields(header)) ?? [];
}
