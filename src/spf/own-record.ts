/**
 * Records for one's own domain, written from what the host knows (SM-4, SM-5, SM-11, SM-12).
 * Failure: ConfigError that names the value. Standards: RFC 7208 §3.3, §3.4, §4.6.4; RFC 4406 §3.1.
 */
import { parseDomain } from '../core/domain.js';
import { ConfigError } from '../core/errors.js';
import { refuseUnknownOptions } from '../core/options.js';
import { type Network, parseNetwork } from '../dns/ip.js';
import { formatIp } from './session.js';

/** Who may send mail of the domain. */
export interface OwnRecordOptions {
  /** The mail servers of the domain send too. Default false. */
  readonly mx?: boolean;
  /** Addresses and networks: `192.0.2.1`, `2001:db8::/48`. */
  readonly ip?: readonly string[];
  /** Hosts whose addresses send. */
  readonly hosts?: readonly string[];
  /** Domains whose records say who else sends. */
  readonly include?: readonly string[];
  /** What is said of all others. Default `-all`: they are forged (SM-11, SM-12). */
  readonly all?: '-all' | '~all';
}

const KEYS: readonly (keyof OwnRecordOptions)[] = ['mx', 'ip', 'hosts', 'include', 'all'];
const MOST_ASKING = 10;
const LONGEST_STRING = 255;

/**
 * The text of an SPF record: `v=spf1 mx ip4:192.0.2.1 -all`.
 * @throws ConfigError `option-unknown`, `network-invalid`, `domain-invalid`, `spf-record-invalid`
 */
export function composeSpfRecord(options: OwnRecordOptions): string {
  return compose('v=spf1', options);
}

/**
 * The text of a Sender ID record for both scopes: `spf2.0/mfrom,pra mx -all`.
 * @throws ConfigError `option-unknown`, `network-invalid`, `domain-invalid`, `spf-record-invalid`
 */
export function composeSenderIdRecord(options: OwnRecordOptions): string {
  return compose('spf2.0/mfrom,pra', options);
}

function compose(version: string, options: OwnRecordOptions): string {
  refuseUnknownOptions(options, KEYS, 'record');
  const { mx = false, ip = [], hosts = [], include = [], all = '-all' } = options;
  const asking = [
    ...(mx ? ['mx'] : []),
    ...hosts.map((host) => `a:${parseDomain(host, 'hosts')}`),
    ...include.map((domain) => `include:${parseDomain(domain, 'include')}`),
  ];
  if (asking.length > MOST_ASKING) {
    throw new ConfigError(
      'spf-record-invalid',
      `record: at most ${MOST_ASKING} terms may ask the DNS (RFC 7208 §4.6.4), got ${asking.length}; write addresses instead`,
    );
  }
  if (all !== '-all' && all !== '~all') {
    throw new ConfigError(
      'spf-record-invalid',
      `record: all: expected "-all" or "~all", got ${JSON.stringify(all)}`,
    );
  }
  // Networks first: they match without a question.
  return [version, ...ip.map((text) => networkTerm(parseNetwork(text, 'ip'))), ...asking, all].join(' ');
}

function networkTerm({ family, base, bits }: Network): string {
  const width = family === 4 ? 32 : 128;
  return `ip${family}:${formatIp({ family, value: base })}${bits === width ? '' : `/${bits}`}`;
}

/**
 * A record as a line of a zone file, in strings of at most 255 octets (RFC 7208 §3.3).
 * @throws ConfigError `domain-invalid`
 */
export function formatTxtLine(domain: string, text: string): string {
  const strings: string[] = [];
  for (let at = 0; at < text.length; at += LONGEST_STRING) strings.push(text.slice(at, at + LONGEST_STRING));
  const quoted = strings.map((part) => `"${part.replaceAll(/["\\]/g, '\\$&')}"`);
  return `${parseDomain(domain)}. IN TXT ${quoted.join(' ')}`;
}
