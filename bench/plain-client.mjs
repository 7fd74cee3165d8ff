/** The client of the floors: node:tls and nothing more. */
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';

/** A session inside TLS, EHLO said: the layer, and `replies(n)`, which waits for so many. */
export async function openSession({ port, address = '127.0.0.1', ...secure }) {
  const socket = net.connect(port, address);
  socket.setNoDelay(true);
  const clear = repliesOf(socket);
  await clear(1);
  for (const command of ['EHLO out.bank.test\r\n', 'STARTTLS\r\n']) {
    socket.write(command);
    await clear(1);
  }
  socket.removeAllListeners('data');
  const layer = tls.connect({ socket, ...secure });
  await once(layer, 'secureConnect');
  const replies = repliesOf(layer);
  layer.write('EHLO out.bank.test\r\n');
  await replies(1);
  return { layer, replies };
}

/** Waits for so many replies, in the order of the calls; a reply ends with the line that has a space behind its code. */
function repliesOf(socket) {
  const waiting = [];
  let early = 0;
  let text = '';
  socket.on('data', (octets) => {
    text += octets.toString('latin1');
    let at = 0;
    for (let end = text.indexOf('\r\n', at); end >= 0; end = text.indexOf('\r\n', at)) {
      const isLast = text[at + 3] !== '-';
      if (text[at] > '3') throw new Error(`refused: ${text.slice(at, end)}`);
      at = end + 2;
      if (!isLast) continue;
      if (waiting.length === 0) early += 1;
      else {
        waiting[0].due -= 1;
        if (waiting[0].due === 0) waiting.shift().resolve();
      }
    }
    text = text.slice(at);
  });
  return (count) =>
    new Promise((resolve) => {
      const due = Math.max(0, count - early);
      early = Math.max(0, early - count);
      if (due === 0) resolve();
      else waiting.push({ due, resolve });
    });
}
