/**
 * The environment of a process can tell Node and OpenSSL to trust more roots, to verify nothing, and to accept old versions
 * and weak suites. Every scenario comes to the same end under each of these: same outcomes, same versions and suites, same
 * commands. That each of them does change what Node does by itself is asserted too.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'tsup';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority } from '../../src/testing/authority.js';
import { createFakeClock } from '../../src/testing/clock.js';
import { scenarios } from '../../src/testing/scenarios.js';
import type { Played } from './play-all.js';

const run = promisify(execFile);
let folder = '';
const file = (name: string): string => join(folder, name);

/** What OpenSSL and Node read from files: everything lowered that they can lower. */
const OPENSSL_CONF = `
nodejs_conf = setup
openssl_conf = setup
[setup]
ssl_conf = ssl
[ssl]
system_default = lowered
[lowered]
MinProtocol = TLSv1
CipherString = ALL:COMPLEMENTOFALL:@SECLEVEL=0
Options = UnsafeLegacyRenegotiation
`;

interface Environment {
  readonly says: string;
  readonly variables: () => Readonly<Record<string, string>>;
  /** What Node accepts by itself there. */
  readonly node: Played['node'];
}

const environments: readonly Environment[] = [
  {
    says: 'NODE_TLS_REJECT_UNAUTHORIZED=0',
    variables: () => ({ NODE_TLS_REJECT_UNAUTHORIZED: '0' }),
    node: { unknownCa: true, tls11: false, level0: false },
  },
  {
    says: 'NODE_EXTRA_CA_CERTS with the roots of the evil servers',
    variables: () => ({ NODE_EXTRA_CA_CERTS: file('poison.pem') }),
    node: { unknownCa: true, tls11: false, level0: false },
  },
  {
    says: 'NODE_OPTIONS for old versions, all suites and the roots of OpenSSL, which are those of the evil servers',
    variables: () => ({
      NODE_OPTIONS: '--tls-min-v1.0 --tls-cipher-list=ALL:@SECLEVEL=0 --use-openssl-ca',
      SSL_CERT_FILE: file('poison.pem'),
    }),
    node: { unknownCa: true, tls11: true, level0: true },
  },
  {
    says: 'OPENSSL_CONF with a lower security level and older versions',
    variables: () => ({ OPENSSL_CONF: file('openssl.cnf') }),
    node: { unknownCa: false, tls11: false, level0: true },
  },
];

async function play(variables: Readonly<Record<string, string>>): Promise<Played> {
  const { stdout } = await run(process.execPath, [file('play-all.mjs'), file('authority.json')], {
    env: { PATH: process.env['PATH'], ...variables },
    maxBuffer: 16 * 1024 * 1024,
  });
  return JSON.parse(stdout) as Played;
}

/** Two at a time: as many as the smallest machine that runs this has cores. */
async function playUnderEach(settings: readonly Readonly<Record<string, string>>[]): Promise<Played[]> {
  const played: Played[] = [];
  const waiting = [...settings.entries()];
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, variables] = next;
      played[index] = await play(variables);
    }
  };
  await Promise.all([lane(), lane()]);
  return played;
}

let clean: Played;
let others: readonly Played[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'environments-'));
  const authority = await createAuthority({ clock: createFakeClock() });
  await writeFile(file('authority.json'), JSON.stringify(authority.save()));
  await writeFile(file('poison.pem'), authority.unknown.certificate + authority.distrusted.certificate);
  await writeFile(file('openssl.cnf'), OPENSSL_CONF);
  await build({
    entry: { 'play-all': fileURLToPath(new URL('play-all.ts', import.meta.url)) },
    outDir: folder,
    outExtension: () => ({ js: '.mjs' }),
    format: 'esm',
    platform: 'node',
    target: 'node22',
    // Everything in one place: the folder has no node_modules.
    noExternal: [/^(?!node:)/],
    removeNodeProtocol: false,
    config: false,
    dts: false,
    silent: true,
  });
  [clean, ...others] = (await playUnderEach([{}, ...environments.map(({ variables }) => variables())])) as [
    Played,
    ...Played[],
  ];
}, 180_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the environment', () => {
  it('a clean one plays every scenario to its end, and Node refuses what is wrong', () => {
    expect(clean.node).toEqual({ unknownCa: false, tls11: false, level0: false });
    expect(clean.results.filter((result) => 'failed' in result)).toEqual([]);
    expect(clean.results.map(({ name }) => name)).toEqual(scenarios.map(({ name }) => name));
  });

  it.each(environments.map((environment, index) => [environment.says, environment, index] as const))(
    'CI-1, CV-1, CV-6, FI-18: %s changes nothing',
    (_says, { node }, index) => {
      expect(others[index]?.node).toEqual(node);
      expect(others[index]?.results).toEqual(clean.results);
    },
  );
});
