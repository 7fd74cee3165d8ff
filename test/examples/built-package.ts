/**
 * The package as a host has it: built, in a folder of its own, with the examples beside it, which find it by its name. The
 * project's own `dist` is left alone, so that tests can run while somebody builds.
 */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const project = fileURLToPath(new URL('../..', import.meta.url));
const bin = (name: string): string => join(project, 'node_modules/.bin', name);

/** How a process ended, and what it wrote. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A built package. */
export interface BuiltPackage {
  readonly folder: string;
  /** Imports one of its files as Node does. */
  load<T>(path: string): Promise<T>;
  /** Runs a program of node_modules in its folder, `node` among them. */
  run(program: string, ...args: string[]): Promise<Ended>;
  remove(): void;
}

/** Builds the package without its types, which takes about a second. */
export async function buildPackage(): Promise<BuiltPackage> {
  const folder = mkdtempSync(join(tmpdir(), 'enforced-tls-'));
  for (const each of ['package.json', 'examples'])
    cpSync(join(project, each), join(folder, each), { recursive: true });
  symlinkSync(join(project, 'node_modules'), join(folder, 'node_modules'));
  const built = await runIn(project, 'tsup', ['--no-dts', '--silent', '--out-dir', join(folder, 'dist')]);
  if (built.code !== 0) throw new Error(`the build failed: ${built.stderr}${built.stdout}`);
  return {
    folder,
    load: (path) => import(pathToFileURL(join(folder, path)).href),
    run: (program, ...args) => runIn(folder, program, args),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function runIn(cwd: string, program: string, args: readonly string[]): Promise<Ended> {
  const env = { ...process.env, NO_COLOR: '1' };
  return new Promise((resolve) => {
    execFile(bin(program), args, { cwd, env, timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
    );
  });
}
