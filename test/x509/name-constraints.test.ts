/**
 * Authorities that may certify some names only. `openssl verify` judges the same chains; where we are stricter, the row
 * says what it answers.
 */
import { describe, expect, it } from 'vitest';
import { createAuthority } from '../../src/testing/authority.js';
import type { CertificateRequest } from '../../src/testing/certificate-request.js';
import { pemStore, walkPath } from '../../src/x509/index.js';
import { chainOf, factsOf } from './certdata-text.js';
import { opensslVerify } from './openssl.js';

const authority = await createAuthority();
const FORBIDDEN = 'permitted subtree violation';
const EXCLUDED = 'excluded subtree violation';

type Limits = NonNullable<CertificateRequest['nameConstraints']>;
type Row = [
  title: string,
  limits: Limits | Uint8Array,
  leaf: CertificateRequest,
  allowed: boolean,
  openssl: string,
];

const partner: Limits = { permitted: ['partner.example'] };
const without: Limits = { excluded: ['partner.example'] };
const hosts = (...dns: string[]): CertificateRequest => ({ cn: null, dns });

/** DER with a length below 128. */
const der = (tag: number, ...parts: Uint8Array[]): Buffer =>
  Buffer.concat([Buffer.from([tag, Buffer.concat(parts).length]), ...parts]);
/** The extension with one subtree: 0xa0 permits, 0xa1 excludes. */
const one = (half: number, base: Uint8Array): Buffer => der(0x30, der(half, der(0x30, base)));
const ip = (hex: string): Buffer => der(0x87, Buffer.from(hex, 'hex'));
const organisation = (name: string): Buffer =>
  der(0xa4, der(0x30, der(0x31, der(0x30, Buffer.from('060355040a', 'hex'), der(0x0c, Buffer.from(name))))));

const rows: readonly Row[] = [
  ['a host below the permitted domain', partner, hosts('mx.partner.example'), true, 'OK'],
  ['the permitted domain itself', partner, hosts('partner.example'), true, 'OK'],
  ['other case', partner, hosts('MX.Partner.EXAMPLE'), true, 'OK'],
  ['another domain', partner, hosts('mx.other.example'), false, FORBIDDEN],
  ['a domain that ends in the same letters', partner, hosts('evilpartner.example'), false, FORBIDDEN],
  [
    'one host inside, one outside',
    partner,
    hosts('mx.partner.example', 'mx.other.example'),
    false,
    FORBIDDEN,
  ],
  ['a wildcard inside', partner, hosts('*.partner.example'), true, 'OK'],
  ['a wildcard around', { permitted: ['mx.partner.example'] }, hosts('*.partner.example'), false, FORBIDDEN],
  [
    'one of two permitted domains',
    { permitted: ['a.example', 'b.example'] },
    hosts('mx.b.example'),
    true,
    'OK',
  ],
  [
    'a leading dot, a host below',
    { permitted: ['.partner.example'] },
    hosts('mx.partner.example'),
    true,
    'OK',
  ],
  [
    'a leading dot, the domain itself',
    { permitted: ['.partner.example'] },
    hosts('partner.example'),
    false,
    FORBIDDEN,
  ],
  ['a host below the excluded domain', without, hosts('mx.partner.example'), false, EXCLUDED],
  ['the excluded domain itself', without, hosts('partner.example'), false, EXCLUDED],
  ['a host outside the excluded domain', without, hosts('mx.other.example'), true, 'OK'],
  [
    'inside the permitted, inside the excluded',
    { permitted: ['example'], excluded: ['partner.example'] },
    hosts('mx.partner.example'),
    false,
    EXCLUDED,
  ],
  [
    'a wildcard that reaches the excluded host, which OpenSSL lets pass',
    { excluded: ['mx.partner.example'] },
    hosts('*.partner.example'),
    false,
    'OK',
  ],
  ['everything excluded', { excluded: [''] }, hosts('mx.partner.example'), false, EXCLUDED],
  ['no host name at all, the Common Name outside', partner, { cn: 'mx.other.example' }, false, FORBIDDEN],
  ['no host name at all, the Common Name inside', partner, { cn: 'mx.partner.example' }, true, 'OK'],
  [
    'a host name inside, a Common Name outside, which is no host name then',
    partner,
    { cn: 'mx.other.example', dns: ['mx.partner.example'] },
    true,
    'OK',
  ],
  [
    'a name that cannot be read as a host',
    partner,
    hosts('mx.partner.example', 'm*.partner.example'),
    false,
    'OK',
  ],
  ['a permitted network', one(0xa0, ip('c0000200ffffff00')), { cn: null, ip: ['192.0.2.7'] }, true, 'OK'],
  [
    'outside the permitted network',
    one(0xa0, ip('c0000200ffffff00')),
    { cn: null, ip: ['198.51.100.7'] },
    false,
    FORBIDDEN,
  ],
  [
    'an address of the other family',
    one(0xa0, ip('c0000200ffffff00')),
    { cn: null, ip: ['2001:db8::1'] },
    false,
    FORBIDDEN,
  ],
  [
    'an excluded network',
    one(0xa1, ip(`20010db8${'0'.repeat(24)}ffffffff${'0'.repeat(24)}`)),
    { cn: null, ip: ['2001:db8::1'] },
    false,
    EXCLUDED,
  ],
  [
    'a constraint on addresses, no address',
    one(0xa0, ip('c0000200ffffff00')),
    hosts('mx.partner.example'),
    true,
    'OK',
  ],
  [
    'a constraint on directories, no subject',
    one(0xa0, organisation('Partner')),
    hosts('mx.partner.example'),
    true,
    'OK',
  ],
  [
    'a constraint on directories, a subject outside',
    one(0xa0, organisation('Partner')),
    { cn: null, organisation: 'Other', dns: ['mx.partner.example'] },
    false,
    FORBIDDEN,
  ],
  [
    'a constraint on directories, a subject inside, which we cannot tell',
    one(0xa0, organisation('Partner')),
    { cn: null, organisation: 'Partner', dns: ['mx.partner.example'] },
    false,
    'OK',
  ],
  [
    'a constraint on mailboxes, a mailbox',
    one(0xa0, der(0x81, Buffer.from('partner.example'))),
    { cn: null, dns: ['mx.partner.example'], email: ['a@other.example'] },
    false,
    FORBIDDEN,
  ],
  [
    'a constraint on mailboxes, no mailbox',
    one(0xa0, der(0x81, Buffer.from('partner.example'))),
    hosts('mx.partner.example'),
    true,
    'OK',
  ],
  [
    'a constraint on URIs, a URI',
    one(0xa1, der(0x86, Buffer.from('.other.example'))),
    { cn: null, dns: ['mx.partner.example'], uri: ['https://www.other.example/'] },
    false,
    EXCLUDED,
  ],
];

