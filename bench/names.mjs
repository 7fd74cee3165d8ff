/**
 * Names and addresses of the many destinations of a benchmark, and a name server for them.
 *
 *   dN.test           MX 10 mxN.sink.test
 *   mxN.sink.test     A: an address of its own in 127.0.0.0/8; where N is a multiple of 20, a silent one stands in front
 */
import dgram from 'node:dgram';
import dns from 'dns-packet';

export const domainOf = (i) => `d${i}.test`;
export const hostOf = (i) => `mx${i}.sink.test`;
export const addressOf = (i) => `127.${i >> 16}.${(i >> 8) & 255}.${1 + (i & 127)}`;
/** Nobody answers there: the dial of the benchmark waits for ever. */
export const isSilent = (address) => address.startsWith('192.0.2.');
const numberOf = (name) => Number(/\d+/.exec(name)?.[0]);

/** Answers over UDP on loopback, after so many milliseconds. */
export async function startNameServer(delayMs) {
  const socket = dgram.createSocket('udp4');
  let asked = 0;
  let open = 0;
  let mostAtOnce = 0;
  socket.on('message', (octets, from) => {
    asked += 1;
    open += 1;
    mostAtOnce = Math.max(mostAtOnce, open);
    const { id, questions } = dns.decode(octets);
    const [question] = questions;
    const answer = dns.encode({
      type: 'response',
      id,
      flags: dns.RECURSION_DESIRED | dns.RECURSION_AVAILABLE,
      questions,
      answers: answersTo(question),
    });
    setTimeout(() => {
      open -= 1;
      socket.send(answer, from.port, from.address);
    }, delayMs);
  });
  await new Promise((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return {
    port: socket.address().port,
    seen() {
      const now = { asked, mostAtOnce };
      asked = 0;
      mostAtOnce = 0;
      return now;
    },
  };
}

function answersTo({ name, type }) {
  const i = numberOf(name);
  const common = { name, ttl: 3600 };
  if (type === 'MX') return [{ ...common, type, data: { preference: 10, exchange: hostOf(i) } }];
  if (type !== 'A') return [];
  const addresses = i % 20 === 0 ? ['192.0.2.1', addressOf(i)] : [addressOf(i)];
  return addresses.map((data) => ({ ...common, type, data }));
}
