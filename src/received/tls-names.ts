/**
 * Names of versions and suites as mail servers write them in Received fields, made one.
 */
import { findSuite, type Suite } from '../tls/suites.js';

/** A version as servers write it. */
export const VERSION_PATTERN = String.raw`(?:TLS|SSL)[v_ -]?\d(?:[._]\d)?(?:\/SSLv3)?`;

/**
 * The version by OpenSSL's name; null where it is not told. Old OpenSSL writes `TLSv1/SSLv3` for every suite that SSL 3
 * knew or could have known, whatever version was spoken.
 */
export function readVersion(text: string): string | null {
  const parts = /^(TLS|SSL)[v_ -]?(\d)(?:[._](\d))?$/i.exec(text);
  if (parts === null) return null;
  const [, kind = '', major = '', minor = '0'] = parts;
  return `${kind.toUpperCase()}v${major}${minor === '0' ? '' : `.${minor}`}`;
}

/** The suite, or null where nobody knows the name. */
export function readSuite(text: string): Suite | null {
  for (const name of spellings(text)) {
    const suite = findSuite(name);
    if (suite !== null) return suite;
  }
  return null;
}

function spellings(text: string): readonly string[] {
  // Windows names the curve behind the suite.
  const bare = text.replace(/_P(?:256|384|521)$/, '');
  return [
    bare,
    // rustls and LibreSSL have names of their own for the suites of TLS 1.3.
    bare.replace(/^TLS13_/, 'TLS_'),
    bare
      .replace(/^AEAD-/, 'TLS_')
      .replaceAll('-', '_')
      .replace('AES256', 'AES_256')
      .replace('AES128', 'AES_128'),
    // GnuTLS writes what stands before and behind WITH in one.
    `TLS_${bare.replace(/^((?:ECDHE|DHE)_(?:RSA|ECDSA|DSS)|RSA)_/, '$1_WITH_').replace(/SHA1$/, 'SHA')}`,
  ];
}
