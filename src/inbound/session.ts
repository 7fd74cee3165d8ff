/**
 * What a receiving server knows of a session when it asks the guard, and what the guard answers.
 */

/** The TLS of a session. */
export interface InboundTls {
  /** As negotiated: `TLSv1.2`, `TLSv1.3`, ... What `getCipher().version` of Node says is something else. */
  readonly protocol: string;
  /** Name of the suite, OpenSSL's or the registered one. */
  readonly cipher: string;
}

/** A session up to here. */
export interface InboundSession {
  /** Address of the client. */
  readonly ip: string;
  /** The name in its latest EHLO or HELO; `''` before. */
  readonly ehlo: string;
  /** null: clear text. */
  readonly tls: InboundTls | null;
}

/** Why something is refused. */
export type RefusalReason = 'no-tls' | 'weak-tls' | 'policy-unknown' | 'spf' | 'sender-id' | 'line-ends';

/** The reply with which the server refuses. It ends the matter: nothing is sent to the claimed sender (ING-10). */
export interface Refusal {
  readonly accept: false;
  readonly reason: RefusalReason;
  /** Reply code of SMTP. */
  readonly code: 450 | 451 | 530 | 550 | 554;
  /** Enhanced status code (RFC 3463). */
  readonly enhanced: string;
  /** One line of ASCII. */
  readonly text: string;
}

/** Go on. */
export interface Acceptance {
  readonly accept: true;
  /** Header fields to put above the message, lines ending in CRLF: what SPF said. May be empty. */
  readonly fields: string;
}

/** The guard's word. */
export type InboundVerdict = Acceptance | Refusal;

/** An acceptance. */
export function accepted(fields = ''): Acceptance {
  return { accept: true, fields };
}
