/**
 * What the SQLite queue can do on this machine. Run `npm run build` first, then
 *
 *   node bench/queue-sqlite.mjs [--puts 100000] [--backlog 1000000]
 *
 *   put            durable puts of 4 kB messages, 50 at the same time, and what the event loop feels of it
 *   lease+settle   20 at a time, with 1,000 jobs over 1,000 domains waiting and with the whole backlog over 100,000: the
 *                  median of nine rounds of 500, after each of which as many are put again; and the memory of the
 *                  process that does it (the backlog was put by another)
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { sqliteQueue } from '../dist/queue/index.js';

const { values } = parseArgs({
  options: {
    puts: { type: 'string', default: '100000' },
    backlog: { type: 'string', default: '1000000' },
    folder: { type: 'string', default: tmpdir() },
    // Of the processes that this one starts.
    part: { type: 'string', default: 'all' },
    file: { type: 'string', default: '' },
    jobs: { type: 'string', default: '0' },
    domains: { type: 'string', default: '0' },
  },
});
const START = Date.UTC(2026, 0, 15);
const DAY = 86_400_000;
const HEADER = Buffer.from(
  'Date: Thu, 15 Jan 2026 12:00:00 +0000\r\nFrom: a@sender.example\r\nMessage-ID: <1@sender.example>\r\n\r\n',
);
const BODY = Buffer.from(`${'x'.repeat(70)}\r\n`.repeat(55));

/** A message as the queue takes it; the digest is not looked at here, because nothing is opened. */
const message = {
  size: HEADER.length + BODY.length,
  sha256: '0'.repeat(64),
  longestLine: 70,
  eightBitHeader: false,
  eightBitBody: false,
  dotFree: true,
  canonical: true,
  messageId: '1@sender.example',
  receivedCount: 0,
  header: HEADER,
  async *open() {
    yield HEADER;
    yield BODY;
  },
};
const address = (local, domain) => {
  const text = `${local}@${domain}`;
  return { text, local, domain, literal: false, path: text, needsUtf8: false };
};

function job(id, domain) {
  const recipients = [{ address: address('b', domain), notify: null, originalRecipient: null }];
  return {
    id,
    domain,
    envelope: { from: address('a', 'sender.example'), recipients, ret: null, envelopeId: null },
    ask: null,
    floor: { level: 'verified', fingerprint: 'f' },
    kind: 'mail',
    createdAt: START,
    notBefore: START,
    latestAt: START + 5 * DAY,
    expiresAt: START + 5 * DAY,
    priority: 0,
  };
}

const submission = (id, jobs) => ({ id, idempotencyKey: null, message, jobs });
const rate = (count, since) => Math.round(count / ((performance.now() - since) / 1000));
const rss = () => Math.round(process.memoryUsage().rss / 2 ** 20);

async function putMany(queue, count) {
  let next = 0;
  const one = async () => {
    while (next < count) {
      const i = next++;
      await queue.put(submission(`s${i}`, [job(`s${i}.1`, `d${i % 1000}.example`)]));
    }
  };
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const since = performance.now();
  await Promise.all(Array.from({ length: 50 }, one));
  const perSecond = rate(count, since);
  delay.disable();
  const ms = (nanoseconds) => Number((nanoseconds / 1e6).toFixed(1));
  return { 'puts/s': perSecond, 'loop p99 ms': ms(delay.percentile(99)), 'loop max ms': ms(delay.max) };
}

/** Puts jobs, 100 with each message; `from` is the number of the first. */
async function fill(queue, { from, jobs, domains }) {
  for (let i = from; i < from + jobs; i += 100) {
    const some = Array.from({ length: Math.min(100, from + jobs - i) }, (_, k) =>
      job(`f${i}.${k}`, `d${(i + k) % domains}.example`),
    );
    await queue.put(submission(`f${i}`, some));
  }
}

async function rounds(queue, jobs, domains) {
  const perRound = Math.min(500, jobs);
  const rates = [];
  for (let round = 0; round < 9; round += 1) {
    rates.push(await leaseAndSettle(queue, perRound));
    await fill(queue, { from: jobs + round * perRound, jobs: perRound, domains });
  }
  return rates.sort((a, b) => a - b)[4];
}

async function leaseAndSettle(queue, count) {
  const since = performance.now();
  let done = 0;
  while (done < count) {
    const leases = await queue.lease({ owner: 'w', now: START, leaseMs: DAY, limit: 20, perDomain: 2 });
    if (leases.length === 0) break;
    done += leases.length;
    await Promise.all(
      leases.map((held) => {
        const recipients = held.job.recipients.map((each) => ({ ...each, state: 'delivered' }));
        return queue.settle(held, { recipients, next: { kind: 'done' }, reports: [], at: START });
      }),
    );
  }
  return rate(done, since);
}

async function withQueue(file, work) {
  const queue = sqliteQueue(file);
  try {
    return await work(queue);
  } finally {
    await queue.close();
  }
}

/** Runs one part of this script in a process of its own. */
function apart(part, options) {
  const args = Object.entries({ part, ...options }).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const script = fileURLToPath(import.meta.url);
  return execFileSync(process.execPath, ['--no-warnings', script, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function all() {
  const folder = mkdtempSync(join(values.folder, 'queue-bench-'));
  try {
    console.table([
      await withQueue(join(folder, 'put.sqlite'), (queue) => putMany(queue, Number(values.puts))),
    ]);
    const rows = [];
    const backlog = Number(values.backlog);
    for (const [jobs, domains] of [
      [1000, 1000],
      [backlog, Math.min(backlog, 100_000)],
    ]) {
      const file = join(folder, `${jobs}.sqlite`);
      apart('seed', { file, jobs, domains });
      const done = JSON.parse(apart('work', { file, jobs, domains }));
      rows.push({ jobs, domains, ...done, 'file MB': Math.round(statSync(file).size / 2 ** 20) });
    }
    console.table(rows);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const [jobs, domains] = [Number(values.jobs), Number(values.domains)];
if (values.part === 'all') await all();
else if (values.part === 'seed') {
  await withQueue(values.file, (queue) => fill(queue, { from: 0, jobs, domains }));
} else {
  const leased = await withQueue(values.file, (queue) => rounds(queue, jobs, domains));
  console.log(JSON.stringify({ 'lease+settle/s': leased, 'rss MB': rss() }));
}
