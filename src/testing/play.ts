/**
 * How a mock server is told to go wrong: at named steps of a session a fault acts instead of the honest server, and may
 * hand back with `proceed`. Types only.
 */
import type { CertificateFault } from './certificate-faults.js';
import type { KeyKind } from './certificate-request.js';
import type { ExtensionPhases } from './extensions.js';

/** A moment at which the honest server would do something. */
export type Step =
  /** The connection stands; the honest server greets. */
  | 'connect'
  | 'helo'
  | 'ehlo'
  | 'starttls'
  /** After the 220, when the first octets of the client have come; the honest server makes the handshake. */
  | 'clientHello'
  /** The handshake is done; the honest server waits. */
  | 'secure'
  | 'ehloInTls'
  | 'auth'
  | 'mail'
  | 'rcpt'
  /** DATA, and BDAT where a fault says nothing else about it. */
  | 'data'
  /** BDAT, before its octets. */
  | 'bdat'
  /** The first octets of the message have come; the honest server waits for the rest. */
  | 'content'
  /** The message is whole; the honest server stores it and says 250. */
  | 'dot'
  | 'rset'
  | 'noop'
  | 'quit';

/** What a fault can see and do. */
export interface Session {
  readonly host: string;
  readonly secure: boolean;
  /** The command that is being answered, without its verb. */
  readonly argument: string;
  /** Recipients taken so far, and asked for so far, in this transaction. */
  readonly accepted: number;
  readonly asked: number;
  /** Writes a line and CRLF. */
  readonly say: (line: string) => void;
  /** Writes octets as they are. */
  readonly write: (octets: string | Uint8Array) => void;
  /** Answers EHLO with these lines; codes and hyphens are added. */
  readonly sayMany: (code: number, lines: readonly string[]) => void;
  /** Lines of the honest answer to EHLO in this phase: name, then extensions. */
  readonly ehloLines: () => string[];
  /** Remembers that the client has introduced itself, as an answer to EHLO does. */
  readonly greet: () => void;
  /** Says goodbye properly: close_notify, then FIN. */
  readonly end: () => void;
  /** FIN without close_notify. */
  readonly drop: () => void;
  /** RST. */
  readonly reset: () => void;
  /** From now on everything is read and nothing is answered. */
  readonly fallSilent: () => void;
  /** Sends all that follows octet by octet, one in each `ms` of the clock. */
  readonly drip: (ms: number) => void;
  /** Runs `fn` after `ms` of the clock, unless the connection is over by then. */
  readonly later: (ms: number, fn: () => void) => void;
  /** Starts the handshake; in TLS already, nothing. */
  readonly startTls: () => void;
  /** Asks for a renegotiation (TLS 1.2). */
  readonly renegotiate: () => void;
  /** Keeps the message that has come in whole. */
  readonly store: () => void;
  /** From now on content is expected, as after 354. */
  readonly expectContent: () => void;
  /** Reads the octets of the chunk that is being announced, keeps none, and says this. */
  readonly answerChunk: (line: string) => void;
  /** Takes the recipient that is being asked for. */
  readonly takeRecipient: () => void;
}

/** Acts at a step. */
export type Act = (session: Session, proceed: () => void) => void;

/** How the server does TLS. */
export interface TlsSetting {
  readonly minVersion?: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
  readonly maxVersion?: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
  /** OpenSSL cipher list of TLS 1.2 and below, TLS 1.3 suites by their full name. */
  readonly ciphers?: string;
  /** A Diffie-Hellman group by its name in node:crypto; `modp2` has 1024 bits, the least that Node serves. */
  readonly dhGroup?: 'modp2' | 'modp5' | 'modp14';
  readonly clientCertificate?: 'none' | 'request' | 'require';
  /** Offer tickets for resumption. Default false. */
  readonly tickets?: boolean;
  /** Key of the server's certificate, where the suites need a kind. */
  readonly key?: KeyKind;
}

/** One way of going wrong. */
export interface Play {
  readonly says: string;
  readonly at?: Partial<Record<Step, Act>>;
  readonly tls?: TlsSetting;
  readonly certificate?: CertificateFault;
  readonly extensions?: ExtensionPhases;
  /** TLS from the first octet. */
  readonly implicitTls?: boolean;
  /** `refused`: nothing listens; `unanswered`: the connection is never made (by `dial` only). */
  readonly unreachable?: 'refused' | 'unanswered';
  /** `lax`: LF or CR alone around the dot end a message too, as servers open to smuggling do. */
  readonly endOfData?: 'lax';
}
