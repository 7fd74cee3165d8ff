/**
 * How fast mail leaves, compared: this library, nodemailer's pool, and a floor that writes precomputed octets on node:tls,
 * one after the other against the same sink, several times over. `npm run bench` builds and runs it.
 *
 *   node bench/speed.mjs [--rounds 5] [--connections 5] [--rtt 0,5,20,100] [--sizes 4096,102400,10485760] [--json FILE]
 *                        [--forms data,bdat] [--seconds 4] [--senders floor,ours,nodemailer]
 *
 * `data`: the sink offers PIPELINING; `bdat`: CHUNKING as well, and the floor uses it (nodemailer knows DATA alone).
 *
 * Every message arrives and is verified by its digest, or the run fails. Quote the ratios: they are taken within a round.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createAuthority } from '../dist/testing/index.js';
import { runSender, startServer } from './children.mjs';
import { machine, median } from './figures.mjs';
import { messageOf } from './message.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '5' },
    rtt: { type: 'string', default: '0,5,20,100' },
    sizes: { type: 'string', default: '4096,102400,10485760' },
    senders: { type: 'string', default: 'floor,ours,nodemailer' },
    seconds: { type: 'string', default: '4' },
    forms: { type: 'string', default: 'data,bdat' },
    json: { type: 'string' },
  },
});
const list = (text) => text.split(',').map(Number);
const folder = mkdtempSync(join(tmpdir(), 'speed-'));
const file = (name) => join(folder, name);

/** The key and the chain of the sink, and the root of both, in files. */
async function makeCertificates() {
  const authority = await createAuthority({ name: 'Bench Root' });
  const { key, chain } = authority.forHost('mx.sink.test');
  writeFileSync(file('leaf.key'), key);
  writeFileSync(file('leaf.pem'), chain);
  writeFileSync(file('ca.pem'), authority.trust);
}

function digestsOf(count, size) {
  const digests = new Set();
  for (let i = 0; i < count; i += 1) {
    digests.add(createHash('sha256').update(messageOf(i, size)).digest('hex'));
  }
  return digests;
}

async function runOnce(sender, sink, count, size) {
  const run = await runSender('send.mjs', [
    sender,
    sink.ready.port,
    file('ca.pem'),
    count,
    size,
    values.connections,
  ]);
  const seen = await sink.seen();
  const wanted = digestsOf(count, size);
  const arrived = new Map(seen.digests);
  if (arrived.size !== wanted.size || ![...wanted].every((digest) => arrived.get(digest) === 1)) {
    throw new Error(
      `${sender}: ${seen.messages} messages arrived, ${arrived.size} different ones, expected ${count}`,
    );
  }
  const { rate, mb, cpu, rssMb } = run;
  const { roundTrips } = seen;
  return { rate, mb, cpu: Number(cpu), rssMb, trips: roundTrips / count };
}

/** So many messages that a run takes about as long as it should, by the rate of a first try. */
async function fitCount(sender, sink, size) {
  const start = size > 1e6 ? 5 : 100;
  const { rate } = await runOnce(sender, sink, start, size);
  const most = size > 1e6 ? 200 : 50_000;
  return Math.max(start, Math.min(most, Math.round(rate * Number(values.seconds))));
}

const results = [];

/** Rounds of all senders, one after the other in each round. */
async function compare({ form, rtt, size }, sink) {
  const senders = values.senders.split(',');
  const kindOf = (sender) => (sender === 'floor' && form === 'bdat' ? 'floor-bdat' : sender);
  const counts = new Map();
  for (const sender of senders) counts.set(sender, await fitCount(kindOf(sender), sink, size));
  const runs = new Map(senders.map((sender) => [sender, []]));
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const sender of senders)
      runs.get(sender).push(await runOnce(kindOf(sender), sink, counts.get(sender), size));
  }
  for (const sender of senders) {
    const own = runs.get(sender);
    const middle = (field, digits) => Number(median(own.map((run) => run[field])).toPrecision(digits));
    const to = (other, field) => {
      const others = runs.get(other);
      if (others === undefined) return null;
      return Number(median(own.map((run, i) => run[field] / others[i][field])).toPrecision(3));
    };
    results.push({
      form,
      'rtt ms': rtt,
      size,
      sender,
      'messages/s': middle('rate', 4),
      'MB/s': middle('mb', 3),
      'CPU s per 1000': middle('cpu', 3),
      'peak MB': middle('rssMb', 3),
      'round trips': rtt === 0 ? null : middle('trips', 2),
      'rate to floor': to('floor', 'rate'),
      'rate to nodemailer': to('nodemailer', 'rate'),
      'CPU to nodemailer': to('nodemailer', 'cpu'),
    });
  }
  console.table(results.slice(-senders.length));
}

try {
  await makeCertificates();
  console.log(`${machine()}, ${values.connections} connections`);
  for (const form of values.forms.split(',')) {
    for (const rtt of list(values.rtt)) {
      const features = form === 'bdat' ? ['chunking'] : [];
      const sink = await startServer('sink.mjs', [file('leaf.key'), file('leaf.pem'), rtt, ...features]);
      for (const size of list(values.sizes)) await compare({ form, rtt, size }, sink);
      await sink.close();
    }
  }
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(results, null, 2));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
