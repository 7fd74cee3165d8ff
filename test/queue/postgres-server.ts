/**
 * A PostgreSQL server for tests: its own cluster in a temporary folder, on loopback; gone when it is stopped. The server
 * refuses to run as root: there it runs as user `postgres`, or `nobody` where there is none.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { freePort } from './free-port.js';
import { type Binaries, findPostgres, unpack } from './postgres-binaries.js';

/** A running server. */
export interface PostgresServer {
  /** For `pg.Pool`. */
  readonly connectionString: string;
  /** Falls over as if the machine had, and comes up again. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

const MISSING =
  'no PostgreSQL of Debian, on the PATH, or of npm for this platform (apt-get install postgresql, or npm ci)';

/** Why the tests cannot run here, or null. In CI they must. */
export function whyNoPostgres(): string | null {
  if (findPostgres() !== null || process.env['CI'] !== undefined) return null;
  return `skipped, tests of the PostgreSQL queue: ${MISSING}`;
}

/** Starts a server, by default of the PostgreSQL that is found first. */
export async function startPostgres(binaries: Binaries | null = findPostgres()): Promise<PostgresServer> {
  if (binaries === null) throw new Error(MISSING);
  const folder = mkdtempSync(join(tmpdir(), 'postgres-'));
  const data = join(folder, 'data');
  const user = unprivileged();
  if (user !== null) chownSync(folder, user.uid, user.gid);
  chmodSync(folder, 0o700);
  const bin =
    binaries.kind === 'embedded' ? unpack(binaries.folder, join(folder, 'server')) : binaries.folder;
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

/** Who runs a server that refuses to run as root; null: we are not root. */
export function unprivileged(): { readonly uid: number; readonly gid: number } | null {
  if (process.getuid?.() !== 0) return null;
  const users = readFileSync('/etc/passwd', 'utf8').split('\n');
  const line = ['postgres:', 'nobody:'].flatMap(
    (name) => users.find((each) => each.startsWith(name)) ?? [],
  )[0];
  const [, , uid, gid] = line?.split(':') ?? [];
  if (uid === undefined || gid === undefined)
    throw new Error('no user postgres or nobody; the server does not run as root');
  return { uid: Number(uid), gid: Number(gid) };
}

function endOf(log: string): string {
  return existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(-20).join('\n') : '';
}
