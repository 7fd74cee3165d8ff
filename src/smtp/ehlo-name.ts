/**
 * The name with which this host introduces itself. There is no default: a guess (`os.hostname()`) is what receivers
 * refuse (SC-5). Standards: RFC 5321 §2.3.5, §4.1.3, §4.1.4.
 */
import { isIP } from 'node:net';
import { canonicalDomain } from '../core/domain.js';
import { ConfigError } from '../core/errors.js';

/** A fully qualified domain name in A-labels, or an address literal. @throws ConfigError `ehlo-name-invalid` */
export function parseEhloName(name: string): string {
  const literal = /^\[(?:(IPv6):)?([0-9A-Fa-f:.]+)\]$/.exec(name);
  if (literal !== null && isIP(literal[2] ?? '') === (literal[1] === undefined ? 4 : 6)) return name;
  const isAscii = /^[\x21-\x7e]+$/.test(name);
  const canonical = isAscii ? canonicalDomain(name) : null;
  if (canonical !== null && canonical.includes('.')) return canonical;
  throw new ConfigError(
    'ehlo-name-invalid',
    `ehloName: expected a fully qualified domain name in ASCII such as "out.bank.example", or an address literal such as "[192.0.2.1]", got ${JSON.stringify(name.slice(0, 100))}`,
  );
}
