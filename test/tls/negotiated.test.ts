/**
 * What a real handshake came to is judged, whatever was offered; the other side is OpenSSL's server.
 */
import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createContext } from '../../src/core/context.js';
import { createBase } from '../../src/policy/base.js';
import { decide } from '../../src/policy/decide.js';
import { parseTable, type TableRule } from '../../src/policy/from-table.js';
import type { Level, Plan } from '../../src/policy/plan.js';
import type { Target } from '../../src/route/route.js';
import type { PeerFacts } from '../../src/tls/facts.js';
import {
  bcp195Suites,
  finansinspektionenStrictSuites,
  finansinspektionenSuites,
  secureMailSuites,
} from '../../src/tls/suite-profiles.js';
import type { SuiteRules } from '../../src/tls/suites.js';
import { judge } from '../../src/verdict/judge.js';
import type { Check } from '../../src/verdict/verdict.js';
import { createOpensslBench, HOST, type OpensslBench, shakeHands } from './openssl-server.js';

let bench: OpensslBench;
beforeAll(async () => {
  bench = await createOpensslBench();
});
afterAll(() => bench.close());

const target: Target = {
  host: HOST,
  address: '127.0.0.1',
  port: 25,
  tls: 'starttls',
  preference: 0,
  mxAuth: 'pinned',
  auth: null,
};

function planOf(rule: Partial<TableRule>, level: Level = 'verified', allowLegacyTls = false): Promise<Plan> {
  const table = parseTable([{ match: 'partner.test', ...rule }]);
  const base = createBase({ default: level, trust: bench.store, allowLegacyTls });
  return decide('partner.test', { table, sources: [], base }, null, createContext());
}

function verdictOf(plan: Plan, facts: PeerFacts) {
  return judge({ plan, target, facts, tlsFailure: null, now: Date.now() });
}

const lineOf = (checks: readonly Check[], name: Check['name']): Check | undefined =>
  checks.find((check) => check.name === name);

