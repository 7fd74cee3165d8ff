/** A client that says exactly what a test tells it to, octet for octet, in clear or inside TLS. */
import net from 'node:net';
import tls from 'node:tls';

/** A session. */
export interface Client {
  /** Writes octets as they are and waits for one reply: its lines, joined with line feeds. */
  send(octets: string): Promise<string>;
  /** Writes a command and waits for the reply. */
  say(command: string): Promise<string>;
  /** The next reply, or what came when nothing follows within the turn that `until` takes. */
  reply(): Promise<string>;
  /** Handshakes on the same connection; STARTTLS has been said. */
  secure(options?: tls.ConnectionOptions): Promise<void>;
  /** What has come and was asked for by nobody. */
  unread(): string;
  close(): void;
}

/** Connects and reads the greeting. */
export async function openClient(port: number): Promise<Client> {
  let socket: net.Socket = net.connect({ port, host: '127.0.0.1' });
  let text = '';
  let wake = (): void => undefined;
  let isOver = false;
  const listen = (): void => {
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      wake();
    });
    for (const event of ['close', 'error']) {
      socket.on(event, () => {
        isOver = true;
        wake();
      });
    }
  };
  listen();
  const reply = async (): Promise<string> => {
    for (;;) {
      const whole = /^(?:\d{3}-[^\r\n]*\r\n)*\d{3} [^\r\n]*\r\n/.exec(text)?.[0];
      if (whole !== undefined) {
        text = text.slice(whole.length);
        return whole.trimEnd().replaceAll('\r\n', '\n');
      }
      if (isOver) throw new Error(`the server has closed, having said ${JSON.stringify(text)}`);
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  const send = (octets: string): Promise<string> => {
    socket.write(octets, 'latin1');
    return reply();
  };
  await reply();
  return {
    send,
    reply,
    say: (command) => send(`${command}\r\n`),
    secure: (options = {}) =>
      new Promise((resolve, reject) => {
        socket.removeAllListeners();
        socket = tls.connect({ socket, rejectUnauthorized: false, ...options }, resolve);
        socket.on('error', reject);
        listen();
      }),
    unread: () => text,
    close: () => void socket.destroy(),
  };
}
