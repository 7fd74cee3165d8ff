/**
 * The demo tells what happened: with another trust it tells something else.
 */
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { isReason } from '../../src/core/reasons.js';
import type { Outcome } from '../../src/deliver/outcome.js';
import type { Report } from '../../src/sender-options.js';
import { type BuiltPackage, buildPackage, type Ended } from '../examples/built-package.js';

/** What the demo's modules export, as far as it is used here. */
interface Run {
  readonly runDemo: (options: { page: unknown; distrust?: boolean }) => Promise<{
    readonly outcomes: readonly Outcome[];
    readonly reports: readonly Report[];
    readonly asItShould: boolean;
  }>;
}
interface Page {
  readonly createPage: (stream: { write(text: string): void; isTTY?: boolean; columns?: number }) => unknown;
}

let built: BuiltPackage;
beforeAll(async () => {
  built = await buildPackage();
}, 60_000);
afterAll(() => built.remove());

/** Runs the demo in a terminal of 80 columns. */
async function runDemo(distrust: boolean) {
  const { runDemo: run } = await built.load<Run>('examples/demo/run.mjs');
  const { createPage } = await built.load<Page>('examples/demo/page.mjs');
  let written = '';
  const page = createPage({ isTTY: true, columns: 80, write: (more) => void (written += more) });
  const result = await run({ page, distrust });
  return { ...result, written, text: stripVTControlCharacters(written) };
}

const delivered = (outcomes: readonly Outcome[]): string[] =>
  outcomes.filter(({ state }) => state === 'delivered').map(({ recipient }) => recipient);

describe('the demo as a process', () => {
  let ended: Ended;
  let seconds = 0;
  beforeAll(async () => {
    const started = performance.now();
    ended = await built.run('node', 'examples/demo/demo.mjs');
    seconds = (performance.now() - started) / 1000;
  }, 60_000);

  it('demo: ends well, says nothing on stderr, and soon', () => {
    expect(ended.stderr).toBe('');
    expect(ended.code).toBe(0);
    expect(seconds).toBeLessThan(20);
  });

  it('demo: every reason that it shows is a key of the table', () => {
    const heads = [...ended.stdout.matchAll(/^ {2}(?:held|failed|deferred|unknown) {2}(\S+)/gm)];
    const shown = heads.map(([, reason = '']) => reason);
    expect(shown.length).toBeGreaterThan(25);
    expect(shown.filter((reason) => !isReason(reason))).toEqual([]);
    expect(new Set(shown).size).toBe(shown.length);
  });

  it('demo: no line is wider than a terminal, and no colours go into a pipe', () => {
    const lines = ended.stdout.split('\n');
    expect(lines.filter((line) => line.length > 100)).toEqual([]);
    expect(ended.stdout).not.toContain('\u001B');
  });

  it("demo: without the world's authority the process ends with 1 and the honest partner is held", async () => {
    const { code, stdout } = await built.run('node', 'examples/demo/demo.mjs', '--distrust');
    expect(code).toBe(1);
    expect(stdout).toMatch(/held {2}anna@partner\.example {2}certificate-unknown-issuer/);
    expect(stdout).not.toMatch(/^ +(day [\d :]+ )? *delivered/m);
  }, 60_000);
});

describe('the demo as a function', () => {
  let trusting: Awaited<ReturnType<typeof runDemo>>;
  let distrusting: typeof trusting;
  beforeAll(async () => {
    vi.stubEnv('NO_COLOR', undefined);
    trusting = await runDemo(false);
    distrusting = await runDemo(true);
    vi.unstubAllEnvs();
  }, 60_000);

  it('demo: the honest and the mended server get mail, one report tells of the end, each kind of failure is held', () => {
    const { outcomes, reports, asItShould } = trusting;
    expect(asItShould).toBe(true);
    expect(delivered(outcomes)).toEqual(['anna@partner.example', 'bo@diligent.example']);
    expect(reports.filter(({ kind }) => kind === 'failed')).toHaveLength(1);
    const held = outcomes.filter(({ state }) => state === 'held').map(({ reason }) => reason);
    expect(new Set(held).size).toBe(held.length);
    expect(held.length).toBeGreaterThan(25);
  });

  it('demo, FI-18: with another authority the verdicts change, and so does every line that tells of them', () => {
    expect(delivered(distrusting.outcomes)).toEqual([]);
    expect(distrusting.asItShould).toBe(false);
    expect(distrusting.outcomes[0]?.verdict?.checks).toContainEqual(
      expect.objectContaining({ name: 'chain', result: 'fail' }),
    );
    expect(trusting.text).toMatch(/pass +chain/);
    expect(distrusting.text).not.toMatch(/pass +chain/);
    expect(distrusting.text).toContain('MAIL FROM 0 times');
  });

  it('demo: in a terminal there are colours, and lines fit', () => {
    expect(trusting.written).toContain('\u001B[');
    expect(trusting.text.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });
});
