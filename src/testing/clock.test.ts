import { pbkdf2 } from 'node:crypto';
import net from 'node:net';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, vi } from 'vitest';
import { createContext, sleep } from '../core/context.js';
import { createFakeClock } from './clock.js';

it('fake clock: timers fire in the order in which they fall due, each at its own time', async () => {
  const clock = createFakeClock(0);
  const seen: string[] = [];
  clock.after(2000, () => seen.push(`b@${clock.now()}`));
  clock.after(1000, () => seen.push(`a@${clock.now()}`));
  clock.after(2000, () => seen.push(`c@${clock.now()}`));
  clock.after(5000, () => seen.push('never'));
  expect(clock.pending).toBe(4);
  await clock.advance('3s');
  expect(seen).toEqual(['a@1000', 'b@2000', 'c@2000']);
  expect(clock.now()).toBe(3000);
  expect(clock.pending).toBe(1);
});

it('fake clock: a timer that was cancelled does not fire', async () => {
  const clock = createFakeClock(0);
  let fired = false;
  const cancel = clock.after(10, () => (fired = true));
  cancel();
  await clock.advance('1m');
  expect(fired).toBe(false);
});

it('fake clock: timers that are armed while time passes fire in the same advance', async () => {
  const clock = createFakeClock(0);
  const ctx = createContext({ clock });
  const times: number[] = [];
  const loop = (async () => {
    for (let i = 0; i < 56; i += 1) {
      await sleep(3 * 3_600_000, ctx);
      times.push(clock.now());
    }
  })();
  const started = performance.now();
  await clock.advance('7d');
  await loop;
  expect(times).toHaveLength(56);
  expect(times.at(-1)).toBe(7 * 86_400_000);
  expect(performance.now() - started).toBeLessThan(5000);
});

it('Q-27: a jump of the wall clock, forwards or backwards, moves no timer', async () => {
  const clock = createFakeClock('2026-06-01T00:00:00Z');
  let firedAt = 0;
  clock.after(60_000, () => (firedAt = clock.now()));
  clock.set('2027-06-01T00:00:00Z');
  await clock.settle();
  expect(firedAt).toBe(0);
  clock.set(new Date('2025-01-01T00:00:00Z'));
  await clock.advance('59s');
  expect(firedAt).toBe(0);
  await clock.advance('1s');
  expect(firedAt).toBe(Date.parse('2025-01-01T00:01:00Z'));
});

it('fake clock: advance lets a conversation over a real socket end between two timers', async () => {
  const clock = createFakeClock(0);
  const server = net.createServer((socket) => socket.on('data', (data) => socket.write(data)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  const log: string[] = [];
  clock.after(1000, () => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write('0'));
    socket.on('data', (data) => {
      const turn = Number(data.toString()) + 1;
      if (turn === 30) {
        log.push(`talk ended @${clock.now()}`);
        socket.destroy();
      } else socket.write(String(turn));
    });
  });
  clock.after(1001, () => log.push(`timer @${clock.now()}`));
  await clock.advance('2s');
  expect(log).toEqual(['talk ended @1000', 'timer @1001']);
  server.close();
});

it('fake clock: advance waits for file work that a timer began', async () => {
  const clock = createFakeClock(0);
  const folder = await mkdtemp(join(tmpdir(), 'clock-'));
  let read = '';
  clock.after(5, () => {
    void (async () => {
      await writeFile(join(folder, 'a'), 'kept');
      read = await readFile(join(folder, 'a'), 'utf8');
    })();
  });
  await clock.advance(10);
  expect(read).toBe('kept');
  await rm(folder, { recursive: true });
});

it('fake clock: advance waits for the closing of a file, however busy the thread pool is', async () => {
  const clock = createFakeClock(0);
  const folder = await mkdtemp(join(tmpdir(), 'clock-'));
  const file = await open(join(folder, 'a'), 'w');
  let closed = false;
  const busy = Promise.all([1, 2, 3, 4].map(() => promisify(pbkdf2)('x', 'y', 50_000, 32, 'sha256')));
  clock.after(5, () => void file.close().then(() => (closed = true)));
  await clock.advance(10);
  expect(closed).toBe(true);
  await busy;
  await rm(folder, { recursive: true });
});

it('fake clock: advanceToNext goes to the next timer and no further than its limit', async () => {
  const clock = createFakeClock(0);
  let fired = 0;
  clock.after(300_000, () => (fired += 1));
  expect(await clock.advanceToNext('1m')).toBe(false);
  expect(clock.now()).toBe(0);
  expect(await clock.advanceToNext()).toBe(true);
  expect([fired, clock.now()]).toEqual([1, 300_000]);
  expect(await clock.advanceToNext()).toBe(false);
});

it('fake clock: settling goes on while a watched counter moves', async () => {
  const clock = createFakeClock(0);
  let count = 0;
  const stop = clock.watch(() => count);
  const step = (): void => {
    count += 1;
    if (count < 200) setImmediate(() => setImmediate(step));
  };
  setImmediate(step);
  await clock.settle();
  expect(count).toBe(200);
  stop();
});

it('fake clock: a date that is none is refused with what was expected', () => {
  expect(() => createFakeClock('yesterday')).toThrow(/expected milliseconds, a Date or an ISO date/);
});

it('fake clock: until lets time pass up to the timer that settles a promise, and no further', async () => {
  const clock = createFakeClock(0);
  const fired: string[] = [];
  const later = (ms: number): Promise<string> =>
    new Promise((resolve) =>
      clock.after(ms, () => {
        fired.push(`${ms}`);
        resolve(`at ${ms}`);
      }),
    );
  void later(10);
  void later(30);
  expect(await clock.until(later(20))).toBe('at 20');
  expect([fired, clock.now()]).toEqual([['10', '20'], 20]);
  expect(await clock.until(Promise.resolve(7))).toBe(7);
  expect(clock.now()).toBe(20);
  await expect(clock.until(Promise.reject(new Error('no')))).rejects.toThrow('no');
});

it('fake clock: until ends with an error when no timer is left that could settle the promise', async () => {
  const clock = createFakeClock(0);
  clock.after(10, () => undefined);
  await expect(clock.until(new Promise(() => undefined))).rejects.toThrow(/no timer waits/);
  expect(clock.now()).toBe(10);
});

it('fake clock: two that settle at the same time do not keep each other busy', async () => {
  const asked = vi.spyOn(process, 'getActiveResourcesInfo');
  await Promise.all([createFakeClock().settle(), createFakeClock().settle()]);
  expect(asked.mock.calls.length).toBeLessThan(20);
  asked.mockRestore();
});

it('fake clock: work that goes from turn to turn of the loop is waited for', async () => {
  const clock = createFakeClock();
  let turns = 0;
  const turn = (): void => {
    turns += 1;
    if (turns < 500) setImmediate(turn);
  };
  turn();
  await clock.settle();
  expect(turns).toBe(500);
});
