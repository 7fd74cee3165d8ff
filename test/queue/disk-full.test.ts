/**
 * A disk that is full, for real: a small tmpfs. Mounting one takes root; where it cannot be mounted the test is skipped.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { sqliteQueue } from '../../src/queue/sqlite.js';
import { put } from '../../src/testing/queue-suite-mail.js';

const folder = mkdtempSync(join(tmpdir(), 'disk-full-'));
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', folder]).status === 0;
afterAll(() => {
  if (mounted) spawnSync('umount', ['-l', folder]);
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(!mounted)('a full disk', () => {
  it('Q-8: refuses what it cannot keep, keeps what it has promised, and goes on when there is space', async () => {
    const ballast = join(folder, 'ballast');
    writeFileSync(ballast, Buffer.alloc(1_500_000));
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
});
