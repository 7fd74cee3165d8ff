/**
 * A PostgreSQL server for tests: its own cluster in a temporary folder, on loopback, of the newest version that is
 * installed; gone when it is stopped. As root it runs as user `postgres`, which the server insists on.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** A running server. */
export interface PostgresServer {
  /** For `pg.Pool`. */
  readonly connectionString: string;
  /** Falls over as if the machine had, and comes up again. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

const DEBIAN = '/usr/lib/postgresql';

/** The folder of initdb and pg_ctl, or null. */
function binaries(): string | null {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).map(Number) : [];
  const newest = Math.max(0, ...versions.filter((one) => existsSync(`${DEBIAN}/${one}/bin/initdb`)));
  return newest === 0 ? null : `${DEBIAN}/${newest}/bin`;
}

/** Why the tests cannot run here, or null. In CI they must. */
export function whyNoPostgres(): string | null {
  if (binaries() !== null || process.env['CI'] !== undefined) return null;
  return `skipped: no PostgreSQL in ${DEBIAN} (Debian: apt-get install postgresql)`;
}

/** Starts a server. */
export async function startPostgres(): Promise<PostgresServer> {
  const bin = binaries();
  if (bin === null) throw new Error(`no PostgreSQL in ${DEBIAN}; Debian: apt-get install postgresql`);
  const folder = mkdtempSync(join(tmpdir(), 'postgres-'));
  const data = join(folder, 'data');
  const user = owner();
  if (user !== null) chownSync(folder, user.uid, user.gid);
  chmodSync(folder, 0o700);
  const log = join(folder, 'log');
  const run = async (command: string, ...args: string[]): Promise<void> => {
    const child = spawn(join(bin, command), args, {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      ...user,
    });
    const said = text(child.stderr);
    const [status] = (await once(child, 'close')) as [number | null];
    if (status !== 0) throw new Error(`${command}: ${await said}\n${endOf(log)}`);
  };
  await run('initdb', '-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale');
  const port = await freePort();
  const settings = `-p ${port} -k ${folder} -c listen_addresses=127.0.0.1 -c max_connections=60`;
  const start = ['-D', data, '-l', log, '-w', '-o', settings];
  await run('pg_ctl', ...start, 'start');
  return {
    connectionString: `postgresql://postgres@127.0.0.1:${port}/postgres`,
    crash: () => run('pg_ctl', ...start, '-m', 'immediate', 'restart'),
    async stop() {
      await run('pg_ctl', '-D', data, '-m', 'immediate', '-w', 'stop');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function owner(): { readonly uid: number; readonly gid: number } | null {
  if (process.getuid?.() !== 0) return null;
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((each) => each.startsWith('postgres:'));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (uid === undefined || gid === undefined)
    throw new Error('no user postgres; the server does not run as root');
  return { uid: Number(uid), gid: Number(gid) };
}

function endOf(log: string): string {
  return existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(-20).join('\n') : '';
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
