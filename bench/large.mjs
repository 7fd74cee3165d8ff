/**
 * Large messages, over five connections to a sink in another process:
 *
 *   CPU      20 messages of 10 MB that lie in memory: `delivery` has them put before the clock starts, `ours` after, ten at a
 *            time; compared with nodemailer's pool and a floor that writes the octets on node:tls
 *   memory   200 messages of 25 MB from a file: the peak above what the process had when it was ready
 *
 *   npm run bench:large -- [--rounds 5] [--json FILE]
 *
 * Every message arrives whole or the run fails. Each run is a process of its own that has sent twenty messages before. Quote
 * the ratios: they are taken within a round.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runSender, startServer } from './children.mjs';
import { machine, median } from './figures.mjs';
import { messageOf } from './message.mjs';
import { openSession } from './plain-client.mjs';
import { pooledTransport, surroundings } from './surroundings.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    json: { type: 'string' },
    /** For the process of a sender. */
    send: { type: 'string' },
  },
});
const SIZE = 10 * 2 ** 20;
const COUNT = 20;
const WARM_UP = 20;
const CONNECTIONS = 5;
const AT_ONCE = 2 * CONNECTIONS;
const MEMORY = { size: 25e6, count: 200 };
const from = 'ops@bank.test';
const to = 'anna@sink.test';

async function createOurs({ port, root }, work) {
  const { createSender, memoryQueue } = await import('../dist/index.js');
  const { pemStore } = await import('../dist/x509/index.js');
  return createSender({
    ...surroundings({ port, trust: pemStore(root, 'bench', Date.now()) }),
    queue: memoryQueue(),
    work,
    concurrency: AT_ONCE,
    perDomain: AT_ONCE,
    perHost: CONNECTIONS,
  });
}

async function seeDelivered(receipt) {
  const [outcome] = await receipt.settled;
  if (outcome.state !== 'delivered') throw new Error(`not delivered: ${outcome.reason}`);
}

/** All are put, and then delivered. */
async function delivery(server) {
  const sender = await createOurs(server, 'by-call');
  return {
    prepare: (messages) => Promise.all(messages.map((message) => sender.send({ from, to, message }))),
    async send(receipts) {
      await sender.processOnce();
      for (const receipt of receipts) await seeDelivered(receipt);
    },
  };
}

/** As many are put as can be under way or next, and the others when there is room. */
async function ours(server) {
  const sender = await createOurs(server, 'on-send');
  return {
    prepare: (messages) => messages,
    async send(messages) {
      let next = 0;
      const work = async () => {
        while (next < messages.length)
          await seeDelivered(await sender.send({ from, to, message: messages[next++] }));
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
    },
  };
}

async function nodemailer({ port, root }) {
  const transport = await pooledTransport({ port, ca: root, connections: CONNECTIONS });
  return {
    prepare: (messages) => messages,
    send: (messages) =>
      Promise.all(messages.map((raw) => transport.sendMail({ envelope: { from, to }, raw }))),
  };
}

async function floor({ port, root }) {
  const open = async () => {
    const { layer, replies } = await openSession({ port, ca: root, servername: 'mx.sink.test' });
    return async (body) => {
      layer.write(`MAIL FROM:<${from}>\r\nRCPT TO:<${to}>\r\nDATA\r\n`);
      await replies(3);
      layer.write(body);
      layer.write('.\r\n');
      await replies(1);
    };
  };
  const lines = await Promise.all(Array.from({ length: CONNECTIONS }, open));
  return {
    prepare: (messages) => messages,
    async send(messages) {
      let next = 0;
      const work = async (say) => {
        while (next < messages.length) await say(messages[next++]);
      };
      await Promise.all(lines.map(work));
    },
  };
}

async function measureCpu(kind, server) {
  const sender = await { delivery, ours, nodemailer, floor }[kind](server);
  const bodies = (first, count) => Array.from({ length: count }, (_, i) => messageOf(first + i, SIZE));
  await sender.send(await sender.prepare(bodies(0, WARM_UP)));
  const messages = await sender.prepare(bodies(WARM_UP, COUNT));
  const cpu = process.cpuUsage();
  const since = performance.now();
  await sender.send(messages);
  const { user, system } = process.cpuUsage(cpu);
  return { seconds: (performance.now() - since) / 1000, cpu: (user + system) / 1e6 };
}

async function measureMemory(server, path) {
  const sender = await delivery(server);
  await sender.send(await sender.prepare([messageOf(0, 4096)]));
  const idle = process.memoryUsage().rss;
  let peak = idle;
  const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 5);
  await sender.send(await sender.prepare(Array.from({ length: MEMORY.count }, () => ({ path }))));
  clearInterval(timer);
  return { idle, peak };
}

