/**
 * What a server says it can, read from the reply to EHLO.
 */

/** Capabilities of one EHLO reply; those from before TLS are forgotten at STARTTLS (ST-9). */
export interface Capabilities {
  /** Keyword in upper case to its parameters as given. */
  readonly keywords: ReadonlyMap<string, readonly string[]>;
  readonly startTls: boolean;
  /** True when a keyword looks like STARTTLS overwritten (`XXXXXXXA`). */
  readonly startTlsMasked: boolean;
  readonly pipelining: boolean;
  /** null: not offered; 0: offered without a fixed limit; else octets. */
  readonly size: number | null;
  readonly eightBitMime: boolean;
  readonly smtpUtf8: boolean;
  readonly dsn: boolean;
  readonly chunking: boolean;
  readonly enhancedStatusCodes: boolean;
  readonly auth: readonly string[];
}
