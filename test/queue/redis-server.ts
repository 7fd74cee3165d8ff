/**
 * A Redis of our own: Debian's redis-server on a free port of loopback, its files in a folder that is deleted afterwards,
 * every write on the disk before it is answered.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.js';

/** A Redis that runs. */
export interface RedisServer {
  readonly host: '127.0.0.1';
  readonly port: number;
  /** Kills the process without saving anything, and starts it again on the same files. */
  restart(): Promise<void>;
  /** Ends the process and deletes its files. */
  stop(): Promise<void>;
}

/** True where redis-server is installed. A continuous integration must have it: there, a missing one fails the tests. */
export function hasRedis(): boolean {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    if (process.env['CI']) return true;
    console.warn('redis-server is not installed: the tests of the BullMQ queue are skipped');
    return false;
  }
}

/** Starts a Redis; `settings` are added to its own. */
export async function startRedis(settings: readonly string[] = []): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'redis-'));
  const port = await freePort();
  let server = await launch(folder, port, settings);
  return {
    host: '127.0.0.1',
    port,
    async restart() {
      await end(server);
      server = await launch(folder, port, settings);
    },
    async stop() {
      await end(server);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function launch(folder: string, port: number, settings: readonly string[]): Promise<ChildProcess> {
  const lasting = ['--appendonly', 'yes', '--appendfsync', 'always', '--maxmemory-policy', 'noeviction'];
  const server = spawn(
    'redis-server',
    ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder, '--save', '', ...lasting, ...settings],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('close', () => reject(new Error('redis-server ended before it was ready')));
    server.stdout?.on('data', (text: Buffer) => {
      if (text.includes('Ready to accept connections')) resolve(server);
    });
  });
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = new Promise((resolve) => server.once('close', resolve));
  server.kill('SIGKILL');
  await ended;
}
