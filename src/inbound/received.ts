/**
 * The trace field of a receiving server, which tells whether the message came over TLS and with which suite (ING-13).
 * Standards: RFC 5321 §4.4, RFC 3848, RFC 6531 §4.3, RFC 8314 §4.3.
 */
import { formatMailDate } from '../message/date.js';
import { findSuite } from '../tls/suites.js';
import type { InboundSession } from './session.js';

/** What the field says. */
export interface ReceivedFacts {
  readonly session: InboundSession;
  /** Name of this server. */
  readonly by: string;
  /** Name under which this server knows the message: letters, digits, `.`, `_`, `-`. */
  readonly id: string;
  /** The client has authenticated. Default false. */
  readonly authenticated?: boolean;
  /** MAIL had SMTPUTF8. Default false. */
  readonly smtpUtf8?: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What a client says stays one word of one line. */
const word = (text: string): string => text.slice(0, 255).replaceAll(/[^!-'*-:=?-~]/gu, '?') || '?';

/** The field with its line end; it goes on top of the message. */
export function composeReceived(facts: ReceivedFacts): string {
  const { session, by, id, authenticated = false, smtpUtf8 = false, now } = facts;
  const { tls, ip, ehlo } = session;
  const protocol = `${smtpUtf8 ? 'UTF8SMTP' : 'ESMTP'}${tls === null ? '' : 'S'}${authenticated ? 'A' : ''}`;
  const suite = tls === null ? null : (findSuite(tls.cipher)?.standardName ?? null);
  const literal = ip.includes(':') ? `[IPv6:${word(ip)}]` : `[${word(ip)}]`;
  return [
    `Received: from ${word(ehlo)} (${literal})`,
    `\tby ${word(by)} with ${protocol} id ${word(id)}${suite === null ? '' : ` tls ${suite}`};`,
    `\t${formatMailDate(now)}\r\n`,
  ].join('\r\n');
}
