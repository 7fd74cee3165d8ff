/**
 * A long line to a mail server on the same machine: it carries octets both ways and takes its time, and it knows how much
 * the client has sent before it had anything to read.
 */
import net from 'node:net';
import type { MailServer } from './servers.js';

/** A line that is open. */
export interface Line {
  /** The server at the end of it. */
  readonly server: MailServer;
  /** Most octets that came from the client in one go, while nothing went to it. */
  readonly longestBurst: number;
  close(): Promise<void>;
}

/** Opens a line with a delay of so many milliseconds each way. */
export async function openLine(server: MailServer, delayMs: number): Promise<Line> {
  const sockets = new Set<net.Socket>();
  let longestBurst = 0;
  const listener = net.createServer((near) => {
    const far = net.connect(server.port, server.addr);
    let burst = 0;
    near.on('data', (octets) => {
      burst += octets.length;
      longestBurst = Math.max(longestBurst, burst);
    });
    carry(near, far, delayMs, () => undefined);
    carry(far, near, delayMs, () => (burst = 0));
    for (const socket of [near, far]) sockets.add(socket.setNoDelay(true));
  });
  await new Promise<void>((resolve) => void listener.listen(0, server.addr, resolve));
  return {
    server: { ...server, port: (listener.address() as net.AddressInfo).port },
    get longestBurst() {
      return longestBurst;
    },
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => void listener.close(() => resolve()));
    },
  };
}

/** In their order, each after the delay. */
function carry(from: net.Socket, to: net.Socket, delayMs: number, arrives: () => void): void {
  const later = (act: () => void): void => void setTimeout(act, delayMs);
  from.on('data', (octets) =>
    later(() => {
      arrives();
      if (!to.destroyed) to.write(octets);
    }),
  );
  from.on('end', () => later(() => to.end()));
  from.on('error', () => later(() => to.destroy()));
}
