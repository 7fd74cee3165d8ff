/**
 * Before all interop tests: brings Postfix and Exim, starts one of each, and builds the package as users install it.
 * Where that cannot be (not root, no apt), the tests are skipped and it is said why; in CI that is a failure.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { type MailServer, runScript, startServer } from './servers.js';

/** What the tests get. */
export interface Interop {
  /** Folder of this run: certificates, servers, mail. */
  readonly folder: string;
  /** Folder from which `enforced-tls` can be imported; holds the example and the program that is measured. */
  readonly app: string;
  readonly postfix: MailServer;
  readonly exim: MailServer;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** null: the servers cannot be had here. */
    interop: Interop | null;
  }
}

const project = fileURLToPath(new URL('../..', import.meta.url));

export default async function setUp({ provide }: TestProject): Promise<() => Promise<void>> {
  const obstacle = findObstacle();
  if (obstacle !== null) {
    const what = `no Postfix and no Exim: ${obstacle}`;
    if (process.env['CI']) throw new Error(`interop: ${what}`);
    console.log(`interop: skips every test against a real mail server, ${what}`);
    provide('interop', null);
    return async () => undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), 'enforced-tls-interop-'));
  // The servers read their parts of it under users of their own.
  chmodSync(folder, 0o755);
  const tearDown = async (): Promise<void> => {
    await runScript('stop', ['all'], folder);
    rmSync(folder, { recursive: true });
  };
  try {
    await runScript('install', [], folder);
    const app = buildApp(folder);
    const postfix = await startServer('postfix', folder);
    const exim = await startServer('exim', folder);
    provide('interop', { folder, app, postfix, exim });
  } catch (error) {
    await tearDown();
    throw error;
  }
  return tearDown;
}

function findObstacle(): string | null {
  if (process.platform !== 'linux') return 'they run on Linux only';
  if (process.getuid?.() !== 0) return 'only root can start them';
  if (!existsSync('/usr/bin/apt-get')) return 'there is no apt-get to bring them';
  return null;
}

/** The package built and laid out as npm would, beside programs that import it by its name. */
function buildApp(folder: string): string {
  const app = join(folder, 'app');
  const home = join(app, 'node_modules/enforced-tls');
  execFileSync(
    process.execPath,
    [
      join(project, 'node_modules/tsup/dist/cli-default.js'),
      '--no-dts',
      '--silent',
      '--out-dir',
      join(home, 'dist'),
    ],
    { cwd: project, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  copyFileSync(join(project, 'package.json'), join(home, 'package.json'));
  cpSync(join(project, 'examples/one-message-to-postfix.mjs'), join(app, 'one-message-to-postfix.mjs'));
  cpSync(join(project, 'test/interop/measured.mjs'), join(app, 'measured.mjs'));
  return app;
}
