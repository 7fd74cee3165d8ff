/**
 * Many mail servers in one process, for benchmarks: whatever name a client asks for in its handshake gets a certificate of
 * its own, sent with the intermediate that issued it. They take everything and note the SHA-256 of each message.
 *
 *   node bench/hosts.mjs [milliseconds until a name server answers]
 *
 * The first line on standard output is JSON: the port, on every address of 127.0.0.0/8, the root to trust, and the port of a
 * name server: domain number N has one mail server, and that one address, or a silent one in front of it (`names.mjs`).
 * Each line on standard input is answered with what was seen since the last one.
 */
import { createHash } from 'node:crypto';
import net from 'node:net';
import { createInterface } from 'node:readline';
import tls from 'node:tls';
import { createAuthority } from '../dist/testing/index.js';
import { startNameServer } from './names.mjs';

const authority = await createAuthority({ name: 'Bench Root' });
const contexts = new Map();
const nothing = () => ({ connections: 0, mostAtOnce: 0, digests: [] });
let seen = nothing();
let open = 0;
const names = await startNameServer(Number(process.argv[2] ?? 0));

/** The certificate of a host, as a context; made when it is first asked for. */
function contextOf(host) {
  const known = contexts.get(host);
  if (known !== undefined) return known;
  const { chain, key } = authority.forHost(host);
  const context = tls.createSecureContext({ cert: chain, key });
  contexts.set(host, context);
  return context;
}

const server = tls.createSecureContext({});
const END = Buffer.from('\r\n.\r\n');

function serve(socket) {
  seen.connections += 1;
  open += 1;
  seen.mostAtOnce = Math.max(seen.mostAtOnce, open);
  socket.once('close', () => (open -= 1));
  socket.setNoDelay(true);
  socket.on('error', () => undefined);
  socket.write('220 sink.test ESMTP\r\n');
  speak(socket, (rest) => {
    if (rest.length > 0) throw new Error('octets behind STARTTLS');
    socket.removeAllListeners('data');
    const layer = new tls.TLSSocket(socket, {
      isServer: true,
      secureContext: server,
      SNICallback: (host, done) => done(null, contextOf(host)),
    });
    layer.on('error', () => undefined);
    speak(layer, null);
  });
}

/** Reads commands and messages, in order. */
function speak(layer, onStartTls) {
  let input = Buffer.alloc(0);
  let inMessage = false;
  layer.on('data', (octets) => {
    input = input.length === 0 ? octets : Buffer.concat([input, octets]);
    let answer = '';
    for (;;) {
      const end = inMessage ? input.indexOf(END) : input.indexOf('\r\n');
      if (end < 0) break;
      if (inMessage) {
        seen.digests.push(
          createHash('sha256')
            .update(input.subarray(0, end + 2))
            .digest('base64'),
        );
        input = input.subarray(end + END.length);
        inMessage = false;
        answer += '250 2.0.0 taken\r\n';
        continue;
      }
      const verb = input.toString('latin1', 0, 4).toUpperCase();
      input = input.subarray(end + 2);
      if (verb === 'EHLO') {
        const offer = onStartTls === null ? '' : '250-STARTTLS\r\n';
        answer += `250-sink.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n${offer}250 SIZE\r\n`;
      } else if (verb === 'STAR') {
        // Nobody else may read what comes next, so this is the last thing done here.
        layer.write('220 2.0.0 go\r\n');
        onStartTls(input);
        return;
      } else if (verb === 'DATA') {
        inMessage = true;
        answer += '354 go\r\n';
      } else if (verb === 'QUIT') {
        layer.end(`${answer}221 2.0.0 bye\r\n`);
        return;
      } else answer += '250 2.0.0 ok\r\n';
    }
    if (answer !== '') layer.write(answer);
  });
}

const listener = net.createServer(serve);
// Every address of the loopback network, 127.0.0.1 to 127.255.255.254.
listener.listen({ port: 0, host: '0.0.0.0', backlog: 1000 }, () =>
  console.log(JSON.stringify({ port: listener.address().port, dns: names.port, root: authority.trust })),
);
createInterface({ input: process.stdin })
  .on('line', () => {
    console.log(JSON.stringify({ ...seen, names: names.seen() }));
    seen = nothing();
  })
  .on('close', () => process.exit(0));
