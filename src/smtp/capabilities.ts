/**
 * What a server says it can, read from the reply to EHLO: the first line is its name and never a keyword (SC-6).
 * Standards: RFC 5321 §4.1.1.1.
 */
import type { Reply } from './reply.js';

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

/** Capabilities out of a reply to EHLO; of one to HELO there are none. */
export function parseEhlo(reply: Reply): Capabilities {
  const keywords = new Map<string, readonly string[]>();
  for (const line of reply.lines.slice(1)) {
    const [keyword = '', ...parameters] = line.trim().split(/ +/);
    if (keyword !== '') keywords.set(keyword.toUpperCase(), parameters);
  }
  const size = keywords.get('SIZE');
  const declared = /^\d{1,20}$/.test(size?.[0] ?? '') ? Number(size?.[0]) : 0;
  return {
    keywords,
    startTls: keywords.has('STARTTLS'),
    startTlsMasked: [...keywords.keys()].some((keyword) => /^X{4,}[A-Z]?$/.test(keyword)),
    pipelining: keywords.has('PIPELINING'),
    size: size === undefined ? null : declared,
    eightBitMime: keywords.has('8BITMIME'),
    smtpUtf8: keywords.has('SMTPUTF8'),
    dsn: keywords.has('DSN'),
    chunking: keywords.has('CHUNKING'),
    enhancedStatusCodes: keywords.has('ENHANCEDSTATUSCODES'),
    auth: (keywords.get('AUTH') ?? []).map((mechanism) => mechanism.toUpperCase()),
  };
}
