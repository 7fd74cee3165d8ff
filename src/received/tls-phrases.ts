/**
 * The phrases in which mail servers say that a message came over TLS. Each is matched from its beginning, so that the same
 * words further inside a comment, where others may have put them, say nothing.
 *
 *   using TLSv1.3 with cipher X (256/256 bits) ...     Postfix, Kerio, Stalwart
 *   version=TLS1_3 cipher=X bits=256/256 verify=NOT    sendmail, Gmail, Exchange (with commas), Mimecast, hMailServer
 *   TLSv1.3:X:256:NO   Cipher TLSv1.2:X:256            OpenSMTPD, older Exim; MDaemon
 *   TLS1.3                                             Exim, whose suite stands behind `tls`
 *   TLS: TLSv1/SSLv3,256bits,X                         Courier, McAfee
 *   X encrypted                                        qmail, qpsmtpd
 *   TLS                                                older Exchange
 */
import { VERSION_PATTERN } from './tls-names.js';

/** What a phrase says; null: nothing of it. */
export interface Phrase {
  readonly version: string | null;
  readonly suite: string | null;
  readonly bits: number | null;
  /** The server's word on the certificate of the client. */
  readonly word: string | null;
}

const SUITE = String.raw`[A-Za-z0-9][\w.-]*`;
const pattern = (source: string): RegExp => new RegExp(source, 'i');

/** Phrases whose parts stand in fixed places, by name. */
const PHRASES: readonly RegExp[] = [
  pattern(
    String.raw`^using (?<version>${VERSION_PATTERN}) with cipher (?<suite>${SUITE})(?: \((?<bits>\d{1,4})(?:\/\d+)? bits\))?(?: (?<word>(?:not )?verified\b.{0,20}))?(?=\s|$)`,
  ),
  pattern(`^using (?<version>${VERSION_PATTERN})$`),
  pattern(
    String.raw`^(?:Cipher )?(?<version>${VERSION_PATTERN}):(?<suite>${SUITE}):(?<bits>\d{1,4})(?::(?<word>\w{0,20}))?$`,
  ),
  pattern(String.raw`^TLS: (?<version>${VERSION_PATTERN}),(?<bits>\d{1,4})bits,(?<suite>${SUITE})$`),
  pattern(`^(?<suite>${SUITE}) encrypted(?:, authenticated)?$`),
  pattern(`^(?<version>${VERSION_PATTERN})$`),
  pattern('^(?:TLS|SSL)$'),
];
/** Words on the certificate of the client that stand in a comment of their own (Postfix). */
const CERTIFICATE =
  /^(?:(No client certificate requested|Client did not present a certificate)|Client (?:CN|hostname) .*\(((?:not )?verified(?: OK)?)\))$/;

/** What a comment says of TLS; null: nothing. */
export function readComment(comment: string): Phrase | null {
  if (/^(?:TLS )?(?:version|cipher)=/i.test(comment)) return readPairs(comment);
  for (const phrase of PHRASES) {
    const found = phrase.exec(comment);
    if (found !== null) return phraseOf(found.groups ?? {});
  }
  return null;
}

function readPairs(comment: string): Phrase {
  const value = (key: string): string | undefined =>
    new RegExp(`\\b${key}=([^\\s,;]+)`, 'i').exec(comment)?.[1];
  const [version, suite, bits, word] = ['version', 'cipher', 'bits', 'verify'].map(value);
  return phraseOf({ version, suite, bits, word });
}

/** What a protocol says of TLS by its name; null: nothing. */
export function readProtocol(protocol: string): Phrase | null {
  // RFC 3848, RFC 6531 §4.3: S for TLS. Others write `SMTPS`, and `with STARTTLS` beside the protocol.
  if (/^(?:(?:E|UTF8)?SMTPSA?|(?:UTF8)?LMTPSA?|HTTPS|STARTTLS)(?: |$)/i.test(protocol)) return phraseOf({});
  // Cisco's gateways, and older patches of qmail.
  const found =
    pattern(String.raw`^E?SMTP\/TLS(?:\/(?<suite>${SUITE}))?(?: |$)`).exec(protocol) ??
    pattern(`^(?<suite>${SUITE}) encrypted E?SMTP`).exec(protocol);
  return found === null ? null : phraseOf(found.groups ?? {});
}

/** The suite behind `tls` (RFC 8314 §4.3) as a phrase; null: that is no suite. */
export function readSuiteClause(suite: string): Phrase | null {
  return new RegExp(`^${SUITE}$`).test(suite) ? phraseOf({ suite }) : null;
}

/** The word on the client's certificate in a comment of its own; null: the comment says none. */
export function readCertificateWord(comment: string): string | null {
  const found = CERTIFICATE.exec(comment);
  return found?.[1] ?? found?.[2] ?? null;
}

function phraseOf(parts: { readonly [part: string]: string | undefined }): Phrase {
  const bits = Number.parseInt(parts['bits'] ?? '', 10);
  return {
    version: parts['version'] ?? null,
    suite: parts['suite'] ?? null,
    bits: Number.isNaN(bits) ? null : bits,
    word: parts['word'] || null,
  };
}
