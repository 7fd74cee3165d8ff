/**
 * Starts and stops the real mail servers by the scripts of this folder. Each server has a port of its own on loopback and
 * everything it writes in a folder of its own.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Servers that every delivery is tried with. */
export type ServerName = 'postfix' | 'exim';

/** A server that runs; all of it is plain data, so that the global setup can hand it to the tests. */
export interface MailServer<Name extends string = ServerName> {
  readonly name: Name;
  readonly addr: string;
  readonly port: number;
  /** The name that its certificate carries. */
  readonly host: string;
  /** Path of the root that its chain leads to. */
  readonly trust: string;
  /** Folder with one file for each delivery. */
  readonly maildir: string;
  /** Path of its own log. */
  readonly log: string;
}

/** The settings of lib.sh and of the start scripts. */
export type Settings = Readonly<
  Partial<Record<`INTEROP_${'CERT' | 'TLS' | 'PRIORITY' | 'AUTH' | 'MAIN' | 'PLUGIN' | 'MODULES'}`, string>>
>;

const run = promisify(execFile);
const folder = fileURLToPath(new URL('.', import.meta.url));

/** Runs a script of this folder; what it prints. Fails with what it says on standard error. */
export async function runScript(
  script: string,
  args: readonly string[],
  runFolder: string,
  settings: Settings = {},
): Promise<string> {
  const env = { ...process.env, ...settings, INTEROP_RUN: runFolder };
  const { stdout } = await run(`${folder}${script}.sh`, args, { env });
  return stdout.trim();
}

export async function startServer<Name extends ServerName | 'haraka'>(
  name: Name,
  runFolder: string,
  settings: Settings = {},
): Promise<MailServer<Name>> {
  const printed = await runScript(`start-${name}`, [String(await freePort())], runFolder, settings);
  const facts = Object.fromEntries(printed.split(' ').map((fact) => fact.split('=') as [string, string]));
  return { ...facts, port: Number(facts['port']) } as unknown as MailServer<Name>;
}

export async function stopServer(server: MailServer<string>, runFolder: string): Promise<void> {
  await runScript('stop', [server.name, String(server.port)], runFolder);
}

/** What the server has written about its sessions so far. */
export function readLog(server: MailServer<string>): string {
  return readFileSync(server.log, 'utf8');
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const listener = net.createServer().once('error', reject);
    listener.listen(0, '127.0.0.1', () => {
      const { port } = listener.address() as net.AddressInfo;
      listener.close(() => resolve(port));
    });
  });
}
