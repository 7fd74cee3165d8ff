/** What the disk does not take, and when an answer is given; the real thing is in the tests of crashes and power cuts. */
import { expect, it } from 'vitest';
import { createCommitter } from './sqlite-commit.js';
import type { Database } from './sqlite-database.js';

/** A disk that takes what was committed when it is told to. */
function disk(): {
  readonly log: { sync(): Promise<void>; close(): Promise<void> };
  readonly done: string[];
  end(error?: Error): Promise<void>;
  readonly database: Database;
} {
  const done: string[] = [];
  let waiting: ((error?: Error) => void)[] = [];
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    done,
    database: { exec: (sql) => void done.push(sql) } as Database,
    log: {
      sync: () =>
        new Promise((resolve, reject) => {
          done.push('sync');
          waiting.push((error) => (error === undefined ? resolve() : reject(error)));
        }),
      close: () => Promise.resolve(),
    },
    async end(error) {
      while (waiting.length === 0) await turn();
      const [first] = waiting.splice(0, 1);
      first?.(error);
      await turn();
    },
  };
}

it('Q-8: a step has its answer when the log is on the disk, and the next transaction begins then', async () => {
  const { database, log, done, end } = disk();
  const { write } = createCommitter(database, log);
  const answers: number[] = [];
  const first = write(() => 1).then((one) => answers.push(one));
  while (!done.includes('sync')) await new Promise((resolve) => setImmediate(resolve));
  const second = write(() => 2).then((two) => answers.push(two));
  await new Promise((resolve) => setImmediate(resolve));
  expect(answers).toEqual([]);
  expect(done).toEqual(['BEGIN IMMEDIATE', 'COMMIT', 'sync']);
  await end();
  await first;
  expect(answers).toEqual([1]);
  await end();
  await second;
  expect(done.slice(3)).toEqual(['BEGIN IMMEDIATE', 'COMMIT', 'sync']);
});

it('Q-8: what is told of kept mail is on the disk, whoever wrote it', async () => {
  const { database, log, done, end } = disk();
  const { readKept } = createCommitter(database, log);
  let told: string | null = null;
  const asking = readKept(() => 'there').then((answer) => (told = answer));
  await new Promise((resolve) => setImmediate(resolve));
  expect([told, done]).toEqual([null, ['sync']]);
  await end();
  expect(await asking).toBe('there');
});

it('Q-8: after the disk has failed once nothing more is promised', async () => {
  const { database, log, done, end } = disk();
  const committer = createCommitter(database, log);
  const lost = Promise.allSettled([committer.write(() => 1), committer.write(() => 2)]);
  await end(Object.assign(new Error('I/O error'), { code: 'EIO' }));
  const refusal = expect.objectContaining({ code: 'queue-disk-error' });
  expect((await lost).map((each) => each.status === 'rejected' && each.reason)).toEqual([refusal, refusal]);
  const before = [...done];
  await expect(committer.write(() => 3)).rejects.toEqual(refusal);
  await expect(committer.readKept(() => 4)).rejects.toEqual(refusal);
  expect(done).toEqual(before);
  await committer.close();
});

it('Q-8: what was asked for while the disk failed is refused and not begun', async () => {
  const { database, log, done, end } = disk();
  const committer = createCommitter(database, log);
  const lost = committer.write(() => 1).catch(() => 'lost');
  while (!done.includes('sync')) await new Promise((resolve) => setImmediate(resolve));
  const refused = committer.write(() => 2).catch((error: unknown) => error);
  await end(Object.assign(new Error('I/O error'), { code: 'EIO' }));
  expect(await lost).toBe('lost');
  expect(await refused).toMatchObject({ code: 'queue-disk-error' });
  expect(done).toEqual(['BEGIN IMMEDIATE', 'COMMIT', 'sync']);
});

it('Q-8: nor is what was asked for in the turn in which it failed for somebody who reads', async () => {
  const { database, log, done, end } = disk();
  const committer = createCommitter(database, log);
  const asking = committer.readKept(() => 1).catch(() => 'lost');
  await new Promise((resolve) => setImmediate(resolve));
  const refused = committer.write(() => 2).catch((error: unknown) => error);
  await end(Object.assign(new Error('I/O error'), { code: 'EIO' }));
  expect(await asking).toBe('lost');
  expect(await refused).toMatchObject({ code: 'queue-disk-error' });
  expect(done).toEqual(['sync']);
});