const issue = (limits: Limits | Uint8Array, leaf: CertificateRequest, critical = true) => {
  const bound =
    limits instanceof Uint8Array
      ? { extensions: [{ oid: '2.5.29.30', critical, value: limits }] }
      : { nameConstraints: limits };
  return authority.issue({
    ...leaf,
    signedBy: authority.issuer({ cn: 'Bound', signedBy: 'root', ...bound }),
  });
};

describe('name constraints of an intermediate', () => {
  it.each(rows)('CI-5: %s', (_title, limits, leaf, allowed, openssl) => {
    const identity = issue(limits, leaf);
    expect(walkPath(factsOf(identity), chainOf(identity), pemStore(authority.trust))).toMatchObject(
      allowed ? { ok: true } : { ok: false, reason: 'certificate-name-constraint', depth: 0 },
    );
    expect(opensslVerify(identity, authority.trust)).toBe(openssl);
  });

  it('CI-5: they count as well where they are not critical', () => {
    const limits = one(0xa0, der(0x82, Buffer.from('partner.example')));
    const outside = issue(limits, hosts('mx.other.example'), false);
    expect(walkPath(factsOf(outside), chainOf(outside), pemStore(authority.trust)).ok).toBe(false);
    expect(opensslVerify(outside, authority.trust)).toBe(FORBIDDEN);
  });

  it('CI-5: they bind all that is below them, and those of a root bind too', () => {
    const root = authority.issuer({ cn: 'Bound Root', signedBy: 'self', nameConstraints: partner });
    const upper = authority.issuer({ cn: 'Upper', signedBy: root });
    for (const [host, ok] of [
      ['mx.partner.example', true],
      ['mx.other.example', false],
    ] as const) {
      const leaf = authority.issue({
        cn: null,
        dns: [host],
        signedBy: authority.issuer({ cn: 'Lower', signedBy: upper }),
      });
      expect(walkPath(factsOf(leaf), chainOf(leaf), pemStore(root.certificate)).ok).toBe(ok);
      expect(opensslVerify(leaf, root.certificate)).toBe(ok ? 'OK' : FORBIDDEN);
    }
  });

  it.each([
    ['a host name that is none', one(0xa1, der(0x82, Buffer.from('*.other.example')))],
    ['an address without mask', one(0xa1, ip('c0000200'))],
    [
      'a subtree with a minimum',
      der(0x30, der(0xa0, der(0x30, der(0x82, Buffer.from('a.example')), der(0x80, Buffer.from([1]))))),
    ],
    ['octets behind', Buffer.concat([one(0xa1, ip('c0000200ffffff00')), Buffer.from([5, 0])])],
  ])('CI-5: %s makes the certificate unreadable', (_title, value) => {
    const identity = issue(value, hosts('mx.partner.example'));
    expect(() => chainOf(identity)).toThrow(expect.objectContaining({ code: 'certificate-unreadable' }));
  });
});
