/**
 * The replies of the guard, each with its code and its source.
 * Standards: RFC 3207 §4, §4.1; RFC 7208 §8; RFC 7372 §3.2; RFC 4406 §5; RFC 5321 §2.3.8.
 */
import { printable } from '../core/printable.js';
import type { SpfOutcome } from '../spf/check.js';
import type { SenderIdOutcome } from '../spf/sender-id.js';
import type { Refusal, RefusalReason } from './session.js';

// RFC 5321 §4.5.3.1.5: 512 octets for the line, codes and line end included.
const LONGEST_TEXT = 450;

function refuse(reason: RefusalReason, code: Refusal['code'], enhanced: string, text: string): Refusal {
  const ascii = printable(text, LONGEST_TEXT).replaceAll(/[^ -~]/gu, '?');
  return { accept: false, reason, code, enhanced, text: ascii };
}

/** Before MAIL, on a server that takes nothing in clear (RFC 3207 §4). */
export function refuseClearText(): Refusal {
  return refuse('no-tls', 530, '5.7.0', 'Must issue a STARTTLS command first');
}

/** After a handshake that was too weak, on a server that takes nothing weaker (RFC 3207 §4.1). */
export function refuseWeakTls(weakness: string): Refusal {
  return refuse('weak-tls', 554, '5.7.0', `Command refused due to lack of security: ${weakness}`);
}

/** A domain whose mail must come over TLS (BITS-5.2.4). */
export function refuseForcedDomain(domain: string, weakness: string | null): Refusal {
  const text = `Encryption needed: mail from ${domain} is accepted over TLS only`;
  return weakness === null
    ? refuse('no-tls', 550, '5.7.10', text)
    : refuse('weak-tls', 550, '5.7.10', `${text}; ${weakness}`);
}

/** Not knowing is not "nothing asked". */
export function refuseUnknownPolicy(domain: string): Refusal {
  return refuse('policy-unknown', 451, '4.7.10', `Cannot tell now whether mail from ${domain} needs TLS`);
}

/** SPF (SPF-13, ING-6). */
export function refuseSpf(outcome: SpfOutcome, ip: string): Refusal {
  const { domain, explanation, problem, result } = outcome.decisive;
  const why = problem === null ? '' : ` (${problem})`;
  if (result === 'temperror') return refuse('spf', 451, '4.7.24', `SPF of ${domain} cannot be checked${why}`);
  if (result === 'permerror') return refuse('spf', 550, '5.7.24', `SPF record of ${domain} is wrong${why}`);
  // RFC 7208 §6.2: the words of the domain must not pass for those of this server.
  const said = explanation === null ? '' : `; ${domain} explains: ${explanation}`;
  const text =
    result === 'fail' ? `${domain} forbids ${ip} to send` : `${domain} does not permit ${ip} to send`;
  return refuse('spf', 550, '5.7.23', `SPF ${result}: ${text}${why}${said}`);
}

/** Sender ID (SID-5, ING-8). */
export function refuseSenderId(outcome: SenderIdOutcome, ip: string): Refusal {
  const { result, check } = outcome;
  if (check === null) return refuse('sender-id', 550, '5.7.1', 'Sender ID: no purported responsible address');
  const { domain, explanation } = check;
  if (result === 'temperror') {
    return refuse('sender-id', 450, '4.4.3', `Sender ID (PRA) of ${domain} cannot be checked`);
  }
  const said = explanation === null ? '' : `; ${domain} explains: ${explanation}`;
  return refuse(
    'sender-id',
    550,
    '5.7.1',
    `Sender ID (PRA) Not Permitted: ${result}, ${domain}, ${ip}${said}`,
  );
}

/** A lone CR or LF in the content (ING-12). */
export function refuseLineEnds(): Refusal {
  return refuse(
    'line-ends',
    550,
    '5.5.2',
    'Bare CR or LF in the message: lines end in CRLF (RFC 5321 2.3.8)',
  );
}
