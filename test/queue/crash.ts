/**
 * Kills processes that work on a queue, again and again, and counts what became of the mail.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'tsup';
import {
  createLedger,
  type CrashReport,
  type Ledger,
  nothingBegun,
  type Point,
  POINTS,
} from './crash-report.js';

/** Kills of each crash test; CRASH_KILLS sets another number. Together 300 in a run of all tests. */
export const KILLS = Number(process.env['CRASH_KILLS'] ?? 76);

/** A bundle of the child process, so that starting one costs little. */
export async function buildChild(): Promise<{ readonly path: string; remove(): void }> {
  const folder = mkdtempSync(join(tmpdir(), 'crash-child-'));
  await build({
    entry: { child: fileURLToPath(new URL('crash-child.ts', import.meta.url)) },
    outDir: folder,
    format: 'esm',
    outExtension: () => ({ js: '.mjs' }),
    target: 'node22',
    removeNodeProtocol: false,
    silent: true,
    dts: false,
    clean: false,
    config: false,
  });
  return { path: join(folder, 'child.mjs'), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** What is run, and where. */
export interface CrashRun {
  readonly child: string;
  readonly driver: string;
  readonly place: string;
  readonly kills: number;
  /** Longest life of a process after it is ready, milliseconds. */
  readonly lifeMs: number;
  /** Processes at the same time, their clocks half a minute apart. Default 1. */
  readonly processes?: number;
  /** Added to the environment of the processes. */
  readonly env?: Readonly<Record<string, string>>;
  /** Called between two generations, when nobody is alive. */
  readonly afterKill?: () => void;
}

/** When a process is to die: as soon as it has come to a point so often, and at the latest after its longest life. */
interface Aim {
  readonly point: Point;
  readonly times: number;
  readonly delayMs: number;
}

const PUTS = 1000;

/** Runs generation after generation, each killed at a random moment, then some to the end. */
export async function crashMany(run: CrashRun): Promise<CrashReport> {
  const ledger = createLedger();
  const processes = run.processes ?? 1;
  const generations = Math.ceil(run.kills / processes);
  for (let generation = 0; generation < generations; generation += 1) {
    const lanes = Array.from({ length: processes }, (_, lane) =>
      runOnce(run, ledger, {
        generation: generation + lane / 100,
        aim: aimOf(generation * processes + lane),
      }),
    );
    await Promise.all(lanes);
    run.afterKill?.();
  }
  // Three more without a kill: they find what was put off.
  for (const last of [0, 1, 2]) await runOnce(run, ledger, { generation: generations + last, aim: null });
  return ledger.report();
}

/** Each point in turn, and there a random moment: the first times, or later, at once or while it goes on. */
function aimOf(kill: number): Aim {
  const point = POINTS[kill % POINTS.length] as Point;
  const atOnce = Math.random() < 0.5;
  return {
    point,
    times: 1 + Math.floor(Math.random() * 8),
    delayMs: atOnce ? 0 : 1 + Math.floor(Math.random() * 4),
  };
}

/** One process from its beginning to its end. */
async function runOnce(
  { child, driver, place, env, lifeMs }: CrashRun,
  ledger: Ledger,
  { generation, aim }: { readonly generation: number; readonly aim: Aim | null },
): Promise<void> {
  const puts = aim === null ? 0 : PUTS;
  const started = spawn(
    process.execPath,
    ['--no-warnings', child, driver, place, String(generation), String(puts)],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } },
  );
  const ended = new Promise<void>((resolve) => started.once('close', () => resolve()));
  const kill = (): void => void started.kill('SIGKILL');
  const timers: NodeJS.Timeout[] = [];
  const unfinished = nothingBegun();
  let times = 0;
  const lines = createInterface({ input: started.stdout });
  lines.on('line', (line) => {
    const point = ledger.note(line, unfinished);
    if (aim === null) return;
    if (line === 'ready') timers.push(setTimeout(kill, lifeMs));
    if (point !== aim.point) return;
    times += 1;
    if (times !== aim.times) return;
    if (aim.delayMs === 0) kill();
    else timers.push(setTimeout(kill, aim.delayMs));
  });
  await ended;
  for (const timer of timers) clearTimeout(timer);
  if (started.signalCode === 'SIGKILL') ledger.killed(unfinished);
  else if (started.exitCode !== 0) ledger.note(`error ended by itself with ${started.exitCode}`, unfinished);
}
