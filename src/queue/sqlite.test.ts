import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { queueSuite } from '../testing/queue-suite.js';
import { sqliteQueue } from './sqlite.js';

const folder = mkdtempSync(join(tmpdir(), 'sqlite-queue-'));
let files = 0;
const path = (): string => join(folder, `${(files += 1)}.sqlite`);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the SQLite queue keeps what every queue promises', () => {
  for (const { name, run } of queueSuite) it(name, () => run(async () => sqliteQueue(path())));
});

describe('the SQLite queue', () => {
  it('Q-8: nobody else may read its file', async () => {
    const file = path();
    const queue = sqliteQueue(file);
    for (const name of [file, `${file}-wal`, `${file}-shm`]) expect(statSync(name).mode & 0o777).toBe(0o600);
    await queue.close();
  });
});
