/**
 * How fast mail leaves, compared: this library, nodemailer's pool, and a floor that writes precomputed octets on node:tls,
 * one after the other against the same sink, several times over. `npm run bench` builds and runs it.
 *
 *   node bench/speed.mjs [--rounds 3] [--connections 5] [--rtt 0,5,20,100] [--sizes 4096,102400,10485760] [--json FILE]
 *
 * Every message arrives and is verified by its digest, or the run fails. Quote the ratios: they are taken within a round.
 */
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { messageOf } from './message.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '5' },
    rtt: { type: 'string', default: '0,5,20,100' },
    sizes: { type: 'string', default: '4096,102400,10485760' },
    senders: { type: 'string', default: 'floor,ours,nodemailer' },
    seconds: { type: 'string', default: '1.5' },
    chunking: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});
const list = (text) => text.split(',').map(Number);
const here = fileURLToPath(new URL('.', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'speed-'));
const file = (name) => join(folder, name);

function makeCertificates() {
  const openssl = (...args) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const key = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '30',
  ];
  openssl(
    ...key,
    '-subj',
    '/CN=Bench Root',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-addext',
    'keyUsage=critical,keyCertSign',
  );
  const extensions = [
    'basicConstraints=critical,CA:FALSE',
    'extendedKeyUsage=serverAuth',
    'subjectAltName=DNS:mx.sink.test',
  ];
  const added = extensions.flatMap((each) => ['-addext', each]);
  openssl(
    ...key,
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-subj',
    '/CN=mx.sink.test',
    ...added,
    '-keyout',
    'leaf.key',
    '-out',
    'leaf.pem',
  );
}

async function startSink(rtt) {
  const args = [join(here, 'sink.mjs'), file('leaf.key'), file('leaf.pem'), String(rtt)];
  if (values.chunking) args.push('chunking');
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { value } = await lines.next();
  return {
    port: Number(value.slice(5)),
    async seen() {
      child.stdin.write('seen\n');
      return JSON.parse((await lines.next()).value);
    },
    close: () => child.kill(),
  };
}

function digestsOf(count, size) {
  const digests = new Set();
  for (let i = 0; i < count; i += 1) {
    digests.add(createHash('sha256').update(messageOf(i, size)).digest('hex'));
  }
  return digests;
}

async function runOnce(sender, sink, count, size) {
  const args = [
    join(here, 'send.mjs'),
    sender,
    String(sink.port),
    file('ca.pem'),
    String(count),
    String(size),
    values.connections,
  ];
  const run = await new Promise((resolve) => {
    const options = { stdio: ['ignore', 'pipe', 'inherit'], timeout: 120_000 };
    const child = spawn(process.execPath, args, options);
    let text = '';
    child.stdout.on('data', (octets) => (text += octets));
    child.once('close', (code) => resolve({ code, text }));
  });
  if (run.code !== 0) throw new Error(`${sender} failed`);
  const seen = await sink.seen();
  const wanted = digestsOf(count, size);
  const arrived = new Map(seen.digests);
  if (arrived.size !== wanted.size || ![...wanted].every((digest) => arrived.get(digest) === 1)) {
    throw new Error(
      `${sender}: ${seen.messages} messages arrived, ${arrived.size} different ones, expected ${count}`,
    );
  }
  const { seconds, cpu, rssMb } = JSON.parse(run.text);
  return { rate: count / seconds, mb: seen.octets / 2 ** 20 / seconds, cpu: (cpu / count) * 1000, rssMb };
}

/** So many messages that a run takes about as long as it should, by the rate of a first try. */
async function fitCount(sender, sink, size, rtt) {
  const start = size > 1e6 ? 5 : 100;
  const { rate } = await runOnce(sender, sink, start, size);
  const most = size > 1e6 ? 200 : 50_000;
  return Math.max(start, Math.min(most, Math.round(rate * Number(values.seconds) * (rtt === 0 ? 1 : 1.5))));
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

const results = [];
try {
  makeCertificates();
  console.log(
    `${cpus()[0].model}, ${cpus().length} cores, Node ${process.version}, ${values.connections} connections`,
  );
  for (const rtt of list(values.rtt)) {
    const sink = await startSink(rtt);
    for (const size of list(values.sizes)) {
      const senders = values.senders.split(',');
      const counts = new Map();
      for (const sender of senders) counts.set(sender, await fitCount(sender, sink, size, rtt));
      const runs = new Map(senders.map((sender) => [sender, []]));
      for (let round = 0; round < Number(values.rounds); round += 1) {
        for (const sender of senders)
          runs.get(sender).push(await runOnce(sender, sink, counts.get(sender), size));
      }
      for (const sender of senders) {
        const own = runs.get(sender);
        const to = (other) => {
          const others = runs.get(other);
          return others === undefined
            ? null
            : Number(median(own.map((run, i) => run.rate / others[i].rate)).toFixed(2));
        };
        results.push({
          'rtt ms': rtt,
          size,
          sender,
          'messages/s': Number(median(own.map(({ rate }) => rate)).toPrecision(4)),
          'MB/s': Number(median(own.map(({ mb }) => mb)).toPrecision(3)),
          'CPU s per 1000': Number(median(own.map(({ cpu }) => cpu)).toPrecision(3)),
          'peak MB': median(own.map(({ rssMb }) => rssMb)),
          'round trips':
            rtt === 0
              ? null
              : Number(
                  ((Number(values.connections) * 1000) / rtt / median(own.map(({ rate }) => rate))).toFixed(
                    2,
                  ),
                ),
          'to floor': to('floor'),
          'to nodemailer': to('nodemailer'),
        });
      }
      console.table(results.slice(-senders.length));
    }
    sink.close();
  }
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(results, null, 2));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
