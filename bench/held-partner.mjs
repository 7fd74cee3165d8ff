/**
 * A partner whose certificate is wrong for a day and a half, with 50,000 messages held for it, comes back: what it
 * costs while it is away, how long it takes until all is delivered, and what another partner feels of it. Real sender,
 * SQLite queue on disk, real TLS to two sinks on loopback. `npm run bench:held` builds and runs it.
 *
 *   node bench/held-partner.mjs [--messages 50000] [--hours 36] [--size 4096] [--concurrency 20] [--per-domain 4]
 *
 * Time runs as it does, but hours in which nothing is due are skipped. A probe is a connection that the partner saw.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { createSender } from '../dist/index.js';
import { createAuthority } from '../dist/testing/index.js';
import { pemStore } from '../dist/x509/index.js';
import { startServer } from './children.mjs';
import { messageOf } from './message.mjs';
import { surroundings } from './surroundings.mjs';

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '50000' },
    hours: { type: 'string', default: '36' },
    size: { type: 'string', default: '4096' },
    concurrency: { type: 'string', default: '20' },
    'per-domain': { type: 'string', default: '4' },
  },
});
const count = Number(values.messages);
const size = Number(values.size);
const HOUR = 3_600_000;
const folder = mkdtempSync(join(tmpdir(), 'held-partner-'));
const file = (name, text) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const seconds = (since) => Number(((performance.now() - since) / 1000).toFixed(1));
const rss = () => Math.round(process.memoryUsage().rss / 2 ** 20);

/** The clock of this machine, with hours that can be left out. */
function skippingClock() {
  let skipped = 0;
  const timers = new Set();
  const now = () => Date.now() + skipped;
  const arm = (timer) => {
    clearTimeout(timer.handle);
    timer.handle = setTimeout(
      () => {
        if (now() < timer.at) return arm(timer);
        timers.delete(timer);
        timer.fn();
      },
      Math.min(Math.max(0, timer.at - now()), 2 ** 30),
    );
  };
  return {
    now,
    after(ms, fn) {
      const timer = { at: now() + ms, fn, handle: null };
      timers.add(timer);
      arm(timer);
      return () => {
        clearTimeout(timer.handle);
        timers.delete(timer);
      };
    },
    skip(ms) {
      skipped += ms;
      for (const timer of timers) arm(timer);
    },
  };
}

const startSink = (identity, at) =>
  startServer('sink.mjs', [file('sink.key', identity.key), file('sink.pem', identity.chain), 0, `at=${at}`]);

const clock = skippingClock();
const authority = await createAuthority();
const steady = await startSink(authority.forHost('mx.steady.test'), '127.0.0.2:0');
const { port } = steady.ready;
let partner = await startSink(authority.fault('expired', 'mx.held.test'), `127.0.0.1:${port}`);
const sender = createSender({
  ...surroundings({
    port,
    trust: pemStore(authority.trust, 'bench'),
    addressOf: (host) => (host === 'mx.held.test' ? '127.0.0.1' : '127.0.0.2'),
  }),
  queue: join(folder, 'mail.sqlite'),
  clock,
  concurrency: Number(values.concurrency),
  perDomain: Number(values['per-domain']),
  reports: { onReport: () => void (warnings += 1) },
});
let warnings = 0;
const mail = (to, i) => sender.send({ from: 'ops@bank.test', to, message: messageOf(i, size) });
const waiting = () => sender.queue.count({ domain: 'held.test', state: 'ready' });

async function fill() {
  let next = 0;
  const some = async () => {
    while (next < count) await mail('anna@held.test', next++);
  };
  await Promise.all(Array.from({ length: 50 }, some));
}

/** Lets the hours pass; the number of connections in each gap between two tries. */
async function away(until) {
  const tries = [];
  while (clock.now() < until) {
    await pause(20);
    if ((await sender.queue.count({ state: 'leased' })) > 0) continue;
    const due = (await sender.queue.nextDue()) ?? until;
    if (due <= clock.now() + 1000) continue;
    const { connections } = await partner.seen();
    if (connections > 0) tries.push(connections);
    clock.skip(Math.min(due, until) - clock.now());
  }
  return tries;
}

/** Mails to somebody else, one after the other: how long each takes from `send` to its end. */
async function others(goesOn, from) {
  const took = [];
  for (let i = from; goesOn(); i += 1) {
    const since = performance.now();
    await (
      await mail('bo@steady.test', count + i)
    ).settled;
    took.push(performance.now() - since);
    await pause(20);
  }
  took.sort((a, b) => a - b);
  const at = (share) => Number((took[Math.floor(share * (took.length - 1))] ?? 0).toFixed(1));
  return { mails: took.length, 'p50 ms': at(0.5), 'p99 ms': at(0.99), 'max ms': at(1) };
}

try {
  const since = performance.now();
  await fill();
  console.log(`${count} accepted in ${seconds(since)} s, ${rss()} MB`);
  const quiet = performance.now() + 3000;
  const before = await others(() => performance.now() < quiet, 0);
  const tries = await away(clock.now() + Number(values.hours) * HOUR);
  const held = await waiting();
  console.log(
    `${values.hours} h away: ${tries.length} tries with ${tries.reduce((a, b) => a + b, 0)} probes in all, ${warnings} warnings, ${held} held`,
  );
  await partner.close();
  partner = await startSink(authority.forHost('mx.held.test'), `127.0.0.1:${port}`);
  const backAt = clock.now();
  let connected = backAt;
  while ((await waiting()) === held) {
    await pause(20);
    const due = await sender.queue.nextDue();
    if ((await sender.queue.count({ state: 'leased' })) > 0 || due <= clock.now() + 1000) continue;
    clock.skip(due - clock.now());
    connected = clock.now();
  }
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  const released = performance.now();
  let left = held;
  const during = others(() => left > 0, 1_000_000);
  while (left > 0) {
    await pause(200);
    left = (await waiting()) + (await sender.queue.count({ domain: 'held.test', state: 'leased' }));
  }
  const took = seconds(released);
  const after = await during;
  loop.disable();
  const { messages, digests, connections } = await partner.seen();
  const done = await sender.queue.count({ domain: 'held.test', state: 'done' });
  console.log(
    `back: first try ${((connected - backAt) / HOUR).toFixed(2)} h later; all delivered ${took} s after it (${Math.round(count / took)}/s) over ${connections} connections`,
  );
  console.log(
    `partner took ${messages}, ${digests.length} different; queue says ${done} delivered; ${rss()} MB; loop p99 ${(loop.percentile(99) / 1e6).toFixed(0)} ms, max ${(loop.max / 1e6).toFixed(0)} ms`,
  );
  console.table({ 'another partner, before': before, 'another partner, meanwhile': after });
  if (messages !== count || digests.length !== count || done !== count) process.exitCode = 1;
} finally {
  await sender.close();
  await partner.close();
  await steady.close();
  rmSync(folder, { recursive: true, force: true });
}
