/** Who waits for which sync of the log; the real thing is in the tests of crashes and power cuts. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Database } from './sqlite-database.js';
import { oneForAll, openLog } from './sqlite-log.js';

it('Q-8: all who ask while the disk is busy share one sync, which begins after they have asked', async () => {
  const ends: ((error?: Error) => void)[] = [];
  const sync = oneForAll(
    () =>
      new Promise((resolve, reject) => {
        ends.push((error) => (error === undefined ? resolve() : reject(error)));
      }),
  );
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const told: string[] = [];
  const ask = (who: string): Promise<void> =>
    sync().then(
      () => void told.push(who),
      () => void told.push(`${who} failed`),
    );
  const first = ask('first');
  await turn();
  const others = [ask('second'), ask('third')];
  await turn();
  expect([ends.length, told]).toEqual([1, []]);
  ends[0]?.(new Error('I/O error'));
  await first;
  await turn();
  expect([ends.length, told]).toEqual([2, ['first failed']]);
  ends[1]?.();
  await Promise.all(others);
  expect([ends.length, told]).toEqual([2, ['first failed', 'second', 'third']]);
});

it('Q-8: a log that is there and cannot be used is told', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sqlite-log-'));
  mkdirSync(join(folder, 'mail.sqlite-wal'));
  const get = (): object => ({ file: join(folder, 'mail.sqlite') });
  expect(() => openLog({ get } as unknown as Database)).toThrow(/EISDIR/);
  rmSync(folder, { recursive: true });
});
