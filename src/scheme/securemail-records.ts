/**
 * The records that a SecureMail member puts into the DNS, as a document for whoever keeps the zone (SM-4, SM-5, SM-11, SM-12,
 * SM-16). The lines are those of a zone file; everything else is a comment.
 * Failure: ConfigError that names the value.
 */
import { isIP } from 'node:net';
import { parseDomain } from '../core/domain.js';
import { ConfigError } from '../core/errors.js';
import { refuseUnknownOptions } from '../core/options.js';
import {
  composeSenderIdRecord,
  composeSpfRecord,
  formatTxtLine,
  type OwnRecordOptions,
} from '../spf/own-record.js';
import { isSecureMailDomain, parseMode, type SecureMailMode } from './securemail.js';

/** What the member knows of its own setup. */
export interface SecureMailRecordsInput extends OwnRecordOptions {
  /** The mail domain: for `securemail` it is the name of the server as well. */
  readonly domain: string;
  readonly mode: SecureMailMode;
  /** Addresses of the server that receives; needed for `securemail`, whose domain has no MX. */
  readonly addresses?: readonly string[];
}

const KEYS: readonly (keyof SecureMailRecordsInput)[] = [
  'domain',
  'mode',
  'addresses',
  'mx',
  'ip',
  'hosts',
  'include',
  'all',
];

/**
 * Writes the document. Lines end in LF.
 * @throws ConfigError `securemail-records-invalid`, `securemail-mode-unknown`, `option-unknown`, `domain-invalid`,
 *   `network-invalid`, `spf-record-invalid`
 */
export function writeSecureMailRecords(input: SecureMailRecordsInput): string {
  refuseUnknownOptions(input, KEYS, 'writeSecureMailRecords');
  const { domain: name, mode: given, addresses = [], ...senders } = input;
  const domain = parseDomain(name, 'writeSecureMailRecords: domain');
  const mode = parseMode(given, 'writeSecureMailRecords: mode');
  if (mode === 'securemail') refuseLax(domain, addresses, senders);
  const wrong = addresses.find((address) => isIP(address) === 0);
  if (wrong !== undefined) throw invalid('addresses', 'IP addresses', wrong);
  const server = addresses.map((address) => `${domain}. IN ${isIP(address) === 4 ? 'A' : 'AAAA'} ${address}`);
  const lines = [
    `; Records of ${domain}, ${mode === 'securemail' ? 'SecureMail' : 'Best Efforts'}`,
    ...(server.length === 0 ? [] : ['; The server itself', ...server]),
    '; Who may send: SPF',
    formatTxtLine(domain, composeSpfRecord(senders)),
    '; Who may send: Sender ID',
    formatTxtLine(domain, composeSenderIdRecord(senders)),
    ...(mode === 'securemail'
      ? [`; No MX record for ${domain}: its server refuses what a public mail server must take`]
      : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** What the scheme does not leave open for SecureMail. */
function refuseLax(domain: string, addresses: readonly string[], { mx, all }: OwnRecordOptions): void {
  if (!isSecureMailDomain(domain)) throw invalid('domain', 'a name that begins with "securemail."', domain);
  if (addresses.length === 0)
    throw invalid('addresses', 'at least one: the domain has no MX record', addresses);
  if (mx === true) throw invalid('mx', 'false: the domain has no MX record', mx);
  if (all !== undefined && all !== '-all') throw invalid('all', '"-all"', all);
}

function invalid(key: string, expected: string, got: unknown): ConfigError {
  return new ConfigError(
    'securemail-records-invalid',
    `writeSecureMailRecords: ${key}: expected ${expected}, got ${JSON.stringify(got)}`,
  );
}
