import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { memoryOnce } from './once.js';
import { fileOnce } from './once-file.js';

const folder = mkdtempSync(join(tmpdir(), 'once-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('what is told once', () => {
  it('FAQ-5: a key is new once, also for another process that opened the file before', () => {
    const path = join(folder, 'keys');
    const [one, other] = [fileOnce(path), fileOnce(path)];
    expect([one.first('a'), one.first('a'), other.first('a'), other.first('b'), one.first('b')]).toEqual([
      true,
      false,
      false,
      true,
      false,
    ]);
    expect(readFileSync(path, 'utf8')).toBe('a\nb\n');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(fileOnce(path).first('b')).toBe(false);
  });

  it('FAQ-5: a file that is there and cannot be read is no new one', () => {
    expect(() => fileOnce(folder)).toThrow(expect.objectContaining({ code: 'EISDIR' }));
  });

  it('AT-13: the store of a process is bounded; the oldest is forgotten first', () => {
    const once = memoryOnce();
    for (let i = 0; i <= 10_000; i += 1) void once.first(String(i));
    expect([once.first('10000'), once.first('0')]).toEqual([false, true]);
  });
});
