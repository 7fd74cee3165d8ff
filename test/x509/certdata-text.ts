/**
 * Lists of roots in the form of Mozilla's certdata.txt, written from test certificates.
 */
import type { Identity } from '../../src/testing/certificate-request.js';
import { parseCertificate, parseCertificates } from '../../src/x509/index.js';

/** The certificate of an identity, read. */
export const factsOf = (identity: Identity) => parseCertificate(identity.der);
/** The chain that a server with this identity sends, read. */
export const chainOf = (identity: Identity) => parseCertificates(identity.chain);

/** A whole list. */
export function writeCertdata(objects: readonly string[]): string {
  return [
    '# a list',
    'BEGINDATA',
    'CKA_CLASS CK_OBJECT_CLASS CKO_NSS_BUILTIN_ROOT_LIST',
    ...objects,
    '',
  ].join('\n');
}

/** Octets as the list writes them, sixteen on a line. */
function octal(octets: Uint8Array): string {
  const each = [...octets].map((octet) => `\\${octet.toString(8).padStart(3, '0')}`).join('');
  return `MULTILINE_OCTAL\n${each.replaceAll(/(.{64})/g, '$1\n').trim()}\nEND`;
}

export function certificateObject(identity: Identity, distrustAfter?: string): string {
  const date = distrustAfter === undefined ? 'CK_BBOOL CK_FALSE' : octal(Buffer.from(distrustAfter));
  return `\n# Certificate\nCKA_CLASS CK_OBJECT_CLASS CKO_CERTIFICATE\nCKA_LABEL UTF8 "Ünlucky, \\x22 name"\nCKA_VALUE ${octal(identity.der)}\nCKA_NSS_SERVER_DISTRUST_AFTER ${date}`;
}

export function trustObject(identity: Identity, word: string): string {
  const { issuerDer, serial } = factsOf(identity);
  // The serial numbers of the test authority are 16 octets.
  const number = Buffer.concat([Buffer.from([2, 16]), Buffer.from(serial, 'hex')]);
  return `\n# Trust\nCKA_CLASS CK_OBJECT_CLASS CKO_NSS_TRUST\nCKA_ISSUER ${octal(issuerDer)}\nCKA_SERIAL_NUMBER ${octal(number)}\nCKA_TRUST_SERVER_AUTH CK_TRUST ${word}\nCKA_TRUST_EMAIL_PROTECTION CK_TRUST CKT_NSS_TRUSTED_DELEGATOR`;
}
