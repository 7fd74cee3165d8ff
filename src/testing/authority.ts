/**
 * A certificate authority for tests, made at run time: a root, an intermediate, and any server certificate that a test
 * asks for, good or bad. Nothing is written to disk. Keys are EC unless something else is asked, so an authority with
 * ten servers stands in a few milliseconds; RSA keys are made when first needed and used again.
 *
 * Failure: ConfigError `peer-missing` (install pkijs and asn1js) or `certificate-request-invalid`.
 * Standards: RFC 5280.
 */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { type Clock, systemClock } from '../core/clock.js';
import { ConfigError } from '../core/errors.js';
import { type Asn1, encodeCertificate, loadAsn1 } from './certificate-encoder.js';
import { encodeExtensions } from './certificate-extensions.js';
import { type CertificateFault, issueFault } from './certificate-faults.js';
import type { CertificateRequest, Identity, Issuer, KeyKind, SubjectName } from './certificate-request.js';

/** Settings of {@link createAuthority}. */
export interface AuthorityOptions {
  /** Name in the subject of the root; default "Test Root". */
  readonly name?: string;
  /** Whose "now" the default dates are reckoned from; default: this machine's. */
  readonly clock?: Clock;
  /** Kind of the root's and intermediate's keys; default `ec`. */
  readonly key?: KeyKind;
  /** What {@link Authority.save} gave: the same issuers once more, in another process for example. Default: new ones. */
  readonly saved?: SavedAuthority;
}

/** The issuers of an authority as plain data, private keys included. */
export type SavedAuthority = Readonly<Record<IssuerName, SavedIssuer>>;

/** One issuer as plain data. */
export type SavedIssuer = Omit<Issuer, 'der'>;

export type IssuerName = 'root' | 'intermediate' | 'distrusted' | 'unknown';

/** An authority; the servers that it certifies are trusted by whoever trusts {@link Authority.trust}. */
export interface Authority {
  readonly root: Issuer;
  readonly intermediate: Issuer;
  /** A second root, for tests of distrust: known, and not to be trusted. */
  readonly distrusted: Issuer;
  /** A third root, which no client knows: the faulty certificates of unknown origin lead to it. */
  readonly unknown: Issuer;
  /** PEM of the root: what a client must trust. */
  readonly trust: string;
  /** A server certificate for this name, issued by the intermediate. */
  forHost(host: string): Identity;
  /** Any certificate. @throws ConfigError `certificate-request-invalid` */
  issue(request: CertificateRequest): Identity;
  /** A new issuer: a root (`signedBy: 'self'`) or an intermediate. */
  issuer(request: CertificateRequest): Issuer;
  /** The certificate with the named fault, for this host. */
  fault(name: CertificateFault, host: string): Identity;
  /** The issuers as plain data, for `createAuthority({ saved })`. */
  save(): SavedAuthority;
}

/**
 * Makes an authority.
 * @throws ConfigError `peer-missing` when pkijs or asn1js is not installed.
 */
export async function createAuthority(options: AuthorityOptions = {}): Promise<Authority> {
  const asn1 = await loadAsn1();
  const clock = options.clock ?? systemClock;
  const keys = createKeyStock();
  const name = options.name ?? 'Test Root';
  const make = (request: CertificateRequest): Issuer =>
    issueCertificate(request, { asn1, clock, keys, findIssuer });
  const findIssuer = (signedBy: 'root' | 'intermediate'): Issuer => issuers[signedBy]();
  const issuer = (which: IssuerName, request: CertificateRequest): (() => Issuer) =>
    once(() =>
      options.saved === undefined ? make({ ca: true, ...request }) : restoreIssuer(options.saved[which]),
    );
  const key = options.key ?? 'ec';
  const issuers: Readonly<Record<IssuerName, () => Issuer>> = {
    root: issuer('root', { cn: name, signedBy: 'self', key }),
    intermediate: issuer('intermediate', {
      cn: `${name} Intermediate`,
      pathLength: 0,
      signedBy: 'root',
      key,
    }),
    distrusted: issuer('distrusted', { cn: `${name} Distrusted`, signedBy: 'self' }),
    unknown: issuer('unknown', { cn: `${name} Unknown`, signedBy: 'self' }),
  };
  const authority: Authority = {
    get root() {
      return issuers.root();
    },
    get intermediate() {
      return issuers.intermediate();
    },
    get distrusted() {
      return issuers.distrusted();
    },
    get unknown() {
      return issuers.unknown();
    },
    get trust() {
      return issuers.root().certificate;
    },
    forHost: (host) => make({ dns: [host] }),
    issue: make,
    issuer: (request) => make({ ca: true, ...request }),
    fault: (fault, host) => issueFault(fault, host, authority, clock.now()),
    save: () => ({
      root: saveIssuer(issuers.root()),
      intermediate: saveIssuer(issuers.intermediate()),
      distrusted: saveIssuer(issuers.distrusted()),
      unknown: saveIssuer(issuers.unknown()),
    }),
  };
  return authority;
}

