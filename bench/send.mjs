/**
 * Sends messages to the sink and tells what it took: one run of one sender, in a process of its own.
 *
 *   node bench/send.mjs <ours|durable|nodemailer|floor> <port> <ca.pem> <messages> <size> <connections> [<queue>]
 *
 * `durable` is `ours` with the queue in a SQLite file: 50 callers, each waiting until its message is kept.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import tls from 'node:tls';
import { messageOf } from './message.mjs';

const [, , kind, portText, caFile, countText, sizeText, connectionsText, queueFile] = process.argv;
const port = Number(portText);
const count = Number(countText);
const size = Number(sizeText);
const connections = Number(connectionsText);
const ca = readFileSync(caFile, 'utf8');
const from = 'ops@bank.test';
const to = 'anna@sink.test';

/** Numbers 0 to count - 1, shared by whoever takes the next. */
function numbers() {
  let next = 0;
  return () => (next < count ? next++ : null);
}

async function ours(callers, queueOf) {
  const { createSender, memoryQueue } = await import('../dist/index.js');
  const { pemStore } = await import('../dist/x509/index.js');
  const found = (records) => Promise.resolve({ kind: 'found', records, dnssec: 'insecure', ttl: 3600 });
  const none = () => Promise.resolve({ kind: 'nodata', dnssec: 'insecure', ttl: 3600 });
  const sender = createSender({
    ehloName: 'out.bank.test',
    default: 'verified',
    queue: queueOf(memoryQueue),
    trust: pemStore(ca, 'bench'),
    port,
    allowPrivateAddresses: true,
    families: ['ipv4'],
    concurrency: 2 * connections,
    perDomain: 2 * connections,
    perHost: connections,
    resolver: {
      name: 'bench',
      mx: () => found([{ preference: 10, exchange: 'mx.sink.test' }]),
      addresses: (_, family) => (family === 4 ? found(['127.0.0.1']) : none()),
      cname: none,
    },
  });
  return {
    async run() {
      const next = numbers();
      let open = 0;
      const waiting = [];
      const fewerThan = async (most) => {
        while (open >= most) await new Promise((resolve) => waiting.push(resolve));
      };
      const call = async () => {
        for (let i = next(); i !== null; i = next()) {
          const receipt = await sender.send({ from, to, message: messageOf(i, size) });
          open += 1;
          // A message that was not delivered ends the run: nobody catches this.
          void receipt.settled.then(([outcome]) => {
            if (outcome.state !== 'delivered') throw new Error(`not delivered: ${outcome.reason}`);
            open -= 1;
            waiting.shift()?.();
          });
          // As many wait in the queue as a burst would leave there, and no more, so that memory says something.
          await fewerThan(200);
        }
      };
      await Promise.all(Array.from({ length: callers }, call));
      await fewerThan(1);
    },
    close: () => sender.close(),
  };
}

async function nodemailer() {
  const { createTransport } = await import('nodemailer');
  const transport = createTransport({
    host: '127.0.0.1',
    port,
    name: 'out.bank.test',
    requireTLS: true,
    pool: true,
    maxConnections: connections,
    maxMessages: Infinity,
    tls: { ca, servername: 'mx.sink.test' },
  });
  return {
    async run() {
      const next = numbers();
      const send = async () => {
        for (let i = next(); i !== null; i = next()) {
          await transport.sendMail({ envelope: { from, to }, raw: messageOf(i, size) });
        }
      };
      await Promise.all(Array.from({ length: Math.max(connections * 4, 20) }, send));
    },
    close: () => transport.close(),
  };
}

/** Precomputed octets on node:tls: the body of one message and the envelope of the next in one write. */
async function floor() {
  const envelope = Buffer.from(`MAIL FROM:<${from}>\r\nRCPT TO:<${to}>\r\nDATA\r\n`);
  const dot = Buffer.from('.\r\n');
  const open = async () => {
    const socket = net.connect(port, '127.0.0.1');
    socket.setNoDelay(true);
    const replies = lines(socket);
    await replies();
    socket.write('EHLO out.bank.test\r\n');
    await replies();
    socket.write('STARTTLS\r\n');
    await replies();
    socket.removeAllListeners('data');
    const layer = tls.connect({ socket, ca, servername: 'mx.sink.test' });
    await once(layer, 'secureConnect');
    const inside = lines(layer);
    layer.write('EHLO out.bank.test\r\n');
    await inside();
    return { layer, replies: inside };
  };
  const layers = await Promise.all(Array.from({ length: connections }, open));
  return {
    async run() {
      const next = numbers();
      const send = async ({ layer, replies }) => {
        let i = next();
        if (i === null) return;
        layer.write(envelope);
        await replies();
        await replies();
        await replies();
        while (i !== null) {
          const body = messageOf(i, size);
          i = next();
          layer.cork();
          layer.write(body);
          layer.write(dot);
          if (i !== null) layer.write(envelope);
          layer.uncork();
          for (let due = i === null ? 1 : 4; due > 0; due -= 1) await replies();
        }
      };
      await Promise.all(layers.map(send));
    },
    close: () => layers.forEach(({ layer }) => layer.destroy()),
  };
}

/** Reads replies one by one; a reply ends with the line that has a space behind its code. */
function lines(socket) {
  const done = [];
  const waiting = [];
  let text = '';
  socket.on('data', (octets) => {
    text += octets.toString('latin1');
    for (let end = text.indexOf('\r\n'); end >= 0; end = text.indexOf('\r\n')) {
      const one = text.slice(0, end);
      text = text.slice(end + 2);
      if (one[3] === '-') continue;
      if (one[0] > '3') throw new Error(`refused: ${one}`);
      const wake = waiting.shift();
      if (wake) wake(one);
      else done.push(one);
    }
  });
  return () => (done.length > 0 ? done.shift() : new Promise((resolve) => waiting.push(resolve)));
}

const kinds = {
  ours: () => ours(1, (memoryQueue) => memoryQueue()),
  durable: () => ours(50, () => queueFile),
  nodemailer,
  floor,
};
const sender = await kinds[kind]();
const cpu = process.cpuUsage();
const since = performance.now();
await sender.run();
const seconds = (performance.now() - since) / 1000;
const { user, system } = process.cpuUsage(cpu);
const { maxRSS } = process.resourceUsage();
console.log(JSON.stringify({ seconds, cpu: (user + system) / 1e6, rssMb: Math.round(maxRSS / 1024) }));
await sender.close();
process.exit(0);
