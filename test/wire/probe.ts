/**
 * A tiny client that is nobody's sender: says its lines, notes what comes, and how it ended. For tests of the mock server.
 *
 *   S 220 mx ESMTP          a reply in clear         S* 250 ok   one inside TLS
 *   TLS TLSv1.3 <suite>     the handshake            END closed | END <error>
 */
import net from 'node:net';
import tls from 'node:tls';

/** How the probe behaves. */
export interface ProbeOptions {
  readonly recipients?: number;
  readonly tls?: tls.ConnectionOptions;
  readonly body?: string;
  /** Lines in front of QUIT. */
  readonly more?: readonly string[];
  readonly onSession?: (session: Buffer) => void;
}

/** A probe under way. */
export interface Probe {
  readonly log: string[];
  readonly ended: () => boolean;
  /** Resolves when the connection has ended. */
  readonly over: Promise<void>;
  stop(): void;
}

/** The last line of a reply. */
const LAST_LINE = /^\d{3}(?: [^\n]*)?\r?\n/m;

/** Connects and speaks; the log grows by itself. */
export function startProbe(port: number, options: ProbeOptions = {}): Probe {
  const log: string[] = [];
  let ended = false;
  let settle = (): void => undefined;
  const over = new Promise<void>((resolve) => (settle = resolve));
  let secure = false;
  let heard = '';
  const raw = net.connect(port, '127.0.0.1');
  let layer: net.Socket = raw;
  const recipients = Array.from(
    { length: options.recipients ?? 5 },
    (_, i) => `RCPT TO:<r${i}@partner.example>`,
  );
  const clear = ['EHLO probe.example', 'STARTTLS'];
  const inside = [
    'EHLO probe.example',
    'MAIL FROM:<probe@bank.example>',
    ...recipients,
    'DATA',
    `${options.body ?? 'Subject: x\r\n\r\nhello'}\r\n.`,
    ...(options.more ?? []),
    'QUIT',
  ];
  const end = (how: string): void => {
    if (ended) return;
    ended = true;
    if (heard !== '') log.push(`HALF ${heard}`);
    log.push(`END ${how}`);
    // The layer first: Node 24 crashes when the socket below goes away inside a handshake callback.
    layer.destroy();
    raw.destroy();
    settle();
  };
  const say = (line: string | undefined): void => {
    if (line === undefined) return;
    log.push(`C${secure ? '*' : ''} ${line.split('\r\n', 1)[0]}`);
    layer.write(`${line}\r\n`);
  };
  const startTls = (): void => {
    raw.removeAllListeners('data');
    if (heard !== '') log.push(`INJECTED ${JSON.stringify(heard)}`);
    heard = '';
    const next = tls.connect({
      socket: raw,
      servername: 'mx1.partner.example',
      rejectUnauthorized: false,
      minVersion: 'TLSv1',
      ciphers: 'ALL:COMPLEMENTOFALL:@SECLEVEL=0',
      ...options.tls,
    });
    layer = next;
    next.on('session', (session) => options.onSession?.(session));
    next.once('secureConnect', () => {
      secure = true;
      log.push(
        `TLS ${next.getProtocol()} ${next.getCipher().name} ${String(next.authorizationError ?? 'authorized')}`,
      );
      next.on('data', listen);
      say(inside.shift());
    });
    next.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
    next.on('close', () => end('closed'));
  };
  const listen = (octets: Buffer): void => {
    heard += octets.toString('latin1');
    for (;;) {
      const stop = LAST_LINE.exec(heard);
      if (stop === null) return;
      const reply = heard.slice(0, stop.index + stop[0].length);
      heard = heard.slice(reply.length);
      log.push(`S${secure ? '*' : ''} ${reply.trimEnd()}`);
      if (!secure && log.at(-2) === 'C STARTTLS' && reply.startsWith('220')) {
        startTls();
        return;
      }
      if (!secure && log.includes('C STARTTLS')) say('QUIT');
      else say((secure ? inside : clear).shift());
    }
  };
  raw.on('data', listen);
  raw.on('error', (error: NodeJS.ErrnoException) => {
    if (layer === raw) end(error.code ?? error.message);
  });
  raw.on('close', () => {
    if (layer === raw) end('closed');
  });
  return { log, ended: () => ended, over, stop: () => end('stopped') };
}
