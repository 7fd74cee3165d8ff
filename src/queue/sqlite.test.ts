import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isConfigError, isQueueError } from '../core/errors.js';
import {
  lease,
  LEASE_MS,
  leaseOne,
  put,
  readContent,
  settlement,
  START,
} from '../testing/queue-suite-mail.js';
import { queueSuite } from '../testing/queue-suite.js';
import { aesGcm, bigSubmission } from './octets.fixture.js';
import { sqliteQueue } from './sqlite.js';

const folder = mkdtempSync(join(tmpdir(), 'sqlite-queue-'));
let files = 0;
const path = (): string => join(folder, `${(files += 1)}.sqlite`);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the SQLite queue keeps what every queue promises', () => {
  for (const { name, run } of queueSuite) it(name, () => run(async () => sqliteQueue(path())));
});

describe('the SQLite queue with sealed octets keeps the same', () => {
  const sealing = aesGcm(randomBytes(32));
  for (const { name, run } of queueSuite)
    it(name, () => run(async () => sqliteQueue({ path: path(), sealing })));
});

it.each([
  [
    { a: 10, b: 10 },
    { a: 5, b: 5 },
  ],
  [
    { a: 3, b: 10 },
    { a: 3, b: 7 },
  ],
])('Q-5: domains with %j jobs that are due share ten leases: %j', async (due, expected) => {
  const queue = sqliteQueue(path());
  for (const [domain, count] of Object.entries(due)) {
    for (let i = 0; i < count; i += 1)
      await put(queue, { id: `${domain}${i}`, domains: [`${domain}.example`] });
  }
  const leased = { a: 0, b: 0 };
  for (const { job } of await lease(queue, START, { limit: 10 })) leased[job.domain[0] as 'a' | 'b'] += 1;
  expect(leased).toEqual(expected);
  await queue.close();
});

describe('the file of a SQLite queue', () => {
  it('Q-8: nobody else may read it', async () => {
    const file = path();
    const queue = sqliteQueue(file);
    for (const name of [file, `${file}-wal`, `${file}-shm`]) expect(statSync(name).mode & 0o777).toBe(0o600);
    await queue.close();
  });

  // What another process would see is in /proc/locks of Linux.
  it.skipIf(!existsSync('/proc/locks'))('Q-8: keeps its locks when it is opened once more', async () => {
    const file = path();
    const queues = [sqliteQueue(file)];
    const locks = (): string[] =>
      readFileSync('/proc/locks', 'utf8')
        .split('\n')
        .filter((line) => line.includes(`:${statSync(file).ino} `));
    const before = locks();
    expect(before).toHaveLength(1);
    queues.push(sqliteQueue(file));
    expect(locks()).toEqual(before);
    for (const queue of queues) await queue.close();
  });

  it('Q-8: nothing more is promised once its log has been removed under a queue', async () => {
    const file = path();
    const queue = sqliteQueue(file);
    await put(queue, { id: 's1' });
    rmSync(`${file}-wal`);
    await expect(put(queue, { id: 's2' })).rejects.toMatchObject({ code: 'queue-disk-error' });
    await expect(queue.find({})).rejects.toMatchObject({ code: 'queue-disk-error' });
    await queue.close();
  });

  it('Q-8: what was put is there when it is opened again, by another version of the handle too', async () => {
    const file = path();
    const first = sqliteQueue(file);
    await put(first, { id: 's1' });
    await first.close();
    const second = sqliteQueue({ database: new DatabaseSync(file) });
    expect(await readContent(await leaseOne(second, START))).toContain('Hello.');
    await second.close();
  });

  it('Q-8: a file of a newer release, of another program, or that is no database is refused and left alone', () => {
    const newer = path();
    const database = new DatabaseSync(newer);
    database.exec('CREATE TABLE job (x)');
    database.exec(`PRAGMA application_id = ${0x65544c53}; PRAGMA user_version = 99`);
    database.close();
    expect(() => sqliteQueue(newer)).toThrow(/version 99/);
    const foreign = path();
    new DatabaseSync(foreign).exec('CREATE TABLE customers (x)');
    expect(() => sqliteQueue(foreign)).toThrow(expect.objectContaining({ code: 'queue-foreign' }));
    const text = path();
    writeFileSync(text, 'Dear diary, today I was taken for a database. '.repeat(20));
    expect(() => sqliteQueue(text)).toThrow(expect.objectContaining({ code: 'queue-damaged' }));
    expect(readFileSync(text, 'utf8')).toMatch(/^Dear diary/);
  });

  it('Q-8: a folder that is not there is told, with what to do', () => {
    const file = join(folder, 'missing', 'mail.sqlite');
    expect(() => sqliteQueue(file)).toThrow(expect.objectContaining({ code: 'queue-unusable' }));
    expect(existsSync(file)).toBe(false);
  });

  it('AT-54: a path and a handle, or neither, is a mistake', () => {
    expect(() => sqliteQueue({})).toThrow(expect.toSatisfy(isConfigError));
    expect(() => sqliteQueue({ path: 'x', database: {} as never })).toThrow(expect.toSatisfy(isConfigError));
    expect(() => sqliteQueue({ file: 'x' } as object)).toThrow(/did you mean|unknown option/);
  });
});

