/**
 * What the sender offers, as OpenSSL's server reads it on the wire.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { offersHybrid, type ContextRequest } from '../../src/tls/context.js';
import { finansinspektionenSuites } from '../../src/tls/suite-profiles.js';
import { createOpensslBench, type OpensslBench, shakeHands } from './openssl-server.js';

let bench: OpensslBench;
beforeAll(async () => {
  bench = await createOpensslBench();
});
afterAll(() => bench.close());

/** The part of the server's trace that describes our ClientHello. */
async function helloOf(request: Partial<ContextRequest> = {}): Promise<string> {
  const server = await bench.start(['-trace', '-naccept', '1']);
  await shakeHands(server, bench.context(request));
  const hello = /ClientHello, Length=[\s\S]*?(?=\nSent Record)/.exec(await server.printed)?.[0];
  if (hello === undefined) throw new Error('the trace shows no ClientHello');
  return hello;
}

const suitesIn = (hello: string): string[] =>
  [...hello.matchAll(/\{0x\w\w, 0x\w\w\} (TLS_\w+)/g)].map((match) => match[1] ?? '');
const extensionIn = (hello: string, name: string): string | null =>
  new RegExp(`extension_type=${name}\\(\\d+\\), length=\\d+\\n([\\s\\S]*?)(?=\\n +extension_type|$)`).exec(
    hello,
  )?.[1] ?? null;

describe('the ClientHello', () => {
  it('CV-7, CV-22: ECDHE with AES-128-GCM leads TLS 1.2, and the default offers nothing but ECDHE with AEAD', async () => {
    const offered = suitesIn(await helloOf());
    const [first, ...others] = offered.filter((name) => name.includes('_WITH_'));
    expect(first).toBe('TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256');
    expect(others).toContain('TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384');
    for (const name of others) expect(name).toMatch(/^TLS_ECDHE_(RSA|ECDSA)_WITH_.*(GCM|CCM|CHACHA20)/);
  });

  it.each([
    ['with', true],
    ['without', false],
  ])(
    'CV-8: all three suites of TLS 1.3 lead, with P-256 and X25519 among the groups, %s hybrid shares',
    async (_, hybrid) => {
      const hello = await helloOf({ hybrid });
      expect(suitesIn(hello).slice(0, 3).toSorted()).toEqual([
        'TLS_AES_128_GCM_SHA256',
        'TLS_AES_256_GCM_SHA384',
        'TLS_CHACHA20_POLY1305_SHA256',
      ]);
      const groups = extensionIn(hello, 'supported_groups');
      expect(groups).toContain('P-256');
      expect(groups).toContain('ecdh_x25519');
    },
  );

  it('CV-22: a profile that allows weaker suites offers them last', async () => {
    const offered = suitesIn(await helloOf({ suites: finansinspektionenSuites }));
    const rank = (name: string): number => {
      if (!name.includes('_WITH_')) return 0;
      const aead = /GCM|CCM|CHACHA20/.test(name);
      if (/^TLS_(ECDHE|DHE)_/.test(name)) return aead ? 1 : 2;
      return aead ? 3 : 4;
    };
    const ranks = offered.map(rank);
    expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
    expect(new Set(ranks)).toEqual(new Set([0, 1, 2, 3, 4]));
    expect(offered).toContain('TLS_RSA_WITH_AES_128_CBC_SHA');
    expect(offered.filter((name) => /NULL|RC4|3DES|EXPORT|anon|MD5/.test(name))).toEqual([]);
  });

  it('CV-12: no compression, no early data, no truncated MAC', async () => {
    const hello = await helloOf({ suites: finansinspektionenSuites });
    expect(hello).toMatch(/compression_methods \(len=1\)\n +No Compression/);
    const extensions = [...hello.matchAll(/extension_type=\w+\((\d+)\)/g)].map((match) => Number(match[1]));
    expect(extensions.length).toBeGreaterThan(5);
    // RFC 6066 §7 truncated_hmac is 4, RFC 8446 §4.2.11 pre_shared_key is 41, early_data is 42.
    for (const forbidden of [4, 41, 42]) expect(extensions).not.toContain(forbidden);
  });

  it('CV-10, CV-11: no signature with SHA-1 or MD5 is asked for, and renegotiation only the secure way', async () => {
    const hello = await helloOf({ suites: finansinspektionenSuites });
    const signatures = extensionIn(hello, 'signature_algorithms');
    expect(signatures).toContain('ecdsa_secp256r1_sha256');
    expect(signatures).toContain('rsa_pkcs1_sha256');
    expect(signatures).not.toMatch(/sha1\b|md5|dsa_sha\d|sha224/i);
    expect(hello).toMatch(/extension_type=renegotiate|EMPTY_RENEGOTIATION/);
    expect(hello).toContain('extended_master_secret');
  });

  it('CV-1, CV-2: the versions on offer are 1.3 and 1.2', async () => {
    const versions = extensionIn(await helloOf(), 'supported_versions');
    expect(versions?.match(/TLS 1\.\d/g)).toEqual(['TLS 1.3', 'TLS 1.2']);
  });

  it.runIf(offersHybrid)(
    'CV-3: without hybrid key shares, versions and suites stay as they were',
    async () => {
      const first = await helloOf();
      const second = await helloOf({ hybrid: false });
      expect(extensionIn(first, 'key_share')).toContain('4588');
      expect(extensionIn(first, 'key_share')).toContain('ecdh_x25519');
      expect(second).not.toContain('4588');
      expect(suitesIn(second)).toEqual(suitesIn(first));
      for (const name of ['supported_versions', 'signature_algorithms']) {
        expect(extensionIn(second, name)).toBe(extensionIn(first, name));
      }
    },
  );

  it('ST-21: a second handshake under the same context offers no session, although a ticket came with the first', async () => {
    const server = await bench.start(['-trace', '-naccept', '2', '-tls1_2']);
    const context = bench.context();
    const resumed = [await shakeHands(server, context), await shakeHands(server, context)].map(
      (facts) => facts.resumed,
    );
    expect(resumed).toEqual([false, false]);
    const printed = await server.printed;
    expect(printed.match(/NewSessionTicket, Length=/g)).toHaveLength(2);
    expect(printed.match(/extension_type=session_ticket\(35\), length=0/g)?.length).toBeGreaterThanOrEqual(2);
    expect(printed).not.toMatch(/extension_type=session_ticket\(35\), length=[1-9]/);
  });
});
