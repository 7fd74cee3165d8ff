/**
 * The plugin for Haraka, loaded the way Haraka loads plugins (source text in a context of its own, `exports` is the plugin),
 * with connections as Haraka 3.3 makes them. Haraka itself is no dependency here; what this stand-in takes from it: DENY
 * with a DSN answers with the codes of the DSN, `format()` gives the path in brackets, `tls.cipher.version` is the version
 * as negotiated, and header lines end in LF.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import vm from 'node:vm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { InboundGuard } from '../../src/inbound/guard.js';
import type { InboundOptions } from '../../src/inbound/options.js';
import { createZoneResolver } from '../../src/testing/zones.js';
import { type BuiltPackage, buildPackage } from './built-package.js';

let built: BuiltPackage;
beforeAll(async () => {
  built = await buildPackage();
}, 60_000);
afterAll(() => built.remove());

interface Plugin {
  guard: InboundGuard;
  register(): void;
  register_hook(hook: string, method: string): void;
  createGuard(options: Partial<InboundOptions>): InboundGuard;
  judge_mail(next: Next, connection: object, params: readonly object[]): unknown;
  judge_message(next: Next, connection: object): unknown;
}
type Next = (verdict?: string, reply?: unknown) => void;

const DSN = {
  create: (code: number, text: string, subject: number, detail: number) =>
    `${code} ${String(code)[0]}.${subject}.${detail} ${text}`,
};

/** Loads the plugin with a guard of the test, and sees which hooks it takes. */
function loadPlugin(options: Partial<InboundOptions> = {}): { plugin: Plugin; hooks: string[] } {
  const file = join(built.folder, 'examples/haraka-plugin.cjs');
  const load = createRequire(file);
  const hooks: string[] = [];
  const plugin = { register_hook: (hook: string) => hooks.push(hook) } as unknown as Plugin;
  const require = (name: string): unknown => (name === 'haraka-dsn' ? DSN : load(name));
  const sandbox = { require, exports: plugin, Buffer, DENY: 'DENY', DENYSOFT: 'DENYSOFT' };
  vm.runInNewContext(readFileSync(file, 'utf8'), sandbox, file);
  plugin.register();
  const resolver = createZoneResolver({ 'bad.test': { txt: ['v=spf1 -all'] } });
  plugin.guard = plugin.createGuard({ resolver, ...options });
  return { plugin, hooks };
}

function connectionOf(tls: object, lines: readonly string[] = []): { connection: object; fields: string[] } {
  const fields: string[] = [];
  const connection = {
    tls: { enabled: false, cipher: {}, ...tls },
    remote: { ip: '192.0.2.9' },
    hello: { host: 'client.test' },
    logerror: () => undefined,
    transaction: {
      header: { lines: () => lines },
      add_leading_header: (name: string, value: string) => fields.push(`${name}: ${value}`),
    },
  };
  return { connection, fields };
}

const SECURE = {
  enabled: true,
  cipher: { name: 'ECDHE-RSA-AES256-GCM-SHA384', version: 'TLSv1.2' },
};

/** What the client hears at MAIL; `` when it may go on. */
async function mail(path: string, tls: object = {}, options: Partial<InboundOptions> = {}): Promise<string> {
  let said = '(nothing)';
  const sender = { format: () => path };
  await loadPlugin(options).plugin.judge_mail(
    (verdict, reply) => {
      said = verdict === undefined ? '' : `${verdict} ${String(reply)}`;
    },
    connectionOf(tls).connection,
    [sender],
  );
  return said;
}

it('BITS-5.2.4, ING-2: a listed partner in clear is refused, over TLS it is not', async () => {
  expect(loadPlugin().hooks).toEqual(['mail', 'data_post']);
  expect(await mail('<a@partner.example>')).toMatch(/^DENY 550 5\.7\.10 Encryption needed/);
  expect(await mail('<a@partner.example>', SECURE)).toBe('');
  expect(await mail('<a@other.example>')).toBe('');
});

it('ING-3: the version and the suite that Haraka notes', async () => {
  const weak = { enabled: true, cipher: { name: 'AES256-SHA', version: 'TLSv1.2' } };
  expect(await mail('<a@partner.example>', weak)).toMatch(/^DENY 550 5\.7\.10 .*AES256-SHA$/);
  const old = { enabled: true, cipher: { ...SECURE.cipher, version: 'TLSv1.1' } };
  expect(await mail('<a@partner.example>', old)).toMatch(/^DENY 550 5\.7\.10 .*TLSv1\.1$/);
  expect(await mail('<a@partner.example>', { enabled: true })).toMatch(/^DENY 550 5\.7\.10 .*unknown$/);
});

it('ING-5, SPF-13, SPF-14: SPF, and the field of what passes', async () => {
  expect(await mail('<a@bad.test>')).toMatch(/^DENY 550 5\.7\.23 SPF fail/);
  const { connection, fields } = connectionOf({});
  const { plugin } = loadPlugin();
  await plugin.judge_mail(() => undefined, connection, [{ format: () => '<>' }]);
  expect(fields).toEqual([expect.stringMatching(/^Received-SPF: none\r\n\treceiver=mx\.bank\.example;/)]);
});

it('ING-1: Haraka goes on where a plugin throws, so this one refuses', async () => {
  const resolver = { ...createZoneResolver({}), txt: () => Promise.reject(new Error('broken')) };
  expect(await mail('<a@other.example>', {}, { resolver })).toMatch(/^DENYSOFT /);
  let said = '';
  const { plugin } = loadPlugin();
  await plugin.judge_mail((verdict) => (said = verdict ?? ''), connectionOf({}).connection, [{}]);
  expect(said).toBe('DENYSOFT');
});

it('ING-7, SM-10: Sender ID where it is asked for', async () => {
  const judge = async (senderId: 'off' | 'compatible', from: string): Promise<string> => {
    let said = '(nothing)';
    const lines = ['Subject: x\n', `From: Anna\n <${from}>\n`];
    await loadPlugin({ senderId }).plugin.judge_message((verdict, reply) => {
      said = verdict === undefined ? '' : `${verdict} ${String(reply)}`;
    }, connectionOf({}, lines).connection);
    return said;
  };
  expect(await judge('compatible', 'a@bad.test')).toMatch(/^DENY 550 5\.7\.1 Sender ID/);
  expect(await judge('compatible', 'a@no-such.test')).toMatch(/^DENY 550 5\.7\.1 Sender ID/);
  expect(await judge('off', 'a@bad.test')).toBe('');
});
