/**
 * The header check of the FAQ (FAQ-13, FAQ-25): whoever sent a test mail gets it back and reads in its Received fields
 * whether it came over TLS.
 *
 * Each server puts its field on top, so only a server that wrote a field can be believed for it, and for a field below only
 * if everything above is believed as well. All the rest are claims of others: whoever sends a message can write any number
 * of fields into it.
 * Failure: none; what cannot be read says nothing. Standards: RFC 5321 §4.4, RFC 3848, RFC 8314 §4.3.
 */
import { canonicalDomain, isWithin, parseDomain } from '../core/domain.js';
import { refuseUnknownOptions } from '../core/options.js';
import { printable } from '../core/printable.js';
import { type Clauses, readClauses } from './clauses.js';
import { readFieldsNamed } from './fields.js';
import { type HopTls, readHopTls } from './hop.js';

/** Whom to believe. */
export interface ReceivedOptions {
  /** Servers that are believed: a host, or `*.domain` for all hosts below it. Default: nobody. */
  readonly trusted?: readonly string[];
  /** The name with which the own host says EHLO: the hop that it began is the one that counts. */
  readonly sender?: string;
}

/** One hop: a server that took the message over from another. Texts are safe to show. */
export interface ReceivedHop {
  /** Line of the message, from 1. */
  readonly line: number;
  /** The name that the client gave. */
  readonly from: string | null;
  /** The client's address, as the server saw it. */
  readonly address: string | null;
  /** The server, which wrote the field. */
  readonly by: string | null;
  /** As written, such as `ESMTPS`. */
  readonly protocol: string | null;
  readonly tls: HopTls;
  /** `trusted`: a believed server wrote it. `claim`: anybody may have. */
  readonly standing: 'trusted' | 'claim';
}

/** What the Received fields of a message say. */
export interface ReceivedAnalysis {
  /** Newest first, as in the message. */
  readonly hops: readonly ReceivedHop[];
  /**
   * The hop at which the message came to the believed servers: the one begun by `sender`, or else the oldest of them. Null:
   * there is none.
   */
  readonly handover: ReceivedHop | null;
  /** What is proven of that hop; `no-trusted-hop`: there is nothing that can be believed. */
  readonly finding: 'tls' | 'weak-tls' | 'no-proof' | 'no-trusted-hop';
  /** False: the message has more fields, or longer ones, than are read. */
  readonly complete: boolean;
}

/**
 * Reads the Received fields of a message: the one that came back as such, not a report in which it is enclosed.
 * @throws ConfigError `domain-invalid`, `option-unknown`
 */
export function analyzeReceived(
  rawMessage: Uint8Array | string,
  options: ReceivedOptions = {},
): ReceivedAnalysis {
  refuseUnknownOptions(options, ['trusted', 'sender'], 'analyzeReceived');
  const trusted = (options.trusted ?? []).map((entry) => {
    const below = entry.startsWith('*.');
    return { below, domain: parseDomain(below ? entry.slice(2) : entry, 'analyzeReceived: trusted') };
  });
  const isTrusted = (by: string | null): boolean => {
    const host = by === null ? null : canonicalDomain(by);
    return (
      host !== null &&
      trusted.some(({ below, domain }) =>
        below ? host !== domain && isWithin(host, domain) : host === domain,
      )
    );
  };
  const { fields, complete } = readFieldsNamed(rawMessage, 'Received');
  let believed = true;
  const hops = fields.map(({ line, value, whole }): ReceivedHop => {
    const read = readClauses(value);
    const clauses = { ...read, clear: read.clear && whole };
    believed &&= clauses.clear && isTrusted(clauses.by);
    return { line, ...shown(clauses), tls: readHopTls(clauses), standing: believed ? 'trusted' : 'claim' };
  });
  const handover = findHandover(hops, options.sender);
  return { hops, handover, finding: findingOf(handover), complete };
}

function shown(clauses: Clauses): Pick<ReceivedHop, 'from' | 'address' | 'by' | 'protocol'> {
  const safe = (text: string | null | undefined): string | null => (text ? printable(text, 255) : null);
  return {
    from: safe(clauses.from),
    address: safe(clauses.address),
    by: safe(clauses.by),
    protocol: safe(clauses.protocols[0]),
  };
}

function findHandover(hops: readonly ReceivedHop[], sender: string | undefined): ReceivedHop | null {
  const believed = hops.filter(({ standing }) => standing === 'trusted');
  if (sender === undefined) return believed.at(-1) ?? null;
  const name = parseDomain(sender, 'analyzeReceived: sender');
  return believed.findLast(({ from }) => from !== null && canonicalDomain(from) === name) ?? null;
}

function findingOf(handover: ReceivedHop | null): ReceivedAnalysis['finding'] {
  if (handover === null) return 'no-trusted-hop';
  if (handover.tls.kind === 'not-stated') return 'no-proof';
  return handover.tls.strength === 'weak' ? 'weak-tls' : 'tls';
}
