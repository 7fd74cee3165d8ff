/**
 * Which names a certificate carries: the truth table of the three modes. Node's X509Certificate (OpenSSL's own matcher,
 * without partial wildcards) and the openssl command line judge the same certificates; where they differ, the row says so.
 */
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Authority, createAuthority } from '../../src/testing/authority.js';
import { matchName, parseCertificate } from '../../src/x509/index.js';
import { hostNames, MX } from './name-table.js';
import { otherNames } from './name-table-other.js';

let authority: Authority;
beforeAll(async () => {
  authority = await createAuthority();
});

describe.each([
  ['CI-12, CI-13, CI-14, CI-15, CI-16, AT-9: dNSNames and Common Names', hostNames],
  ['CI-13, CI-17, CI-18, CI-20, AT-51: addresses, names of other types, names made to deceive', otherNames],
] as const)('%s', (_title, rows) => {
  describe.each(rows)('$ids: $says', ({ certificate, reference = MX, matches, differs }) => {
    it.each(['san', 'san-or-cn', 'san-and-cn'] as const)('in mode %s', (mode) => {
      const facts = parseCertificate(authority.issue(certificate).der);
      expect(matchName(facts, reference, mode).matched).toBe(matches.includes(mode));
    });

    it('OpenSSL agrees, or the row says why not', () => {
      const { der, certificate: pem } = authority.issue(certificate);
      const openssl = new X509Certificate(der);
      const isAddress = /^[\d.]+$|:/.test(reference);
      const options = { partialWildcards: false, multiLabelWildcards: false };
      const judge = (subject: 'never' | 'default'): boolean => {
        if (isAddress) return openssl.checkIP(reference) !== undefined;
        return openssl.checkHost(reference, { ...options, subject }) !== undefined;
      };
      const ours = [matches.includes('san'), matches.includes('san-or-cn')];
      expect(ours[0] === judge('never') && ours[1] === judge('default')).toBe(differs === undefined);
      const flag = isAddress ? '-checkip' : '-checkhost';
      const says = execFileSync('openssl', ['x509', '-noout', flag, reference], {
        input: pem,
        encoding: 'utf8',
      });
      // The command takes partial wildcards; there it cannot be asked.
      const partial =
        JSON.stringify(certificate).includes('*') && !JSON.stringify(certificate).includes('"*.');
      if (differs === undefined && !partial) expect(says.includes('does match')).toBe(ours[1]);
    });
  });
});
