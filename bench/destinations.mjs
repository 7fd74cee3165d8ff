/**
 * Mail to very many destinations, one message for each: a sender in a process of its own, a name server and mail servers on
 * loopback in another. Every destination has a name, an address and a certificate of its own; of every twenty, one has a
 * silent address in front of the one that answers.
 *
 *   npm run bench:destinations -- [--domains 10000] [--at-once 20,100,400] [--dns-ms 20] [--json FILE]
 *
 * Told are the rate, what it took, and the memory at each quarter of the way.
 */
import { writeFileSync } from 'node:fs';
import net from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { runSender, startServer } from './children.mjs';
import { machine } from './figures.mjs';
import { messageOf } from './message.mjs';
import { domainOf, isSilent } from './names.mjs';

const { values } = parseArgs({
  options: {
    domains: { type: 'string', default: '10000' },
    'at-once': { type: 'string', default: '20,100,400' },
    'dns-ms': { type: 'string', default: '20' },
    json: { type: 'string' },
    /** For the process of the sender. */
    send: { type: 'string' },
  },
});
const count = Number(values.domains);

/** Dials, except where nobody answers. */
function dial({ address, port }, ctx) {
  return new Promise((resolve, reject) => {
    ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason), { once: true });
    if (isSilent(address)) return;
    const socket = net.connect(port, address);
    socket.once('error', reject).once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

async function send({ port, dns, root, atOnce }) {
  const { createSender, memoryQueue, summarise } = await import('../dist/index.js');
  const { cacheResolver, createSystemResolver } = await import('../dist/route/index.js');
  const { pemStore } = await import('../dist/x509/index.js');
  const sender = createSender({
    ehloName: 'out.bank.test',
    default: 'verified',
    queue: memoryQueue(),
    trust: pemStore(root, 'bench', Date.now()),
    port,
    allowPrivateAddresses: true,
    families: ['ipv4'],
    concurrency: atOnce,
    dial,
    onAttempt: summarise,
    resolver: cacheResolver(createSystemResolver({ servers: [`127.0.0.1:${dns}`] })),
  });
  const rss = [];
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const cpu = process.cpuUsage();
  const since = performance.now();
  let settled = 0;
  let wake = () => undefined;
  const fewerThan = async (most, put) => {
    while (put - settled >= most) await new Promise((resolve) => (wake = resolve));
  };
  for (let i = 0; i < count; i += 1) {
    const mail = { from: 'ops@bank.test', to: `anna@${domainOf(i)}`, message: messageOf(i, 4096) };
    const receipt = await sender.send(mail);
    // A message that was not delivered ends the run: nobody catches this.
    void receipt.settled.then(([outcome]) => {
      if (outcome.state !== 'delivered' || !outcome.verdict.authenticated)
        throw new Error(`not delivered: ${outcome.reason}`);
      settled += 1;
      if (settled % Math.floor(count / 4) === 0) rss.push(Math.round(process.memoryUsage().rss / 2 ** 20));
      wake();
    });
    // As many wait as a burst would leave there, and no more, so that memory says something.
    await fewerThan(1000, i + 1);
  }
  await fewerThan(1, count);
  const seconds = (performance.now() - since) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  await sender.close();
  return { seconds, cpu: (user + system) / 1e6, rss, loopP99: delay.percentile(99) / 1e6 };
}

async function runOnce(hosts, atOnce) {
  const send = JSON.stringify({ ...hosts.ready, atOnce });
  const run = await runSender('destinations.mjs', ['--domains', values.domains, '--send', send]);
  const seen = await hosts.seen();
  if (new Set(seen.digests).size !== count)
    throw new Error(`${seen.digests.length} messages arrived, not ${count}`);
  return {
    'jobs at once': atOnce,
    'messages/s': Math.round(count / run.seconds),
    'CPU s per 1000': Number(((run.cpu / count) * 1000).toPrecision(3)),
    'MB at each quarter': run.rss.join(' '),
    'loop p99 ms': Math.round(run.loopP99),
    connections: seen.connections,
    'at once': seen.mostAtOnce,
    questions: seen.names.asked,
    'questions at once': seen.names.mostAtOnce,
  };
}

if (values.send !== undefined) {
  console.log(JSON.stringify(await send(JSON.parse(values.send))));
  process.exit(0);
}
const hosts = await startServer('hosts.mjs', [values['dns-ms']]);
try {
  console.log(`${machine()}, ${count} domains, answers of DNS after ${values['dns-ms']} ms`);
  const results = [];
  for (const atOnce of values['at-once'].split(',')) results.push(await runOnce(hosts, Number(atOnce)));
  console.table(results);
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(results, null, 2));
} finally {
  await hosts.close();
}
