/**
 * What a list of roots says of trust and distrust, and lists that cannot be read.
 */
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Authority, createAuthority } from '../../src/testing/authority.js';
import { certdataStore, readCertdata, walkPath } from '../../src/x509/index.js';
import { certificateObject, chainOf, factsOf, trustObject, writeCertdata } from './certdata-text.js';

describe('lists written here', () => {
  let authority: Authority;
  beforeAll(async () => {
    authority = await createAuthority();
  });

  it('CI-3: a certificate without a trust object, or trusted for e-mail only, is no root', () => {
    const { root, distrusted } = authority;
    const other = authority.issuer({ cn: 'Mail Only Root', signedBy: 'self' });
    const store = certdataStore(
      writeCertdata([
        certificateObject(root),
        trustObject(root, 'CKT_NSS_TRUSTED_DELEGATOR'),
        certificateObject(distrusted),
        certificateObject(other),
        trustObject(other, 'CKT_NSS_MUST_VERIFY_TRUST'),
      ]),
    );
    expect(store.anchors.map((each) => each.certificate.sha256)).toEqual([factsOf(root).sha256]);
    expect(store.distrusted.size).toBe(0);
  });

  it('CI-3: a trust object counts for the certificate with its issuer and serial number, wherever it stands', () => {
    const { root, distrusted } = authority;
    // Trust objects first, and in the other order than the certificates.
    const store = certdataStore(
      writeCertdata([
        trustObject(distrusted, 'CKT_NSS_MUST_VERIFY_TRUST'),
        trustObject(root, 'CKT_NSS_TRUSTED_DELEGATOR'),
        certificateObject(root),
        certificateObject(distrusted),
      ]),
    );
    expect(store.anchors.map((each) => each.certificate.sha256)).toEqual([factsOf(root).sha256]);
  });

  it('CI-3: an intermediate that the list distrusts refuses a chain that is right, although only its trust object is there', () => {
    const { root, intermediate } = authority;
    const leaf = authority.forHost('mx1.partner.example');
    const trusting = [certificateObject(root), trustObject(root, 'CKT_NSS_TRUSTED_DELEGATOR')];
    const walk = (objects: readonly string[]) =>
      walkPath(factsOf(leaf), chainOf(leaf), certdataStore(writeCertdata(objects)));
    expect(walk(trusting)).toMatchObject({ ok: true });
    expect(walk([...trusting, trustObject(intermediate, 'CKT_NSS_NOT_TRUSTED')])).toMatchObject({
      ok: false,
      reason: 'certificate-distrusted-root',
      depth: 1,
    });
  });

  it('CI-3: a root that the list distrusts is no root, and a chain that ends in it is called distrusted', () => {
    const { root, distrusted } = authority;
    const leaf = authority.fault('distrustedRoot', 'mx1.partner.example');
    const store = certdataStore(
      writeCertdata([
        certificateObject(root),
        trustObject(root, 'CKT_NSS_TRUSTED_DELEGATOR'),
        certificateObject(distrusted),
        trustObject(distrusted, 'CKT_NSS_NOT_TRUSTED'),
      ]),
    );
    expect(store.anchors).toHaveLength(1);
    expect(walkPath(factsOf(leaf), chainOf(leaf), store)).toMatchObject({
      ok: false,
      reason: 'certificate-distrusted-root',
      depth: 1,
    });
  });

  it('CI-3: of two words about one certificate the stricter one holds', () => {
    const { root, distrusted } = authority;
    const objects = [
      certificateObject(root),
      trustObject(root, 'CKT_NSS_TRUSTED_DELEGATOR'),
      certificateObject(distrusted),
    ];
    const both = [
      trustObject(distrusted, 'CKT_NSS_TRUSTED_DELEGATOR'),
      trustObject(distrusted, 'CKT_NSS_NOT_TRUSTED'),
    ];
    for (const order of [both, both.toReversed()]) {
      const store = certdataStore(writeCertdata([...objects, ...order]));
      expect(store.hasAnchor(factsOf(distrusted).sha256)).toBe(false);
      expect(store.distrusted.size).toBe(1);
    }
  });

  it('CI-3: a leaf that begins after the distrust date of its root is refused, one of that very second is not', () => {
    const { root } = authority;
    const date = Date.UTC(2025, 3, 15, 23, 59, 59);
    const store = certdataStore(
      writeCertdata([
        certificateObject(root, '250415235959Z'),
        trustObject(root, 'CKT_NSS_TRUSTED_DELEGATOR'),
      ]),
    );
    expect(store.anchors[0]?.distrustAfter).toBe(date);
    const walk = (notBefore: number) => {
      const leaf = authority.issue({ dns: ['mx1.partner.example'], notBefore });
      return walkPath(factsOf(leaf), chainOf(leaf), store);
    };
    expect(walk(date)).toMatchObject({ ok: true });
    expect(walk(date + 1000)).toMatchObject({
      ok: false,
      reason: 'certificate-distrusted-root',
      detail: expect.stringContaining('2025-04-15') as string,
    });
  });
});

