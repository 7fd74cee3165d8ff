/**
 * One message to each of many destinations, a connection and a handshake for each: one run of one sender, in a process
 * of its own.
 *
 *   node bench/each-anew.mjs <ours|floor|nodemailer|nodemailer-bare> <port> <roots.json> <messages> <at the same time> <warm-up>
 *
 * The file holds `root`, the root of the bench, and `roots`, those of a public list. `nodemailer-bare` trusts the first
 * alone. `floor` is what node:tls needs to make and verify the same sessions over one context, writing precomputed octets.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import tls from 'node:tls';
import { messageOf } from './message.mjs';
import { addressOf, domainOf, hostOf } from './names.mjs';
import { openSession } from './plain-client.mjs';
import { surroundings } from './surroundings.mjs';

const [, , kind, portText, rootsFile, countText, atOnceText, warmUpText] = process.argv;
const port = Number(portText);
const count = Number(countText);
const atOnce = Number(atOnceText);
const SIZE = 4096;
/** So many go first and are not counted: what is compared are senders that have been running. */
const warmUp = Number(warmUpText);
const { root, roots } = JSON.parse(readFileSync(rootsFile, 'utf8'));
const from = 'ops@bank.test';
const toOf = (i) => `anna@${domainOf(i)}`;

async function floor() {
  const secureContext = tls.createSecureContext({ ca: [...roots, root] });
  const tail = Buffer.from('.\r\n');
  return {
    async send(i) {
      const address = addressOf(i);
      const { layer, replies } = await openSession({ port, address, secureContext, servername: hostOf(i) });
      layer.write(`MAIL FROM:<${from}>\r\nRCPT TO:<${toOf(i)}>\r\nDATA\r\n`);
      await replies(3);
      layer.cork();
      layer.write(messageOf(i, SIZE));
      layer.write(tail);
      layer.uncork();
      await replies(1);
      layer.write('QUIT\r\n');
      await replies(1);
      layer.end();
      await once(layer, 'close');
    },
    close: () => undefined,
  };
}

async function ours() {
  const { createSender, memoryQueue, summarise } = await import('../dist/index.js');
  const { pemStore } = await import('../dist/x509/index.js');
  const numberOf = (name) => Number(/\d+/.exec(name)?.[0]);
  const sender = createSender({
    ...surroundings({
      port,
      trust: pemStore([...roots, root], 'bench', Date.now()),
      hostOf: (domain) => hostOf(numberOf(domain)),
      addressOf: (host) => addressOf(numberOf(host)),
    }),
    queue: memoryQueue(),
    concurrency: atOnce,
    onAttempt: summarise,
  });
  return {
    async send(i) {
      const receipt = await sender.send({ from, to: toOf(i), message: messageOf(i, SIZE) });
      const [outcome] = await receipt.settled;
      if (outcome.state !== 'delivered' || !outcome.verdict.authenticated)
        throw new Error(`not delivered: ${outcome.reason}`);
    },
    close: () => sender.close(),
  };
}

async function nodemailer(ca) {
  const { createTransport } = await import('nodemailer');
  return {
    async send(i) {
      const transport = createTransport({
        host: addressOf(i),
        port,
        name: 'out.bank.test',
        requireTLS: true,
        tls: { ca, servername: hostOf(i) },
      });
      await transport.sendMail({ envelope: { from, to: toOf(i) }, raw: messageOf(i, SIZE) });
    },
    close: () => undefined,
  };
}

/** Sends the messages of these numbers, so many at the same time. */
async function sendAll(sender, first, end) {
  let next = first;
  const work = async () => {
    while (next < end) await sender.send(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

const senders = {
  ours,
  floor,
  nodemailer: () => nodemailer([...roots, root]),
  'nodemailer-bare': () => nodemailer([root]),
};
const sender = await senders[kind]();
await sendAll(sender, 0, warmUp);
const cpu = process.cpuUsage();
const since = performance.now();
await sendAll(sender, warmUp, warmUp + count);
await sender.close();
const seconds = (performance.now() - since) / 1000;
const { user, system } = process.cpuUsage(cpu);
const rssMb = Math.round(process.resourceUsage().maxRSS / 1024);
console.log(JSON.stringify({ sent: warmUp + count, seconds, cpu: (user + system) / 1e6, rssMb }));
process.exit(0);
