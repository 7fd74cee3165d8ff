/**
 * A disk that is full or mounted read-only, for real: a small tmpfs. Mounting one takes root; where it cannot be mounted the
 * tests are skipped, and fail with `CI` set.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { sqliteQueue } from '../../src/queue/sqlite.js';
import { put } from '../../src/testing/queue-suite-mail.js';

const folder = mkdtempSync(join(tmpdir(), 'disk-full-'));
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', folder]).status === 0;
afterAll(() => {
  if (mounted) spawnSync('umount', ['-l', folder]);
  rmSync(folder, { recursive: true, force: true });
});

if (!mounted)
  console.warn('skipped, a full disk and a read-only one: no tmpfs can be mounted here (root can)');

describe.skipIf(!mounted && process.env['CI'] === undefined)('a disk', () => {
  it('Q-8: that is full: refuses what it cannot keep, keeps what it has promised, and goes on when there is space', async () => {
    const ballast = join(folder, 'ballast');
    writeFileSync(ballast, Buffer.alloc(3_000_000));
    const queue = sqliteQueue(join(folder, 'mail.sqlite'));
    const kept: string[] = [];
    let refused: unknown = null;
    for (let i = 0; i < 5000 && refused === null; i += 1) {
      await put(queue, { id: `s${i}` }).then(
        () => kept.push(`s${i}.1`),
        (error: unknown) => (refused = error),
      );
    }
    expect(refused).toMatchObject({
      code: 'queue-disk-full',
      message: expect.stringContaining('free some space'),
    });
    expect(kept.length).toBeGreaterThan(10);
    expect(await queue.count({})).toBe(kept.length);
    rmSync(ballast);
    await put(queue, { id: 'after' });
    await queue.close();
    const again = sqliteQueue(join(folder, 'mail.sqlite'));
    const found = await again.find({ limit: 10_000 });
    expect(found.map(({ job }) => job.id)).toEqual([...kept, 'after.1']);
    await again.close();
  });

  it('Q-8: that becomes read-only: nothing more is promised, with what to do; what was promised is there', async () => {
    const file = join(folder, 'frozen.sqlite');
    const remount = (mode: string): void =>
      expect(spawnSync('mount', ['-o', `remount,${mode}`, folder]).status).toBe(0);
    const before = sqliteQueue(file);
    await put(before, { id: 's1' });
    await before.close();
    remount('ro');
    try {
      expect(() => sqliteQueue(file)).toThrow(
        expect.objectContaining({ code: 'queue-read-only', message: expect.stringContaining('mounted') }),
      );
    } finally {
      remount('rw');
    }
    const after = sqliteQueue(file);
    expect((await after.find({})).map(({ job }) => job.id)).toEqual(['s1.1']);
    await after.close();
  });
});
