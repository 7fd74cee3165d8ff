/**
 * Mozilla's list of roots, `certdata.txt`, as a trust store (CI-3). A certificate counts only if the trust object with its
 * issuer and serial number trusts it for servers; what the list distrusts is distrusted in any chain, also where only the
 * trust object is there; and a date after which a root's new certificates are not trusted goes with the root.
 * Failure: ConfigError `certdata-unreadable` or `certificate-unreadable`; a word of trust that is not known is refused,
 * because it may mean distrust.
 */
import type { Certificate } from './certificate.js';
import { type CertdataObject, createCertdataReader, unreadableCertdata } from './certdata-objects.js';
import { readHexInteger, readOnly, readTime, TAG } from './der.js';
import { parseCertificate } from './parse.js';
import { createTrustStore, issuerSerialKey, type TrustAnchor, type TrustStore } from './trust-store.js';

/** What the file does not say of itself. */
export interface CertdataOptions {
  /** Name of the store in verdicts and texts. Default `mozilla-certdata`. */
  readonly name?: string;
  /** When the list was made, milliseconds since the epoch; without it nobody can be warned of its age (AT-53). Default null. */
  readonly date?: number | null;
}

type ServerTrust = 'trusted' | 'neutral' | 'distrusted';

/** Words of NSS for CKA_TRUST_SERVER_AUTH; only a delegator is a root for servers. */
const SERVER_TRUST: Readonly<Record<string, ServerTrust>> = {
  CKT_NSS_TRUSTED_DELEGATOR: 'trusted',
  CKT_NSS_MUST_VERIFY_TRUST: 'neutral',
  CKT_NSS_TRUST_UNKNOWN: 'neutral',
  CKT_NSS_VALID_DELEGATOR: 'neutral',
  CKT_NSS_NOT_TRUSTED: 'distrusted',
};

/**
 * Reads a list that is at hand as text.
 * @throws ConfigError `certdata-unreadable`, `certificate-unreadable`
 */
export function certdataStore(text: string, options: CertdataOptions = {}): TrustStore {
  const list = createList();
  list.push(text);
  return list.toStore(options);
}

/**
 * Reads a list that arrives in pieces, such as `createReadStream('certdata.txt')`.
 * @throws ConfigError `certdata-unreadable`, `certificate-unreadable`; and what the stream throws
 */
export async function readCertdata(
  pieces: AsyncIterable<Uint8Array | string>,
  options: CertdataOptions = {},
): Promise<TrustStore> {
  const list = createList();
  // Latin-1 keeps octets apart wherever a piece ends; what is read of the file is ASCII.
  for await (const piece of pieces)
    list.push(typeof piece === 'string' ? piece : Buffer.from(piece).toString('latin1'));
  return list.toStore(options);
}

function createList() {
  const certificates: TrustAnchor[] = [];
  const trust = new Map<string, ServerTrust>();
  const reader = createCertdataReader((object) => {
    const kind = object.get('CKA_CLASS');
    if (kind === 'CKO_CERTIFICATE') certificates.push(anchorOf(object));
    else if (kind === 'CKO_NSS_TRUST') {
      const key = keyOf(object);
      trust.set(key, stricter(trust.get(key) ?? 'trusted', serverTrustOf(object)));
    }
  });
  return {
    push: (text: string) => reader.push(text),
    toStore(options: CertdataOptions): TrustStore {
      reader.end();
      const trustOf = ({ issuerDer, serial }: Certificate): ServerTrust =>
        trust.get(issuerSerialKey(issuerDer, serial)) ?? 'neutral';
      const anchors = certificates.filter(({ certificate }) => trustOf(certificate) === 'trusted');
      if (anchors.length === 0) throw unreadableCertdata('no certificate in it is trusted for servers');
      const distrusted = [...trust].filter(([, word]) => word === 'distrusted').map(([key]) => key);
      return createTrustStore(options.name ?? 'mozilla-certdata', anchors, {
        date: options.date ?? null,
        distrusted,
      });
    },
  };
}

/** Where a list says two things of one certificate, the stricter one holds. */
function stricter(a: ServerTrust, b: ServerTrust): ServerTrust {
  const order: readonly ServerTrust[] = ['trusted', 'neutral', 'distrusted'];
  return order.indexOf(a) > order.indexOf(b) ? a : b;
}

function octetsOf(object: CertdataObject, name: string): Uint8Array {
  const value = object.get(name);
  if (value instanceof Uint8Array) return value;
  throw unreadableCertdata(`${label(object)} has no octets in ${name}`);
}

function label(object: CertdataObject): string {
  return `the object ${JSON.stringify(object.get('CKA_LABEL') ?? '').slice(0, 80)}`;
}

function anchorOf(object: CertdataObject): TrustAnchor {
  const certificate = parseCertificate(octetsOf(object, 'CKA_VALUE'));
  const date = object.get('CKA_NSS_SERVER_DISTRUST_AFTER');
  // The octets are the text of a UTCTime, without tag and length; CK_FALSE says that there is none.
  if (date instanceof Uint8Array)
    return { certificate, distrustAfter: readTime({ tag: TAG.utcTime, content: date, raw: date }) };
  if (date === undefined || date === 'CK_FALSE') return { certificate, distrustAfter: null };
  throw unreadableCertdata(`${label(object)} has ${JSON.stringify(date)} as its distrust date`);
}

function keyOf(object: CertdataObject): string {
  const issuer = readOnly(octetsOf(object, 'CKA_ISSUER'), TAG.sequence, 'issuer');
  const serial = readOnly(octetsOf(object, 'CKA_SERIAL_NUMBER'), TAG.integer, 'serial number');
  return issuerSerialKey(issuer.raw, readHexInteger(serial));
}

function serverTrustOf(object: CertdataObject): ServerTrust {
  const word = object.get('CKA_TRUST_SERVER_AUTH');
  const trust =
    typeof word === 'string' && Object.hasOwn(SERVER_TRUST, word) ? SERVER_TRUST[word] : undefined;
  if (trust !== undefined) return trust;
  throw unreadableCertdata(`${label(object)} has an unknown CKA_TRUST_SERVER_AUTH`);
}
