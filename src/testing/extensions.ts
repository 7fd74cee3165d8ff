/**
 * What a mock server offers in its answer to EHLO, and whether it does so in clear, inside TLS, or both.
 */

/** Extensions; each absent field keeps its default. */
export interface Extensions {
  /** Only counts in clear. Default true. */
  readonly startTls?: boolean;
  /** Default true. */
  readonly pipelining?: boolean;
  /** Octets, 0 for `SIZE 0`, null for no offer. Default 35 000 000. */
  readonly size?: number | null;
  /** Default true. */
  readonly eightBitMime?: boolean;
  /** Default true. */
  readonly smtpUtf8?: boolean;
  /** Default true. */
  readonly dsn?: boolean;
  /** Default true. */
  readonly enhancedStatusCodes?: boolean;
  /** Default false. */
  readonly chunking?: boolean;
  /** Default false. */
  readonly requireTls?: boolean;
  /** Mechanisms; default none. */
  readonly auth?: readonly ('PLAIN' | 'LOGIN')[];
  /** Further lines, as they are. */
  readonly lines?: readonly string[];
}

/** Octets of a message at most, where nothing else is said. */
export const DEFAULT_SIZE = 35_000_000;

/** Offers of both phases. A plain `Extensions` counts in both. */
export interface ExtensionPhases {
  readonly clear?: Extensions;
  readonly secure?: Extensions;
}

/** The lines of an EHLO answer after the first, without code. */
export function formatExtensions(offered: Extensions, secure: boolean): string[] {
  const size = offered.size === undefined ? DEFAULT_SIZE : offered.size;
  const lines: readonly (readonly [boolean, string])[] = [
    [offered.pipelining ?? true, 'PIPELINING'],
    [size !== null, `SIZE ${size}`],
    [!secure && (offered.startTls ?? true), 'STARTTLS'],
    [offered.enhancedStatusCodes ?? true, 'ENHANCEDSTATUSCODES'],
    [offered.eightBitMime ?? true, '8BITMIME'],
    [offered.dsn ?? true, 'DSN'],
    [offered.smtpUtf8 ?? true, 'SMTPUTF8'],
    [offered.chunking ?? false, 'CHUNKING'],
    [offered.requireTls ?? false, 'REQUIRETLS'],
    [(offered.auth ?? []).length > 0, `AUTH ${(offered.auth ?? []).join(' ')}`],
  ];
  return [...lines.filter(([offer]) => offer).map(([, line]) => line), ...(offered.lines ?? [])];
}