describe('octets in a SQLite queue', () => {
  it('AT-52: are not in the file when they are sealed, and come out as they were', async () => {
    const file = path();
    const queue = sqliteQueue({ path: file, sealing: aesGcm(randomBytes(32)) });
    await put(queue, { id: 's1' });
    const held = await leaseOne(queue, START);
    expect(await readContent(held)).toContain('Hello.');
    for (const name of [file, `${file}-wal`]) expect(readFileSync(name).includes('Hello.')).toBe(false);
    await queue.close();
  });

  it('AT-55: that somebody changed in the file are not sent', async () => {
    const file = path();
    const queue = sqliteQueue(file);
    await put(queue, { id: 's1' });
    await queue.close();
    const other = new DatabaseSync(file);
    other.exec(`UPDATE small SET body = CAST('Goodbye.' || x'0d0a' AS BLOB)`);
    other.close();
    const again = sqliteQueue(file);
    const held = await leaseOne(again, START);
    await expect(readContent(held)).rejects.toMatchObject({ code: 'message-changed' });
    await again.close();
  });

  it('AT-55: that are gone, or a damaged row, keep no other job back', async () => {
    const file = path();
    const before = sqliteQueue(file);
    for (const id of ['s1', 's2', 's3']) await put(before, { id });
    await before.close();
    const other = new DatabaseSync(file);
    other.exec(
      `UPDATE job SET recipients = 'x' WHERE id = 's1.1'; UPDATE small SET header = NULL WHERE submission = 2`,
    );
    other.close();
    const queue = sqliteQueue(file);
    expect((await lease(queue, START)).map(({ job }) => job.id)).toEqual(['s3.1']);
    await expect(lease(queue, START + LEASE_MS)).resolves.toHaveLength(1);
    await queue.suspend({ id: 's3.1' }, { reason: 'x', by: 'y', until: null });
    await expect(lease(queue, START + 2 * LEASE_MS)).rejects.toMatchObject({ code: 'job-damaged' });
    await queue.close();
  });

  it('Q-1: are kept once for all domains of a message', async () => {
    const file = path();
    const queue = sqliteQueue(file);
    const domains = ['b.example', 'c.example', 'd.example'];
    await put(queue, { id: 's1', domains });
    const big = await bigSubmission('s2', 2_000_000);
    const [job] = big.jobs;
    const jobs = domains.map((domain, i) => ({ ...(job as NonNullable<typeof job>), id: `s2.${i}`, domain }));
    await queue.put({ ...big, jobs });
    const reader = new DatabaseSync(file);
    const row = reader
      .prepare(
        `SELECT (SELECT count(*) FROM small) AS small, (SELECT sum(length(octets)) FROM part) AS large`,
      )
      .get();
    reader.close();
    expect({ ...row }).toEqual({ small: 1, large: big.message.size });
    expect(await lease(queue, START)).toHaveLength(6);
    await queue.close();
  });

  it('Q-1: of a large message are kept in parts, and gone with its last recipient', async () => {
    const file = path();
    const queue = sqliteQueue(file);
    const submission = await bigSubmission('s1', 5_000_000);
    await queue.put(submission);
    const count = (): number => {
      const reader = new DatabaseSync(file);
      const row = reader.prepare('SELECT count(*) AS n, max(length(octets)) AS most FROM part').get();
      reader.close();
      expect((row?.['most'] as number | null) ?? 0).toBeLessThanOrEqual(256 * 1024);
      return row?.['n'] as number;
    };
    expect(count()).toBeGreaterThan(18);
    const held = await leaseOne(queue, START);
    expect((await readContent(held)).length).toBe(submission.message.size);
    await queue.settle(held, settlement(held, { kind: 'done' }));
    expect(count()).toBe(0);
    await queue.close();
  });

  it('Q-8: that a crash left behind before their submission was put are removed by clean', async () => {
    const file = path();
    const queue = sqliteQueue(file);
    const database = new DatabaseSync(file);
    database.exec(`INSERT INTO content (id, staged_at) VALUES (7, ${START})`);
    database.exec(`INSERT INTO part (id, octets) VALUES (${7 * 2 ** 20}, x'00')`);
    await queue.clean(START);
    expect(database.prepare('SELECT count(*) AS n FROM part').get()?.['n']).toBe(1);
    await queue.clean(START + 1);
    expect(database.prepare('SELECT count(*) AS n FROM part').get()?.['n']).toBe(0);
    database.close();
    await queue.close();
  });
});

