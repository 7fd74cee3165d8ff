/**
 * Files of earlier versions: what they hold is there under this one, in every state.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { QueueDriver } from '../../src/queue/driver.js';
import { sqliteQueue } from '../../src/queue/sqlite.js';
import {
  content,
  HOUR,
  lease,
  LEASE_MS,
  put,
  readContent,
  settlement,
  START,
} from '../../src/testing/queue-suite-mail.js';

const folder = mkdtempSync(join(tmpdir(), 'sqlite-versions-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A file as an earlier release left it. */
function fileOf(version: number): string {
  const file = join(folder, `version-${version}.sqlite`);
  const old = new DatabaseSync(file);
  old.exec(readFileSync(new URL(`sqlite-version-${version}.sql`, import.meta.url), 'utf8'));
  old.close();
  return file;
}

describe('a SQLite file of version 2', () => {
  it('Q-8: becomes one of this version with all its mail, small messages too', async () => {
    const queue = sqliteQueue(fileOf(2));
    const due = await lease(queue, START + Math.max(HOUR, LEASE_MS));
    expect(due.map(({ job }) => job.id).sort()).toEqual(['plain.1', 'small.1', 'two.1']);
    for (const held of due) expect(await readContent(held)).toBe(content);
    await queue.close();
  });
});

describe('a SQLite file of version 1', () => {
  it('Q-8: becomes one of this version with all its mail, in the same states', async () => {
    const file = fileOf(1);
    const queue = sqliteQueue(file);
    const states = async (query: Parameters<QueueDriver['find']>[0] = {}): Promise<string[]> =>
      (await queue.find(query)).map(({ job, state }) => `${job.id} ${state}`);
    expect(await states()).toEqual(['done.1 done', 'two.1 ready', 'two.2 suspended', 'plain.1 leased']);
    expect(await states({ reason: 'certificate-expired' })).toEqual(['two.1 ready']);
    expect(await states({ submissionId: 'two' })).toEqual(['two.1 ready', 'two.2 suspended']);
    expect(await put(queue, { id: 'x', key: 'k-two' })).toEqual({ id: 'two', existing: true });
    await put(queue, { id: 'new', domains: ['d.example'] });
    await queue.resume({ domain: 'c.example' });
    const due = await lease(queue, START + Math.max(HOUR, LEASE_MS));
    expect(due.map(({ job }) => job.id)).toEqual(['plain.1', 'two.2', 'new.1', 'two.1']);
    for (const held of due) {
      expect(await readContent(held)).toBe(content);
      await queue.settle(held, settlement(held, { kind: 'done' }, { change: { state: 'delivered' } }));
    }
    expect(await queue.count({ state: 'done' })).toBe(5);
    expect(await queue.clean(START + 1)).toBe(5);
    await queue.close();
    const after = new DatabaseSync(file);
    for (const table of ['submission', 'job', 'job_reason', 'small', 'content', 'part', 'head', 'domain']) {
      expect([table, after.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n']]).toEqual([table, 0]);
    }
    after.close();
  });
});
