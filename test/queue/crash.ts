/**
 * Kills processes that work on a queue, again and again, and counts what became of the mail.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'tsup';

/** What became of the mail after all the kills. */
export interface CrashReport {
  readonly kills: number;
  /** Kills by the last thing that the process had said. */
  readonly during: Readonly<Record<string, number>>;
  readonly accepted: number;
  readonly delivered: number;
  readonly reported: number;
  /** Recipients of accepted messages that were neither delivered nor reported. */
  readonly lost: readonly string[];
  /** Recipients that got a message twice without anybody knowing that this could be. */
  readonly unmarkedDuplicates: readonly string[];
  readonly markedDuplicates: number;
  /** Recipients that stand in two different reports. */
  readonly reportedTwice: readonly string[];
  readonly errors: readonly string[];
  readonly left: number;
}

/** What must be true of every report. */
export const NOTHING_LOST = {
  lost: [],
  unmarkedDuplicates: [],
  reportedTwice: [],
  errors: [],
  left: 0,
} satisfies Partial<CrashReport>;

interface Ledger {
  readonly accepted: Set<string>;
  readonly sent: Map<string, number>;
  readonly reports: Map<string, Set<string>>;
  readonly delivered: Set<string>;
  readonly unmarked: string[];
  readonly errors: string[];
  marked: number;
  left: number;
}

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

/** Notes what a process said; the kind of it. */
function note(ledger: Ledger, line: string): string {
  const [what = '', ...words] = line.split(' ');
  if (what === 'accepted') for (const recipient of words.slice(1)) ledger.accepted.add(recipient);
  if (what === 'error') ledger.errors.push(words.join(' '));
  if (what === 'left') ledger.left = Number(words[0]);
  if (what === 'reporting') {
    const [id = '', ...failed] = words;
    for (const recipient of failed) {
      ledger.reports.set(recipient, (ledger.reports.get(recipient) ?? new Set()).add(id));
    }
  }
  if (what !== 'sent') return what;
  const [kind, id = '', recipient = '', interruptions] = words;
  if (kind === 'report') ledger.delivered.add(id);
  const times = (ledger.sent.get(recipient) ?? 0) + 1;
  ledger.sent.set(recipient, times);
  if (times > 1 && interruptions === '0') ledger.unmarked.push(recipient);
  else if (times > 1) ledger.marked += 1;
  return what;
}

/** Runs generation after generation, each killed at a random moment, then some to the end. */
export async function crashMany(options: {
  readonly child: string;
  readonly driver: string;
  readonly place: string;
  readonly kills: number;
  readonly puts: number;
  /** Longest life of a process after it is ready, milliseconds. */
  readonly lifeMs: number;
  /** Processes at the same time, their clocks half a minute apart. Default 1. */
  readonly processes?: number;
  /** Added to the environment of the processes. */
  readonly env?: Readonly<Record<string, string>>;
  /** Called between two generations, when nobody is alive. */
  readonly afterKill?: () => void;
}): Promise<CrashReport> {
  const ledger: Ledger = {
    accepted: new Set(),
    sent: new Map(),
    reports: new Map(),
    delivered: new Set(),
    unmarked: [],
    errors: [],
    marked: 0,
    left: -1,
  };
  const during: Record<string, number> = {};
  const processes = options.processes ?? 1;
  const generations = Math.ceil(options.kills / processes);
  const env = { ...process.env, ...options.env };
  const run = { ...options, env };
  for (let generation = 0; generation < generations; generation += 1) {
    const lanes = Array.from({ length: processes }, async (_, lane) => {
      const life = Math.random() * options.lifeMs;
      const last = await runOnce(run, ledger, generation + lane / 100, options.puts, life);
      during[last] = (during[last] ?? 0) + 1;
    });
    await Promise.all(lanes);
    options.afterKill?.();
  }
  // Three more without a kill: they find what was put off.
  for (const last of [0, 1, 2]) await runOnce(run, ledger, generations + last, 0, null);
  const reported = [...ledger.reports].filter(([, ids]) => [...ids].some((id) => ledger.delivered.has(id)));
  const told = new Set(reported.map(([recipient]) => recipient));
  return {
    kills: generations * processes,
    during,
    accepted: ledger.accepted.size,
    delivered: [...ledger.accepted].filter((recipient) => ledger.sent.has(recipient)).length,
    reported: told.size,
    lost: [...ledger.accepted].filter((recipient) => !ledger.sent.has(recipient) && !told.has(recipient)),
    unmarkedDuplicates: ledger.unmarked,
    markedDuplicates: ledger.marked,
    reportedTwice: [...ledger.reports]
      .filter(([, ids]) => [...ids].filter((id) => ledger.delivered.has(id)).length > 1)
      .map(([recipient]) => recipient),
    errors: ledger.errors,
    left: ledger.left,
  };
}

/** One process from its beginning to its end; the last thing that it said. */
async function runOnce(
  {
    child,
    driver,
    place,
    env,
  }: {
    readonly child: string;
    readonly driver: string;
    readonly place: string;
    readonly env: NodeJS.ProcessEnv;
  },
  ledger: Ledger,
  generation: number,
  puts: number,
  killAfterMs: number | null,
): Promise<string> {
  const started: ChildProcess = spawn(
    process.execPath,
    ['--no-warnings', child, driver, place, String(generation), String(puts)],
    { stdio: ['ignore', 'pipe', 'inherit'], env },
  );
  const ended = new Promise<void>((resolve) => started.once('close', () => resolve()));
  let kill: NodeJS.Timeout | null = null;
  const lines = createInterface({ input: started.stdout as NodeJS.ReadableStream });
  let last = '';
  lines.on('line', (line) => {
    last = note(ledger, line);
    if (line === 'ready' && killAfterMs !== null)
      kill = setTimeout(() => started.kill('SIGKILL'), killAfterMs);
  });
  await ended;
  if (kill !== null) clearTimeout(kill);
  return last;
}