describe('a SQLite queue in trouble', () => {
  it('Q-8: waits for the lock of another process without stopping this one', async () => {
    const file = path();
    const queue = sqliteQueue(file);
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    let turns = 0;
    let done = false;
    const waiting = put(queue, { id: 's1' }).then(() => (done = true));
    while (turns < 200) {
      await new Promise((resolve) => setImmediate(resolve));
      turns += 1;
    }
    expect(done).toBe(false);
    other.exec('COMMIT');
    await waiting;
    other.close();
    expect(await queue.count({})).toBe(1);
    await queue.close();
  });

  it('Q-8: a step that fails in an unforeseen way fails alone; what was put beside it is kept', async () => {
    const file = path();
    const queue = sqliteQueue(file);
    const other = new DatabaseSync(file);
    other.exec(
      `CREATE TRIGGER trouble BEFORE INSERT ON job WHEN new.id = 'bad.1' BEGIN SELECT RAISE(ABORT, 'no'); END`,
    );
    other.close();
    const puts = ['s1', 'bad', 's2'].map((id) => put(queue, { id }));
    const ended = await Promise.allSettled(puts);
    expect(ended.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((ended[1] as PromiseRejectedResult).reason).toSatisfy(isQueueError);
    expect((await lease(queue, START)).map(({ job }) => job.id)).toEqual(['s1.1', 's2.1']);
    await queue.close();
  });

  it('Q-8: a file that became read-only refuses and keeps what it has', async () => {
    const file = path();
    const queue = sqliteQueue(file);
    await put(queue, { id: 's1' });
    await queue.close();
    const handle = new DatabaseSync(file, { readOnly: true });
    expect(() => sqliteQueue({ database: handle })).toThrow(
      expect.objectContaining({ code: 'queue-read-only' }),
    );
    chmodSync(file, 0o600);
    const again = sqliteQueue(file);
    expect(await again.count({})).toBe(1);
    await again.close();
  });
});