async function startSink(folder) {
  const { createAuthority } = await import('../dist/testing/index.js');
  const authority = await createAuthority({ name: 'Bench Root' });
  const { key, chain } = authority.forHost('mx.sink.test');
  const file = (name, text) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const sink = await startServer('sink.mjs', [file('key.pem', key), file('chain.pem', chain), 0]);
  return {
    server: { port: sink.ready.port, root: authority.trust },
    seen: async () => new Map((await sink.seen()).digests),
    close: sink.close,
  };
}

const runOnce = (kind, server, path) =>
  runSender('large.mjs', ['--send', JSON.stringify({ kind, server, path })]);

const digestOf = (octets) => createHash('sha256').update(octets).digest('hex');

async function compare(sink) {
  const wanted = new Set(Array.from({ length: WARM_UP + COUNT }, (_, i) => digestOf(messageOf(i, SIZE))));
  const kinds = ['floor', 'delivery', 'ours', 'nodemailer'];
  const runs = new Map(kinds.map((kind) => [kind, []]));
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const kind of kinds) {
      runs.get(kind).push(await runOnce(kind, sink.server));
      const seen = await sink.seen();
      if (seen.size !== wanted.size || ![...wanted].every((digest) => seen.get(digest) === 1))
        throw new Error(`${kind}: ${seen.size} different messages arrived, not ${wanted.size}`);
    }
  }
  return kinds.map((kind) => {
    const own = runs.get(kind);
    const to = (other) => Number(median(own.map(({ cpu }, i) => cpu / runs.get(other)[i].cpu)).toFixed(2));
    return {
      sender: kind,
      'MB/s': Math.round(median(own.map(({ seconds }) => (COUNT * SIZE) / 2 ** 20 / seconds))),
      'CPU ms each': Number(median(own.map(({ cpu }) => (cpu / COUNT) * 1000)).toPrecision(3)),
      'CPU to floor': to('floor'),
      'CPU to nodemailer': to('nodemailer'),
    };
  });
}

async function weigh(sink, folder) {
  const path = join(folder, 'large.eml');
  const octets = messageOf(0, MEMORY.size);
  writeFileSync(path, octets);
  const { idle, peak } = await runOnce('memory', sink.server, path);
  const seen = await sink.seen();
  if (seen.get(digestOf(octets)) !== MEMORY.count) throw new Error('messages are missing');
  const mb = (number) => Math.round(number / 1e6);
  return {
    messages: MEMORY.count,
    'MB each': MEMORY.size / 1e6,
    'idle MB': mb(idle),
    'above idle MB': mb(peak - idle),
  };
}

if (values.send !== undefined) {
  const { kind, server, path } = JSON.parse(values.send);
  const run = kind === 'memory' ? await measureMemory(server, path) : await measureCpu(kind, server);
  console.log(JSON.stringify(run));
  process.exit(0);
}
const folder = mkdtempSync(join(tmpdir(), 'large-'));
const sink = await startSink(folder);
try {
  console.log(`${machine()}, ${CONNECTIONS} connections`);
  const memory = await weigh(sink, folder);
  console.table([memory]);
  const cpu = await compare(sink);
  console.table(cpu);
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify({ memory, cpu }, null, 2));
} finally {
  await sink.close();
  rmSync(folder, { recursive: true, force: true });
}
