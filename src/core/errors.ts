/**
 * What is thrown. Expected failures of mail (a refused certificate, a full mailbox) are values, not errors; these four
 * classes are for the rest. Each has a stable `code` to decide on and, where there is one, a `cause`.
 *
 * The ESM and the CJS copy of a class are two classes, so `instanceof` is false across them: errors carry a brand that
 * both copies share, and `isX()` reads the brand.
 */
import type { Reason } from './reasons.js';

const BRAND = '~enforcedTls';

/** The phase of an SMTP session in which something went wrong. */
export type Phase =
  | 'connect'
  | 'greeting'
  | 'ehlo'
  | 'starttls'
  | 'handshake'
  | 'auth'
  | 'mail'
  | 'rcpt'
  | 'data'
  | 'final'
  | 'quit';

abstract class EnforcedTlsError extends Error {
  readonly code: string;

  constructor(kind: string, code: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = kind;
    this.code = code;
    Object.defineProperty(this, BRAND, { value: kind });
  }
}

/** The host's configuration or input is wrong: what was expected, what came, what to do. */
export class ConfigError extends EnforcedTlsError {
  constructor(code: string, message: string, cause?: unknown) {
    super('ConfigError', code, message, cause);
  }
}

/** What is known of the place where a session failed. */
export interface SessionFailure {
  readonly code: Reason;
  readonly phase: Phase;
  readonly message: string;
  readonly host?: string;
  readonly address?: string;
  /** The reply that decided, as received; from before TLS it is nobody's word (AT-5). */
  readonly reply?: { readonly code: number; readonly lines: readonly string[] };
  /** The verb that was being answered. */
  readonly command?: string;
  readonly cause?: unknown;
}

abstract class SessionError extends EnforcedTlsError {
  declare readonly code: Reason;
  readonly phase: Phase;
  readonly host: string | undefined;
  readonly address: string | undefined;
  readonly reply: SessionFailure['reply'];
  readonly command: string | undefined;

  constructor(kind: string, failure: SessionFailure) {
    super(kind, failure.code, failure.message, failure.cause);
    this.phase = failure.phase;
    this.host = failure.host;
    this.address = failure.address;
    this.reply = failure.reply;
    this.command = failure.command;
  }
}

/** The peer broke SMTP, or somebody on the path did. `code` is a {@link Reason}. */
export class ProtocolError extends SessionError {
  constructor(failure: SessionFailure) {
    super('ProtocolError', failure);
  }
}

/** The connection could not be made, was lost, timed out, or the peer refused to serve. `code` is a {@link Reason}. */
export class ConnectionError extends SessionError {
  constructor(failure: SessionFailure) {
    super('ConnectionError', failure);
  }
}

/** The queue could not keep its promise; nothing was accepted. */
export class QueueError extends EnforcedTlsError {
  constructor(code: string, message: string, cause?: unknown) {
    super('QueueError', code, message, cause);
  }
}

function hasBrand(value: unknown, kind: string): boolean {
  return value instanceof Error && (value as Error & { [BRAND]?: unknown })[BRAND] === kind;
}

/** True for a ConfigError of any copy of this package. */
export const isConfigError = (value: unknown): value is ConfigError => hasBrand(value, 'ConfigError');
/** True for a ProtocolError of any copy of this package. */
export const isProtocolError = (value: unknown): value is ProtocolError => hasBrand(value, 'ProtocolError');
/** True for a ConnectionError of any copy of this package. */
export const isConnectionError = (value: unknown): value is ConnectionError =>
  hasBrand(value, 'ConnectionError');
/** True for a QueueError of any copy of this package. */
export const isQueueError = (value: unknown): value is QueueError => hasBrand(value, 'QueueError');

/** What `read` gives; null where it refuses with a ConfigError. Everything else that it throws goes on. */
export function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (isConfigError(error)) return null;
    throw error;
  }
}
