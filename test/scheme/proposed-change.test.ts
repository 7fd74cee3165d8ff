/**
 * A proposal is judged as openssl judges the same file, and as a dry run judges the server that shows it afterwards.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { finansinspektionen, judgeChange } from '../../src/scheme/index.js';
import { createSender } from '../../src/sender.js';
import { type Authority, createAuthority } from '../../src/testing/authority.js';
import type { CertificateFault } from '../../src/testing/certificate-faults.js';
import { createWorld } from '../../src/testing/world.js';
import { pemStore, type TrustStore } from '../../src/x509/index.js';

const HOST = 'mx1.member.example';
const DOMAIN = 'member.example';
const ISSUER = ['Test'];
const SEEN_IN_FILES = ['mx-allowed', 'chain', 'validity', 'name', 'key'];
const rows = [
  'none',
  'expired',
  'notYet',
  'selfSigned',
  'missingIntermediate',
  'wrongHost',
  'ekuClientOnly',
] as const;

let folder = '';
let authority: Authority;
let trust: TrustStore;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'proposed-'));
  authority = await createAuthority({ name: 'Test Root' });
  trust = pemStore(authority.trust);
  writeFileSync(join(folder, 'root.pem'), authority.trust);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const chainOf = (row: 'none' | CertificateFault): string =>
  (row === 'none' ? authority.forHost(HOST) : authority.fault(row, HOST)).chain;

function isGoodForOpenssl(chain: string): boolean {
  const file = join(folder, 'chain.pem');
  writeFileSync(file, chain);
  const asked = ['-CAfile', join(folder, 'root.pem'), '-purpose', 'sslserver', '-verify_hostname', HOST];
  try {
    execFileSync('openssl', ['verify', ...asked, '-untrusted', file, file], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

describe('a proposal and the real thing', () => {
  it.each(rows)('FI-14: openssl says the same of the file; fault: %s', async (row) => {
    const certificates = chainOf(row);
    const verdict = await judgeChange({ domain: DOMAIN, mx: [HOST], certificates, trust, issuer: ISSUER });
    expect(verdict.passed).toBe(row === 'none');
    expect(isGoodForOpenssl(certificates)).toBe(verdict.passed);
  });

  it.each(rows)('FI-3, FI-14: a dry run says the same afterwards; fault: %s', async (row) => {
    const world = await createWorld({
      zones: { [DOMAIN]: { mx: [HOST] } },
      servers: { [HOST]: row === 'none' ? {} : { certificate: row } },
      authority,
    });
    const profile = finansinspektionen({ domains: [DOMAIN], mx: [HOST], issuer: ISSUER, trust });
    const sender = createSender(world.senderOptions({ policies: [profile] }));
    try {
      const run = await sender.dryRun(DOMAIN);
      const verdict = await judgeChange({
        domain: DOMAIN,
        mx: [HOST],
        certificates: chainOf(row),
        trust,
        issuer: ISSUER,
        at: world.clock.now(),
      });
      const results = (lines: readonly { name: string; result: string; reason: string | null }[]): string[] =>
        lines
          .filter(({ name }) => SEEN_IN_FILES.includes(name))
          .map(({ name, result, reason }) => `${name} ${result} ${reason}`);
      expect(results(verdict.lines)).toEqual(results(run.hosts[0]?.verdict?.checks ?? []));
      expect(verdict.passed).toBe(run.reason === null);
    } finally {
      await sender.close();
      await world.close();
    }
  });
});
