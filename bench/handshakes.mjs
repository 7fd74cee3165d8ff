/**
 * What a handshake for each message costs: this library, nodemailer with and without a full list of roots, and a floor on
 * node:tls, one after the other against the same servers, several times over, with the list of roots in the trust store.
 *
 *   npm run bench:handshakes -- [--rounds 5] [--messages 600] [--at-once 10] [--warm-up 200] [--json FILE]
 *
 * So many messages as `warm-up` says go first and are not counted: V8 compiles a sender for thousands of messages.
 * Every destination has a certificate of its own. Every message arrives or the run fails. Quote the ratios: they are taken
 * within a round.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { certdataStore } from '../dist/x509/index.js';
import { runSender, startServer } from './children.mjs';
import { machine, median } from './figures.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    messages: { type: 'string', default: '600' },
    'at-once': { type: 'string', default: '10' },
    'warm-up': { type: 'string', default: '200' },
    senders: { type: 'string', default: 'floor,ours,nodemailer-bare,nodemailer' },
    json: { type: 'string' },
  },
});

function publicRoots() {
  const text = gunzipSync(
    readFileSync(new URL('../test/data/certdata-2025-10.txt.gz', import.meta.url)),
  ).toString('latin1');
  return certdataStore(text).anchors.map(({ certificate }) => {
    const base64 = Buffer.from(certificate.der).toString('base64');
    return `-----BEGIN CERTIFICATE-----\n${base64.replaceAll(/(.{64})/g, '$1\n')}\n-----END CERTIFICATE-----\n`;
  });
}

async function runOnce(kind, hosts, rootsFile) {
  const { port } = hosts.ready;
  const { messages, 'at-once': atOnce, 'warm-up': warmUp } = values;
  const run = await runSender('each-anew.mjs', [kind, port, rootsFile, messages, atOnce, warmUp]);
  const seen = await hosts.seen();
  if (seen.connections !== run.sent || new Set(seen.digests).size !== run.sent)
    throw new Error(
      `${kind}: ${seen.connections} connections, ${seen.digests.length} messages, sent ${run.sent}`,
    );
  const count = Number(messages);
  return { rate: count / run.seconds, cpu: (run.cpu / count) * 1000, rssMb: run.rssMb };
}

const folder = mkdtempSync(join(tmpdir(), 'handshakes-'));
const hosts = await startServer('hosts.mjs', []);
try {
  const roots = publicRoots();
  const rootsFile = join(folder, 'roots.json');
  writeFileSync(rootsFile, JSON.stringify({ root: hosts.ready.root, roots }));
  const kinds = values.senders.split(',');
  console.log(`${machine()}, ${roots.length} roots`);
  const runs = new Map(kinds.map((kind) => [kind, []]));
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const kind of kinds) runs.get(kind).push(await runOnce(kind, hosts, rootsFile));
  }
  const results = kinds.map((kind) => {
    const own = runs.get(kind);
    const floors = runs.get('floor');
    return {
      sender: kind,
      'messages/s': Number(median(own.map(({ rate }) => rate)).toPrecision(3)),
      'CPU s per 1000': Number(median(own.map(({ cpu }) => cpu)).toPrecision(3)),
      'CPU to floor':
        floors === undefined ? null : Number(median(own.map(({ cpu }, i) => cpu / floors[i].cpu)).toFixed(2)),
      'peak MB': median(own.map(({ rssMb }) => rssMb)),
    };
  });
  console.table(results);
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(results, null, 2));
} finally {
  await hosts.close();
  rmSync(folder, { recursive: true, force: true });
}