describe('versions', () => {
  it('CV-2: TLS 1.3 where the server has it, 1.2 where it has not', async () => {
    const both = await bench.start([]);
    expect((await shakeHands(both, bench.context())).protocol).toBe('TLSv1.3');
    const old = await bench.start(['-tls1_2']);
    expect((await shakeHands(old, bench.context())).protocol).toBe('TLSv1.2');
  });

  it('CV-2: a policy of TLS 1.3 takes no 1.2', async () => {
    const old = await bench.start(['-tls1_2']);
    await expect(shakeHands(old, bench.context({ minProtocol: 'TLSv1.3' }))).rejects.toMatchObject({
      code: 'no-common-protocol',
    });
  });

  it('CV-5, CV-16: a session of TLS 1.1, however it came about, is refused by its own reason', async () => {
    const old = await bench.start(['-tls1_1', '-cipher', 'ALL:@SECLEVEL=0']);
    const lax = tls.createSecureContext({ minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' });
    const facts = await shakeHands(old, lax);
    expect(facts.protocol).toBe('TLSv1.1');
    for (const level of ['opportunistic', 'mandatory', 'verified'] as const) {
      const verdict = verdictOf(await planOf({ ciphers: finansinspektionenSuites }, level), facts);
      expect(verdict).toMatchObject({ passed: false, reason: 'protocol-below-floor' });
    }
  });

  it('CV-4: class b takes TLS 1.0 when told so, with a warning in the evidence; class c and d never', async () => {
    const old = await bench.start(['-tls1', '-cipher', 'ALL:@SECLEVEL=0']);
    const plan = await planOf({}, 'opportunistic', true);
    const context = bench.context({ minProtocol: 'TLSv1', suites: plan.ciphers });
    const facts = await shakeHands(old, context);
    expect(facts.protocol).toBe('TLSv1');
    const verdict = verdictOf(plan, facts);
    expect(verdict).toMatchObject({ passed: true, encrypted: true, authenticated: false });
    expect(lineOf(verdict.checks, 'protocol')).toMatchObject({
      result: 'warn',
      reason: 'protocol-below-floor',
    });
    for (const level of ['mandatory', 'verified'] as const) {
      const enforced = await planOf({ level }, 'opportunistic', true);
      expect(enforced.minProtocol).toBe('TLSv1.2');
      expect(verdictOf(enforced, facts)).toMatchObject({ passed: false, reason: 'protocol-below-floor' });
    }
  });

  it('CV-4: untold, class b offers nothing below TLS 1.2', async () => {
    const old = await bench.start(['-tls1_1', '-cipher', 'ALL:@SECLEVEL=0']);
    const plan = await planOf({}, 'opportunistic');
    expect(plan.minProtocol).toBe('TLSv1.2');
    await expect(shakeHands(old, bench.context())).rejects.toMatchObject({ code: 'no-common-protocol' });
  });
});

describe('suites that must never be', () => {
  it.each(['NULL-SHA', 'NULL-MD5', 'NULL-SHA256', 'ADH-AES256-SHA256'])(
    'CV-5, CV-6, CV-9, CV-21: a session under %s is refused under every class and profile that does TLS',
    async (suite) => {
      const only = ['-tls1_2', '-cipher', `${suite}:@SECLEVEL=0`];
      const server = await bench.start(only);
      const lax = tls.createSecureContext({ ciphers: `${suite}:@SECLEVEL=0` });
      const facts = await shakeHands(server, lax);
      expect(facts.cipher.name).toBe(suite);
      for (const level of ['opportunistic', 'mandatory', 'verified'] as const) {
        for (const ciphers of [bcp195Suites, finansinspektionenSuites, secureMailSuites]) {
          const verdict = verdictOf(await planOf({ ciphers }, level), facts);
          expect(verdict).toMatchObject({ passed: false, reason: 'cipher-forbidden' });
        }
      }
      const legacy = verdictOf(await planOf({}, 'opportunistic', true), facts);
      expect(legacy).toMatchObject({ passed: false, reason: 'cipher-forbidden' });
    },
  );

  it.each(['NULL-SHA256', 'ADH-AES256-SHA256'])('CV-6, CV-9: %s is not even offered', async (suite) => {
    const server = await bench.start(['-tls1_2', '-cipher', `${suite}:@SECLEVEL=0`]);
    const context = bench.context({ suites: finansinspektionenSuites });
    await expect(shakeHands(server, context)).rejects.toMatchObject({ code: 'handshake-alert' });
  });
});

/** Suites that OpenSSL 3 still serves, and what each profile makes of them: the table of CV-24. */
const TABLE: readonly (readonly [suite: string, ...results: ('yes' | 'warn' | 'no')[]])[] = [
  // suite                          bcp195  fi-min  fi-rec  securemail
  ['TLS_AES_128_GCM_SHA256', 'yes', 'warn', 'no', 'no'],
  ['TLS_AES_256_GCM_SHA384', 'yes', 'yes', 'yes', 'yes'],
  ['TLS_CHACHA20_POLY1305_SHA256', 'yes', 'yes', 'yes', 'no'],
  ['ECDHE-RSA-AES128-GCM-SHA256', 'yes', 'warn', 'no', 'no'],
  ['ECDHE-RSA-AES256-GCM-SHA384', 'yes', 'yes', 'yes', 'yes'],
  ['ECDHE-RSA-AES256-SHA384', 'no', 'yes', 'yes', 'yes'],
  ['ECDHE-RSA-AES128-SHA', 'no', 'warn', 'no', 'no'],
  ['ECDHE-RSA-AES256-SHA', 'no', 'warn', 'no', 'yes'],
  ['DHE-RSA-AES256-SHA256', 'no', 'yes', 'yes', 'yes'],
  ['AES128-SHA', 'no', 'warn', 'no', 'no'],
  ['AES256-SHA256', 'no', 'warn', 'warn', 'no'],
  ['AES128-GCM-SHA256', 'no', 'warn', 'no', 'no'],
];
const PROFILES: readonly (readonly [name: string, rules: SuiteRules])[] = [
  ['bcp195', bcp195Suites],
  ['fi-minimum', finansinspektionenSuites],
  ['fi-recommended', finansinspektionenStrictSuites],
  ['securemail', secureMailSuites],
];

describe('CV-24, FI-8: suites against profiles, shaken with a server that has no other', () => {
  for (const [suite, ...results] of TABLE) {
    it(`${suite}: ${results.join(', ')}`, async () => {
      const server = await bench.start(
        suite.startsWith('TLS_')
          ? ['-tls1_3', '-ciphersuites', suite]
          : ['-tls1_2', '-cipher', `${suite}:@SECLEVEL=0`],
      );
      for (const [index, [profile, suites]] of PROFILES.entries()) {
        const expected = results[index];
        const handshake = shakeHands(server, bench.context({ suites }));
        if (expected === 'no') {
          await expect(handshake, profile).rejects.toMatchObject({ code: 'handshake-alert' });
          continue;
        }
        const verdict = verdictOf(await planOf({ ciphers: suites }), await handshake);
        expect(verdict.passed, profile).toBe(true);
        const result = expected === 'yes' ? 'pass' : 'warn';
        expect(lineOf(verdict.checks, 'cipher'), profile).toMatchObject({ result });
      }
    });
  }

  it('CV-15: the evidence names the suite as it is registered, OpenSSL’s name beside it', async () => {
    const server = await bench.start(['-tls1_2', '-cipher', 'ECDHE-RSA-AES256-GCM-SHA384']);
    const facts = await shakeHands(server, bench.context());
    expect(facts.cipher).toEqual({
      name: 'ECDHE-RSA-AES256-GCM-SHA384',
      standardName: 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
      bits: 256,
    });
    const verdict = verdictOf(await planOf({}), facts);
    expect(lineOf(verdict.checks, 'cipher')?.got).toBe('TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384');
  });

  it.each(['-tls1_2', '-tls1_3'])(
    'FAQ-17: a server that wants a certificate of this host gets the one of the plan (%s)',
    async (version) => {
      const own = bench.authority.issue({ dns: ['out.bank.test'], eku: ['clientAuth'] });
      const clientCertificate = { key: own.key, cert: own.chain };
      const server = await bench.start([
        version,
        '-Verify',
        '3',
        '-verify_return_error',
        '-naccept',
        '1',
        '-rev',
      ]);
      await shakeHands(server, bench.context({ clientCertificate }), true);
      expect(await server.printed).toMatch(/depth=0 CN ?= ?out\.bank\.test\nverify return:1/);
    },
  );

  it('CV-13: a server that shows the certificate of another name than the one asked for is refused', async () => {
    const server = await bench.start(['-servername', HOST], {
      dns: ['other.test'],
      key: 'rsa2048',
      signedBy: 'root',
    });
    const facts = await shakeHands(server, bench.context());
    expect(facts.servername).toBe(HOST);
    expect(verdictOf(await planOf({}), facts)).toMatchObject({
      passed: false,
      reason: 'certificate-host-mismatch',
    });
  });
});