interface Workshop {
  readonly asn1: Asn1;
  readonly clock: Clock;
  readonly keys: KeyStock;
  readonly findIssuer: (signedBy: 'root' | 'intermediate') => Issuer;
}

const YEAR = 365 * 86_400_000;

function issueCertificate(request: CertificateRequest, { asn1, clock, keys, findIssuer }: Workshop): Issuer {
  const subject = subjectOf(request);
  const kind = request.key ?? 'ec';
  const { publicKey, privateKey } = keys.get(kind);
  const signedBy = request.signedBy ?? 'intermediate';
  const issuer = typeof signedBy === 'object' ? signedBy : signedBy === 'self' ? null : findIssuer(signedBy);
  // OpenSSL checks paths by this machine's clock, so a good certificate is good by both clocks.
  const now = clock.now();
  const machine = systemClock.now();
  const der = encodeCertificate(
    {
      subject,
      issuer: issuer?.subject ?? subject,
      notBefore: timeOf(request.notBefore, Math.min(now, machine) - YEAR),
      notAfter: timeOf(request.notAfter, Math.max(now, machine) + 2 * YEAR),
      publicKey,
      signingKey: issuer === null ? privateKey : createPrivateKey(issuer.key),
      hash: request.hash ?? 'sha256',
      extensions: encodeExtensions(request, subject, asn1),
    },
    asn1,
  );
  const certificate = toPem('CERTIFICATE', der);
  const above = request.sends?.map((identity) => identity.certificate).join('') ?? chainAbove(issuer);
  return {
    certificate,
    chain: certificate + above,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    der,
    kind,
    subject,
    selfSigned: issuer === null,
  };
}

/** Below a root nothing is added: whoever trusts it has it. */
function chainAbove(issuer: Issuer | null): string {
  return issuer === null || issuer.selfSigned ? '' : issuer.chain;
}

function saveIssuer({ certificate, chain, key, kind, subject, selfSigned }: Issuer): SavedIssuer {
  return { certificate, chain, key, kind, subject, selfSigned };
}

function restoreIssuer(saved: SavedIssuer): Issuer {
  const base64 = saved.certificate.replaceAll(/-----[^-]+-----|\s/g, '');
  return { ...saved, der: Buffer.from(base64, 'base64') };
}

function subjectOf(request: CertificateRequest): SubjectName {
  const cn = request.cn === undefined ? (request.dns?.slice(0, 1) ?? []) : (request.cn ?? []);
  return {
    cn: typeof cn === 'string' ? [cn] : cn,
    ...(request.organisation === undefined ? {} : { organisation: request.organisation }),
  };
}

function timeOf(value: CertificateRequest['notAfter'], otherwise: number): number {
  if (value === undefined) return otherwise;
  const time = new Date(value).getTime();
  if (Number.isFinite(time)) return time;
  throw new ConfigError(
    'certificate-request-invalid',
    `notBefore/notAfter: expected a date, got ${String(value)}`,
  );
}

/** PEM text of DER octets. */
function toPem(label: string, der: Uint8Array): string {
  const lines = Buffer.from(der)
    .toString('base64')
    .replace(/(.{64})/g, '$1\n')
    .trimEnd();
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}

interface KeyStock {
  get(kind: KeyKind): { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
}

/** EC keys are new each time; RSA keys cost up to a second and are shared by all certificates of one authority. */
function createKeyStock(): KeyStock {
  const rsa = new Map<KeyKind, { publicKey: KeyObject; privateKey: KeyObject }>();
  return {
    get(kind) {
      if (kind === 'ed25519') return generateKeyPairSync('ed25519');
      const curve = CURVES[kind];
      if (curve !== undefined) return generateKeyPairSync('ec', { namedCurve: curve });
      const modulusLength = Number(/^rsa(1024|2048|3072|4096)$/.exec(kind)?.[1] ?? 0);
      if (modulusLength === 0) {
        throw new ConfigError(
          'certificate-request-invalid',
          `key: expected ec, ec-p384, ec-p521, ed25519, rsa1024, rsa2048, rsa3072 or rsa4096, got "${kind}"`,
        );
      }
      const pair = rsa.get(kind) ?? generateKeyPairSync('rsa', { modulusLength });
      rsa.set(kind, pair);
      return pair;
    },
  };
}

const CURVES: Readonly<Record<string, string>> = { ec: 'P-256', 'ec-p384': 'P-384', 'ec-p521': 'P-521' };

function once<T>(make: () => T): () => T {
  let made: { value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}
