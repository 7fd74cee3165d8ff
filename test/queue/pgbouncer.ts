/**
 * A PgBouncer of our own in front of a PostgreSQL of the tests: transactions of many clients over few connections. It
 * refuses to run as root, as PostgreSQL does.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import { unprivileged } from './postgres-server.js';

/** A pooler that runs. */
export interface Pooler {
  /** For `pg.Pool`. */
  readonly connectionString: string;
  stop(): Promise<void>;
}

/** Why the tests cannot run here, or null. In CI they must. */
export function whyNoPooler(): string | null {
  const found = spawnSync('pgbouncer', ['--version'], { stdio: 'ignore' }).status === 0;
  if (found || process.env['CI'] !== undefined) return null;
  return 'skipped, the PostgreSQL queue behind a pooler: no pgbouncer (Debian: apt-get install pgbouncer)';
}

/** Starts one that pools transactions, with two connections to the server. */
export async function startPooler(server: string): Promise<Pooler> {
  const folder = mkdtempSync(join(tmpdir(), 'pgbouncer-'));
  const port = await freePort();
  const user = unprivileged();
  const { hostname, port: serverPort } = new URL(server);
  const settings = join(folder, 'pgbouncer.ini');
  writeFileSync(
    settings,
    `[databases]
postgres = host=${hostname} port=${serverPort} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
ignore_startup_parameters = extra_float_digits
`,
  );
  for (const path of [folder, settings]) if (user !== null) chownSync(path, user.uid, user.gid);
  const pooler = spawn('pgbouncer', [settings], { stdio: ['ignore', 'ignore', 'pipe'], ...user });
  const ended = new Promise<void>((resolve) => pooler.once('close', () => resolve()));
  await untilReady(pooler);
  return {
    connectionString: `postgresql://postgres@127.0.0.1:${port}/postgres`,
    async stop() {
      pooler.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function untilReady(pooler: ChildProcess): Promise<void> {
  const said = pooler.stderr as NonNullable<ChildProcess['stderr']>;
  return new Promise((resolve, reject) => {
    let log = '';
    said.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      if (log.includes('process up')) resolve();
    });
    pooler.once('error', reject);
    pooler.once('close', () => reject(new Error(`pgbouncer ended: ${log}`)));
  });
}
