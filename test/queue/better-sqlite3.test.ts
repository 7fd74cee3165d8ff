/**
 * The SQLite queue on a handle of better-sqlite3, another build of SQLite under another binding: the whole suite, what it
 * says when the file is in trouble, and files that go from one library to the other.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, it } from 'vitest';
import type { QueueDriver } from '../../src/queue/driver.js';
import { sqliteQueue } from '../../src/queue/sqlite.js';
import {
  content,
  leaseOne,
  put,
  readContent,
  settlement,
  START,
} from '../../src/testing/queue-suite-mail.js';
import { queueSuite } from '../../src/testing/queue-suite.js';
import { bigSubmission } from '../../src/queue/octets.fixture.js';

const folder = mkdtempSync(join(tmpdir(), 'better-sqlite3-'));
let files = 0;
const path = (): string => join(folder, `${(files += 1)}.sqlite`);
const open = (file: string): QueueDriver => sqliteQueue({ database: new Database(file) });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a SQLite queue on better-sqlite3 keeps what every queue promises', () => {
  for (const { name, run } of queueSuite) it(name, () => run(async () => open(path())));
});

describe('a SQLite queue on better-sqlite3', () => {
  it('Q-8: reads what node:sqlite has written, and the other way round', async () => {
    const file = path();
    const first = sqliteQueue(file);
    await put(first, { id: 's1', key: 'k' });
    await first.close();
    const second = open(file);
    expect(await put(second, { id: 's2', key: 'k' })).toEqual({ id: 's1', existing: true });
    const held = await leaseOne(second, START);
    expect(await readContent(held)).toBe(content);
    await second.settle(held, settlement(held, { kind: 'done' }));
    await put(second, { id: 's3' });
    await second.close();
    const third = sqliteQueue(file);
    expect(await readContent(await leaseOne(third, START))).toBe(content);
    await third.close();
  });

  it('Q-1: keeps a large message in parts', async () => {
    const queue = open(path());
    const submission = await bigSubmission('s1', 3_000_000);
    await queue.put(submission);
    expect((await readContent(await leaseOne(queue, START))).length).toBe(submission.message.size);
    await queue.close();
  });

  it('Q-8: shares the file with another process and waits for its lock', async () => {
    const file = path();
    const queue = open(file);
    // In this process its close would let go of the locks of the queue: they are two libraries.
    const holder = `const other = new (require('node:sqlite').DatabaseSync)(process.argv[1]);
      other.exec('BEGIN IMMEDIATE');
      console.log('holds');
      process.stdin.once('data', () => {
        console.log(other.prepare('SELECT count(*) AS n FROM job').get().n);
        other.exec('COMMIT');
        other.close();
        process.exit();
      });`;
    const other = spawn(process.execPath, ['--no-warnings', '-e', holder, file], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: other.stdout })[Symbol.asyncIterator]();
    expect((await lines.next()).value).toBe('holds');
    const waiting = put(queue, { id: 's1' });
    for (let turns = 0; turns < 100; turns += 1) await new Promise((resolve) => setImmediate(resolve));
    other.stdin.write('go on\n');
    expect((await lines.next()).value).toBe('0');
    await waiting;
    expect(await queue.count({})).toBe(1);
    await queue.close();
  });

  it('Q-8: says what is wrong with a file that it cannot use', () => {
    const readOnly = path();
    new Database(readOnly).exec('CREATE TABLE x (y)').close();
    expect(() => sqliteQueue({ database: new Database(readOnly, { readonly: true }) })).toThrow(
      expect.objectContaining({ code: 'queue-read-only' }),
    );
    expect(() => open(readOnly)).toThrow(expect.objectContaining({ code: 'queue-foreign' }));
  });
});