describe('lists that cannot be read', () => {
  const refused = (text: string, why: string): void =>
    expect(() => certdataStore(text)).toThrow(
      expect.objectContaining({
        code: 'certdata-unreadable',
        message: expect.stringContaining(why) as string,
      }),
    );

  it.each([
    ['nothing', '', 'no BEGINDATA'],
    ['another file', '<!doctype html>\n<p>certdata</p>\n', 'no BEGINDATA'],
    ['no objects', 'BEGINDATA\n', 'no certificate in it is trusted'],
    ['an attribute on its own', 'BEGINDATA\nCKA_TOKEN CK_BBOOL CK_TRUE\n', 'before CKA_CLASS'],
    ['a line of another kind', 'BEGINDATA\nhello\n', 'line 2: no attribute'],
    [
      'an attribute twice',
      'BEGINDATA\nCKA_CLASS CK_OBJECT_CLASS CKO_DATA\nCKA_ID UTF8 "0"\nCKA_ID UTF8 "1"\n',
      'line 4: CKA_ID twice',
    ],
    [
      'octal beyond an octet',
      'BEGINDATA\nCKA_CLASS CK_OBJECT_CLASS CKO_DATA\nCKA_VALUE MULTILINE_OCTAL\n\\400\nEND\n',
      'line 4: no octal',
    ],
    [
      'a value without end',
      'BEGINDATA\nCKA_CLASS CK_OBJECT_CLASS CKO_DATA\nCKA_VALUE MULTILINE_OCTAL\n\\060\n',
      'ends within CKA_VALUE',
    ],
    [
      'a certificate without octets',
      'BEGINDATA\nCKA_CLASS CK_OBJECT_CLASS CKO_CERTIFICATE\n',
      'no octets in CKA_VALUE',
    ],
    ['a line without end', `BEGINDATA\n#${'x'.repeat(9000)}`, 'more than 8192 characters'],
    [
      'a value without bounds',
      `BEGINDATA\nCKA_CLASS CK_OBJECT_CLASS CKO_DATA\nCKA_VALUE MULTILINE_OCTAL\n${'\\060\\060\\060\\060\n'.repeat(17_000)}END\n`,
      'more than 65536 octets',
    ],
    [
      'objects without bounds',
      `BEGINDATA\n${'CKA_CLASS CK_OBJECT_CLASS CKO_DATA\n'.repeat(10_001)}`,
      'more than 10000 objects',
    ],
  ])('CI-3: %s', (_what, text, why) => refused(text, why));

  it('CI-3: a word of trust that is not known is refused, because it may mean distrust', async () => {
    const { root } = await createAuthority();
    const text = writeCertdata([certificateObject(root), trustObject(root, 'CKT_NSS_NEW_WORD')]);
    refused(text, 'unknown CKA_TRUST_SERVER_AUTH');
    refused(text.replace('CKA_TRUST_SERVER_AUTH', 'CKA_OTHER'), 'unknown CKA_TRUST_SERVER_AUTH');
    refused(
      text
        .replace('CKT_NSS_NEW_WORD', 'CKT_NSS_TRUSTED_DELEGATOR')
        .replace('AFTER CK_BBOOL CK_FALSE', 'AFTER CK_BBOOL CK_TRUE'),
      'distrust date',
    );
  });

  it('CI-2, CI-3: pieces of any size give the same store', async () => {
    const { root } = await createAuthority();
    const text = writeCertdata([certificateObject(root), trustObject(root, 'CKT_NSS_TRUSTED_DELEGATOR')]);
    const { id } = certdataStore(text);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 500 }), async (size) => {
        async function* pieces() {
          for (let at = 0; at < text.length; at += size) yield Buffer.from(text.slice(at, at + size));
        }
        expect((await readCertdata(pieces())).id).toBe(id);
      }),
      { numRuns: 20 },
    );
  });
});
