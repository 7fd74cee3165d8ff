/**
 * Large messages, over five connections to a sink in another process:
 *
 *   CPU      20 messages of 10 MB that lie in memory: `delivery` has them put before the clock starts, `ours` after,
 *            compared with nodemailer's pool and a floor that writes the octets on node:tls
 *   memory   200 messages of 25 MB from a file: the peak above what the process had when it was ready
 *
 *   npm run bench:large -- [--rounds 5] [--json FILE]
 *
 * Every message arrives whole or the run fails. Each run is a process of its own that has sent five messages before. Quote
 * the ratios: they are taken within a round.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { messageOf } from './message.mjs';

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
const WARM_UP = 5;
const CONNECTIONS = 5;
const MEMORY = { size: 25e6, count: 200 };
const from = 'ops@bank.test';
const to = 'anna@sink.test';

async function createOurs({ port, root }) {
  const { createSender, memoryQueue } = await import('../dist/index.js');
  const { pemStore } = await import('../dist/x509/index.js');
  const found = (records) => Promise.resolve({ kind: 'found', records, dnssec: 'insecure', ttl: 3600 });
  const sender = createSender({
    ehloName: 'out.bank.test',
    default: 'verified',
    queue: memoryQueue(),
    trust: pemStore(root, 'bench', Date.now()),
    port,
    allowPrivateAddresses: true,
    families: ['ipv4'],
    work: 'by-call',
    concurrency: 2 * CONNECTIONS,
    perDomain: 2 * CONNECTIONS,
    perHost: CONNECTIONS,
    resolver: {
      name: 'bench',
      mx: () => found([{ preference: 10, exchange: 'mx.sink.test' }]),
      addresses: () => found(['127.0.0.1']),
      cname: () => Promise.resolve({ kind: 'nodata', dnssec: 'insecure', ttl: 3600 }),
    },
  });
  const put = (messages) => Promise.all(messages.map((message) => sender.send({ from, to, message })));
  const deliver = async (receipts) => {
    await sender.processOnce();
    for (const receipt of receipts) {
      const [outcome] = await receipt.settled;
      if (outcome.state !== 'delivered') throw new Error(`not delivered: ${outcome.reason}`);
    }
  };
  return { put, deliver };
}

async function delivery(server) {
  const { put, deliver } = await createOurs(server);
  return { prepare: put, send: deliver };
}

async function ours(server) {
  const { put, deliver } = await createOurs(server);
  return { prepare: (messages) => messages, send: async (messages) => deliver(await put(messages)) };
}

async function nodemailer({ port, root }) {
  const { createTransport } = await import('nodemailer');
  const transport = createTransport({
    host: '127.0.0.1',
    port,
    name: 'out.bank.test',
    requireTLS: true,
    pool: true,
    maxConnections: CONNECTIONS,
    maxMessages: Infinity,
    tls: { ca: root, servername: 'mx.sink.test' },
  });
  return {
    prepare: (messages) => messages,
    send: (messages) =>
      Promise.all(messages.map((raw) => transport.sendMail({ envelope: { from, to }, raw }))),
  };
}

async function floor({ port, root }) {
  const open = async () => {
    const socket = net.connect(port, '127.0.0.1');
    socket.setNoDelay(true);
    const clear = repliesOf(socket);
    await clear();
    for (const command of ['EHLO out.bank.test\r\n', 'STARTTLS\r\n']) {
      socket.write(command);
      await clear();
    }
    socket.removeAllListeners('data');
    const layer = tls.connect({ socket, ca: root, servername: 'mx.sink.test' });
    await once(layer, 'secureConnect');
    const replies = repliesOf(layer);
    layer.write('EHLO out.bank.test\r\n');
    await replies();
    return async (body) => {
      layer.write(`MAIL FROM:<${from}>\r\nRCPT TO:<${to}>\r\nDATA\r\n`);
      for (let due = 3; due > 0; due -= 1) await replies();
      layer.write(body);
      layer.write('.\r\n');
      await replies();
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

/** Gives replies one by one; a reply ends with the line that has a space behind its code. */
function repliesOf(socket) {
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  return async () => {
    for (;;) {
      const { value } = await lines.next();
      if (value[0] > '3') throw new Error(`refused: ${value}`);
      if (value[3] !== '-') return;
    }
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
  const { put, deliver } = await createOurs(server);
  await deliver(await put([messageOf(0, 4096)]));
  const idle = process.memoryUsage().rss;
  let peak = idle;
  const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 5);
  await deliver(await put(Array.from({ length: MEMORY.count }, () => ({ path }))));
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
  const args = [
    fileURLToPath(new URL('sink.mjs', import.meta.url)),
    file('key.pem', key),
    file('chain.pem', chain),
    '0',
  ];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const port = Number((await lines.next()).value.slice('port '.length));
  return {
    server: { port, root: authority.trust },
    async seen() {
      child.stdin.write('seen\n');
      return new Map(JSON.parse((await lines.next()).value).digests);
    },
    close: () => child.kill(),
  };
}

async function runOnce(kind, server, path) {
  const args = [fileURLToPath(import.meta.url), '--send', JSON.stringify({ kind, server, path })];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (octets) => (text += octets));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${kind} failed`);
  return JSON.parse(text);
}

const digestOf = (octets) => createHash('sha256').update(octets).digest('hex');
const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

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
  console.log(
    `${cpus()[0].model}, ${cpus().length} cores, Node ${process.version}, ${CONNECTIONS} connections`,
  );
  const memory = await weigh(sink, folder);
  console.table([memory]);
  const cpu = await compare(sink);
  console.table(cpu);
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify({ memory, cpu }, null, 2));
} finally {
  sink.close();
  rmSync(folder, { recursive: true, force: true });
}
