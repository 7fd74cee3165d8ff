import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFile, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createContext } from '../../src/core/context.js';
import { bits } from '../../src/scheme/bits.js';
import { diskListStore, fileOrigin } from '../../src/scheme/domain-list-disk.js';
import { createFakeClock } from '../../src/testing/clock.js';
import { csv } from './lists.js';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'enforced-tls-list-'));
});
afterEach(() => rm(directory, { recursive: true }));

const LIST = csv(['A;1;a.test;2024-02-01;Ja']);

describe('a list on disk', () => {
  it('BITS-5.4.1, BITS-P3: is as old as its file', async () => {
    const path = join(directory, 'bits.csv');
    await writeFile(path, LIST);
    await utimes(path, new Date('2026-01-01T00:00:00Z'), new Date('2026-01-01T00:00:00Z'));
    const ctx = createContext({ clock: createFakeClock('2026-04-01T00:00:00Z') });
    const source = bits({ list: path });
    expect(await source.find('a.test', ctx)).toMatchObject({ kind: 'asks' });
    expect(await source.status(ctx)).toMatchObject({ ageDays: 90, staleness: 'warning' });
  });

  it.each([
    ['is missing', async () => undefined, 'ENOENT'],
    [
      'is a directory',
      (path: string) => diskListStore(path).append(record(), null),
      'EISDIR|not a regular file',
    ],
    ['is a pipe', async (path: string) => void execFileSync('mkfifo', [path]), 'not a regular file'],
    ['is too large', (path: string) => writeFile(path, Buffer.alloc(20_000_001)), 'more than'],
  ])('BITS-5.4.1: a file that %s is a failed look', async (_title, make, cause) => {
    const path = join(directory, 'bits.csv');
    await make(path);
    expect(await fileOrigin(path).fetch(null, createContext())).toEqual({
      kind: 'failed',
      cause: expect.stringMatching(cause),
    });
  });
});

const record = () => ({
  at: 1,
  outcome: 'loaded' as const,
  sha256: createHash('sha256').update(LIST).digest('hex'),
  asOf: 1,
  etag: null,
  entries: 1,
  added: 1,
  removed: 0,
  changed: 0,
  reported: 0,
  cause: null,
});

describe('the store on disk', () => {
  it('BITS-P2: keeps each list octet by octet under its hash, for its owner alone', async () => {
    const store = diskListStore(join(directory, 'kept'));
    expect(await store.records()).toEqual([]);
    await store.append(record(), Buffer.from(LIST));
    await store.append({ ...record(), at: 2, outcome: 'unchanged' }, null);
    const names = (await readdir(join(directory, 'kept'))).toSorted();
    expect(names).toEqual([`${record().sha256}.list`, 'journal.jsonl']);
    for (const name of names) expect((await stat(join(directory, 'kept', name))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(directory, 'kept', `${record().sha256}.list`), 'utf8')).toBe(LIST);
    const again = diskListStore(join(directory, 'kept'));
    expect(await again.records()).toEqual([record(), { ...record(), at: 2, outcome: 'unchanged' }]);
    expect(Buffer.from((await again.octets(record().sha256)) ?? []).toString()).toBe(LIST);
  });

  it('BITS-P2: a list that was changed on disk proves nothing, a record that was cut off loses nothing', async () => {
    const store = diskListStore(directory);
    await store.append(record(), Buffer.from(LIST));
    await appendFile(join(directory, 'journal.jsonl'), '{"at":2,"outc');
    await store.append({ ...record(), at: 3 }, null);
    expect((await store.records()).map(({ at }) => at)).toEqual([1, 3]);
    await appendFile(join(directory, `${record().sha256}.list`), '\r\nB;2;b.test;2024-02-01;Ja');
    expect(await store.octets(record().sha256)).toBeNull();
    expect(await store.octets('../journal.jsonl')).toBeNull();
    expect(await bits({ list: 'nowhere', store }).inForceOn('2026-01-01')).toBeNull();
    await expect(bits({ list: 'nowhere', store }).inForceOn('01.01.2026')).rejects.toThrowError(
      /expected a day/,
    );
  });
});
