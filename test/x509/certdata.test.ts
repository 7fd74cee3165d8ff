/**
 * The reader of Mozilla's list on the list of October 2025. Counts and certificates are
 * held against readings that are not ours: zcat and awk, openssl, and the fingerprints in the file's own comments.
 */
import { execFileSync } from 'node:child_process';
import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createGunzip, gunzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { certdataStore, readCertdata } from '../../src/x509/index.js';

const file = fileURLToPath(new URL('../data/certdata-2025-10.txt.gz', import.meta.url));
const list = gunzipSync(readFileSync(file)).toString('latin1');

/** A number in hex without what writers add to it. */
const bare = (serial: string): string => serial.replaceAll(':', '').replace(/^0+/, '');

const hex = (text: string): string => text.replaceAll(':', '').toLowerCase();

/** What awk sees: for each trust object its SHA-256 from the comment above it and its word for servers. */
function awkTrust(): { readonly sha256: string; readonly word: string }[] {
  const program =
    '/^# Trust for/ {t=1} /^# Fingerprint \\(SHA-256\\)/ {f=$4} /^CKA_TRUST_SERVER_AUTH/ && t {print f, $3; t=0}';
  const out = execFileSync('sh', ['-c', `zcat "$0" | awk '${program}'`, file], { encoding: 'utf8' });
  return out
    .trim()
    .split('\n')
    .map((row) => row.split(' '))
    .map(([sha256 = '', word = '']) => ({ sha256: hex(sha256), word }));
}

const count = (pattern: string): number =>
  Number(execFileSync('sh', ['-c', `zcat "$0" | grep -c '${pattern}'`, file], { encoding: 'utf8' }));

describe('the list of October 2025', () => {
  it('CI-3: 144 of 180 certificates are roots for servers, those that the trust objects say', () => {
    const store = certdataStore(list);
    expect(count('^CKA_CLASS CK_OBJECT_CLASS CKO_CERTIFICATE$')).toBe(180);
    expect(store.anchors).toHaveLength(144);
    expect(store.distrusted.size).toBe(0);
    const trusted = awkTrust().filter(({ word }) => word === 'CKT_NSS_TRUSTED_DELEGATOR');
    expect(store.anchors.map((each) => each.certificate.sha256).toSorted()).toEqual(
      trusted.map(({ sha256 }) => sha256).toSorted(),
    );
    const [skipped] = awkTrust().filter(({ word }) => word === 'CKT_NSS_MUST_VERIFY_TRUST');
    expect(store.hasAnchor(skipped?.sha256 ?? '')).toBe(false);
  });

  it('CI-3: openssl reads the same serial numbers, dates and key sizes out of the roots', () => {
    const { anchors } = certdataStore(list);
    const folder = mkdtempSync(join(tmpdir(), 'certdata-'));
    const bundle = join(folder, 'roots.pem');
    writeFileSync(bundle, anchors.map((each) => toPem(each.certificate.der)).join(''));
    const out = execFileSync('openssl', ['storeutl', '-noout', '-text', '-certs', bundle], {
      encoding: 'utf8',
      maxBuffer: 8 << 20,
    });
    rmSync(folder, { recursive: true });
    const all = (pattern: RegExp): string[] => [...out.matchAll(pattern)].map((m) => m[1] ?? m[2] ?? '');
    expect(all(/Serial Number:(?:\s+\d+ \(0x([0-9a-f]+)\)|\s+([0-9a-f:]+)\n)/g).map(bare)).toEqual(
      anchors.map((each) => bare(each.certificate.serial)),
    );
    expect(all(/Not After : (.*)/g).map((text) => Date.parse(text))).toEqual(
      anchors.map((each) => each.certificate.notAfter),
    );
    expect(all(/Public-Key: \((\d+) bit\)/g).map(Number)).toEqual(
      anchors.map((each) => each.certificate.key.bits),
    );
  });

  it('CI-3: 10 dates of distrust stand in the file, 9 of them at roots for servers, to the second', () => {
    const dated = certdataStore(list).anchors.filter((each) => each.distrustAfter !== null);
    expect(count('^CKA_NSS_SERVER_DISTRUST_AFTER MULTILINE_OCTAL$')).toBe(10);
    expect(dated).toHaveLength(9);
    // The file says the date a second time, in a comment for people: "# For Server Distrust After: Sat Nov 30 23:59:59 2024".
    const said = [...list.matchAll(/^# For Server Distrust After: (.*)$/gm)].map(([, text = '']) =>
      Date.parse(`${text} UTC`),
    );
    expect(said).toHaveLength(10);
    for (const { distrustAfter } of dated) expect(said).toContain(distrustAfter);
  });

  it('CI-2, CI-3: the same store comes out however the octets are cut', async () => {
    const whole = certdataStore(list, { date: Date.UTC(2025, 9, 1), name: 'mozilla' });
    const streamed = await readCertdata(createReadStream(file).pipe(createGunzip()), {
      date: Date.UTC(2025, 9, 1),
      name: 'mozilla',
    });
    expect(streamed.id).toBe(whole.id);
    expect(streamed.date).toBe(Date.UTC(2025, 9, 1));
    expect(streamed.name).toBe('mozilla');
    expect(certdataStore(list.replaceAll('\n', '\r\n')).id).toBe(whole.id);
  });

  it('CI-3: whatever is cut out of the list or put into it, the reader refuses with its own error or gives a store', () => {
    const head = list.slice(0, list.indexOf('# Certificate "', 200_000));
    fc.assert(
      fc.property(
        fc.nat(head.length),
        fc.nat(400),
        fc.string({
          maxLength: 40,
          unit: fc.constantFrom('\\', '0', '7', 'C', 'K', 'A', '_', ' ', '\n', 'END\n', 'é'),
        }),
        (at, drop, insert) => {
          try {
            expect(
              certdataStore(head.slice(0, at) + insert + head.slice(at + drop)).anchors.length,
            ).toBeGreaterThan(0);
          } catch (error) {
            expect((error as { code?: string }).code).toMatch(/^cert(data|ificate)-unreadable$/);
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});

function toPem(der: Uint8Array): string {
  const lines = Buffer.from(der)
    .toString('base64')
    .replaceAll(/(.{64})/g, '$1\n')
    .trim();
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}
