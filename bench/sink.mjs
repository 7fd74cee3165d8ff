/**
 * A mail server that takes everything and answers after a round trip of its own: for benchmarks, in a process of its own.
 * It speaks STARTTLS, PIPELINING, SIZE, 8BITMIME and, if told so, CHUNKING, strictly in order, and notes for every
 * message its size and SHA-256.
 *
 *   node bench/sink.mjs <key.pem> <cert.pem> <round trip in ms> [chunking] [at=<address>:<port>]
 *
 * It prints `{"port":N}` when it listens, and answers each line on its standard input with its count so far as JSON.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { createInterface } from 'node:readline';
import tls from 'node:tls';

const [, , keyFile, certFile, roundTrip = '0', ...features] = process.argv;
const delayMs = Number(roundTrip) / 2;
const chunking = features.includes('chunking');
const [address, port] = (features.find((each) => each.startsWith('at=')) ?? 'at=127.0.0.1:0')
  .slice(3)
  .split(':');
const context = tls.createSecureContext({ key: readFileSync(keyFile), cert: readFileSync(certFile) });
/**
 * `roundTrips`: intervals of one round trip, on each connection, in which something came in;
 * where it is never silent for longer, that is how many of them its messages took.
 */
const seen = { connections: 0, messages: 0, octets: 0, roundTrips: 0, digests: new Map() };

/** Passes octets on after half a round trip, in order. */
function line(deliver) {
  if (delayMs === 0) return deliver;
  const waiting = [];
  let timer = null;
  const flush = () => {
    timer = null;
    const now = performance.now();
    while (waiting.length > 0 && waiting[0].at <= now + 0.2) deliver(waiting.shift().octets);
    if (waiting.length > 0) timer = setTimeout(flush, Math.max(0, waiting[0].at - performance.now()));
  };
  return (octets) => {
    waiting.push({ at: performance.now() + delayMs, octets });
    timer ??= setTimeout(flush, delayMs);
  };
}

function serve(socket) {
  seen.connections += 1;
  socket.setNoDelay(true);
  socket.on('error', () => undefined);
  let layer = socket;
  let say = line((octets) => socket.write(octets));
  let input = Buffer.alloc(0);
  let mode = 'command';
  let left = 0;
  let last = false;
  let hash = null;
  let size = 0;
  let out = [];
  let roundEnds = 0;
  const reply = (text) => out.push(text);
  const flush = () => {
    if (out.length === 0) return;
    const octets = Buffer.from(out.join(''));
    out = [];

    say(octets);
  };
  const finish = () => {
    seen.messages += 1;
    seen.octets += size;
    const digest = hash.digest('hex');
    seen.digests.set(digest, (seen.digests.get(digest) ?? 0) + 1);
    hash = null;
    reply('250 2.0.0 taken\r\n');
  };
  const take = (octets) => {
    hash ??= createHash('sha256');
    hash.update(octets);
    size += octets.length;
  };
  const startTls = () => {
    flush();
    // What comes next is for TLS: nobody else may read it.
    socket.removeAllListeners('data');
    socket.pause();
    setTimeout(() => {
      layer = new tls.TLSSocket(socket, { isServer: true, secureContext: context });
      layer.on('error', () => undefined);
      say = line((octets) => layer.write(octets));
      layer.on('data', line(receive));
    }, delayMs);
  };
  const command = (text) => {
    const verb = text.slice(0, 4).toUpperCase();
    if (verb === 'EHLO') {
      const tlsOffer = layer === socket ? '250-STARTTLS\r\n' : chunking ? '250-CHUNKING\r\n' : '';
      reply(
        `250-sink.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n${tlsOffer}250 SIZE\r\n`,
      );
    } else if (verb === 'STAR') {
      reply('220 2.0.0 go\r\n');
      startTls();
    } else if (verb === 'DATA') {
      reply('354 go\r\n');
      mode = 'data';
      size = 0;
    } else if (verb === 'BDAT') {
      const [, octets, mark] = text.split(' ');
      left = Number(octets);
      last = mark !== undefined;
      mode = 'chunk';
      if (hash === null) size = 0;
    } else if (verb === 'QUIT') {
      reply('221 2.0.0 bye\r\n');
      flush();
      setTimeout(() => layer.end(), delayMs + 1);
    } else reply('250 2.0.0 ok\r\n');
  };
  /** What stands before the lone dot, dots taken out. */
  const data = () => {
    const end = input.indexOf('\r\n.\r\n');
    if (end < 0) {
      const keep = Math.min(4, input.length);
      const ready = input.subarray(0, input.length - keep);
      if (ready.length > 0) take(ready);
      input = input.subarray(ready.length);
      return false;
    }
    take(input.subarray(0, end + 2));
    input = input.subarray(end + 5);
    mode = 'command';
    finish();
    return true;
  };
  const chunk = () => {
    const octets = input.subarray(0, left);
    if (octets.length > 0) take(octets);
    input = input.subarray(octets.length);
    left -= octets.length;
    if (left > 0) return false;
    mode = 'command';
    if (last) finish();
    else reply('250 2.0.0 chunk\r\n');
    return true;
  };
  function receive(octets) {
    const now = performance.now();
    if (now >= roundEnds) {
      seen.roundTrips += 1;
      roundEnds = now + 2 * delayMs;
    }
    input = input.length === 0 ? octets : Buffer.concat([input, octets]);
    for (;;) {
      if (mode === 'data') {
        if (!data()) break;
      } else if (mode === 'chunk') {
        if (!chunk()) break;
      } else {
        const end = input.indexOf('\r\n');
        if (end < 0) break;
        const text = input.subarray(0, end).toString('latin1');
        input = input.subarray(end + 2);
        command(text);
      }
    }
    flush();
  }
  socket.on('data', line(receive));
  say(Buffer.from('220 sink.test ESMTP\r\n'));
}

const server = net.createServer(serve);
server.listen(Number(port), address, () => console.log(JSON.stringify({ port: server.address().port })));
createInterface({ input: process.stdin })
  .on('line', () => {
    console.log(JSON.stringify({ ...seen, digests: [...seen.digests] }));
    seen.digests.clear();
    Object.assign(seen, { connections: 0, messages: 0, octets: 0, roundTrips: 0 });
  })
  .on('close', () => process.exit(0));
