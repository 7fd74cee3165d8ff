/**
 * Sends messages to the sink and tells what it took: one run of one sender, in a process of its own.
 *
 *   node bench/send.mjs <ours|durable|nodemailer|floor|floor-bdat> <port> <ca.pem> <messages> <size> <connections> [<queue>]
 *
 * `durable` is `ours` with the queue in a SQLite file: 100 callers, each waiting until its message is kept.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { messageOf } from './message.mjs';
import { openSession } from './plain-client.mjs';
import { pooledTransport, surroundings } from './surroundings.mjs';

const [, , kind, portText, caFile, countText, sizeText, connectionsText, queueFile] = process.argv;
const port = Number(portText);
const count = Number(countText);
const size = Number(sizeText);
const connections = Number(connectionsText);
const ca = readFileSync(caFile, 'utf8');
const from = 'ops@bank.test';
const to = 'anna@sink.test';

/** Numbers from `start` to `end` - 1, shared by whoever takes the next. */
function numbers(start, end) {
  let next = start;
  return () => (next < end ? next++ : null);
}

async function ours({ callers, places, queueOf }) {
  const { createSender, memoryQueue } = await import('../dist/index.js');
  const { pemStore } = await import('../dist/x509/index.js');
  const sender = createSender({
    ...surroundings({ port, trust: pemStore(ca, 'bench') }),
    queue: queueOf(memoryQueue),
    concurrency: places * connections,
    perDomain: places * connections,
    perHost: connections,
  });
  const mostOpen = 80 + places * connections;
  return {
    async run(next) {
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
          await fewerThan(mostOpen);
        }
      };
      await Promise.all(Array.from({ length: callers }, call));
      await fewerThan(1);
    },
    close: () => sender.close(),
  };
}

async function nodemailer() {
  const transport = await pooledTransport({ port, ca, connections });
  return {
    async run(next) {
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

const mail = `MAIL FROM:<${from}>\r\nRCPT TO:<${to}>\r\n`;

/** Precomputed octets on node:tls: the body of one message and the envelope of the next in one write. */
function floor() {
  const envelope = Buffer.from(`${mail}DATA\r\n`);
  const dot = Buffer.from('.\r\n');
  return onConnections(async ({ layer, replies }, next) => {
    let i = next();
    if (i === null) return;
    layer.write(envelope);
    await replies(3);
    while (i !== null) {
      const body = messageOf(i, size);
      i = next();
      layer.cork();
      layer.write(body);
      layer.write(dot);
      if (i !== null) layer.write(envelope);
      layer.uncork();
      await replies(i === null ? 1 : 4);
    }
  });
}

/** The same by BDAT: up to 16 messages and a mebibyte in flight, a message alone where it is larger. */
function floorBdat() {
  return onConnections(async ({ layer, replies }, next) => {
    const most = Math.max(1, Math.min(16, Math.floor(2 ** 20 / size)));
    let inFlight = 0;
    let room = () => undefined;
    const finished = [];
    for (let i = next(); i !== null; i = next()) {
      const body = messageOf(i, size);
      layer.cork();
      layer.write(`RSET\r\n${mail}BDAT ${body.length} LAST\r\n`);
      const hasRoom = layer.write(body);
      process.nextTick(() => layer.uncork());
      inFlight += 1;
      finished.push(
        replies(4).then(() => {
          inFlight -= 1;
          room();
        }),
      );
      if (!hasRoom && size > 65_536) await once(layer, 'drain');
      while (inFlight >= most) await new Promise((resolve) => (room = resolve));
    }
    await Promise.all(finished);
  });
}

async function onConnections(send) {
  const open = () => openSession({ port, ca, servername: 'mx.sink.test' });
  const sessions = await Promise.all(Array.from({ length: connections }, open));
  return {
    async run(next) {
      await Promise.all(sessions.map((each) => send(each, next)));
    },
    close: () => sessions.forEach(({ layer }) => layer.destroy()),
  };
}

const kinds = {
  // A window of 16 on each connection, and half as many that wait for room.
  ours: () => ours({ callers: 1, places: 24, queueOf: (memoryQueue) => memoryQueue() }),
  // A job holds its place while the disk takes its lease and its outcome.
  durable: () => ours({ callers: 100, places: 48, queueOf: () => queueFile }),
  nodemailer,
  floor,
  'floor-bdat': floorBdat,
};
const sender = await kinds[kind]();
// A fifth goes first and is not counted: what is compared are senders that have been running.
const warm = Math.ceil(count / 5);
await sender.run(numbers(0, warm));
const cpu = process.cpuUsage();
const since = performance.now();
await sender.run(numbers(warm, count));
const seconds = (performance.now() - since) / 1000;
const { user, system } = process.cpuUsage(cpu);
const { maxRSS } = process.resourceUsage();
const counted = count - warm;
console.log(
  JSON.stringify({
    rate: counted / seconds,
    mb: (counted * messageOf(count - 1, size).length) / 2 ** 20 / seconds,
    cpu: ((user + system) / 1e3 / counted).toPrecision(4),
    rssMb: Math.round(maxRSS / 1024),
  }),
);
await sender.close();
process.exit(0);
