/**
 * A mail server that says what a test tells it to, well-behaved or not, on node:net and node:tls alone. A script is an
 * async function with the server's end of one connection; it ends with the connection. What clients said is kept, line by
 * line, and lines that came through TLS are marked, so a test can prove what was never said.
 */
import net, { type AddressInfo } from 'node:net';
import tls from 'node:tls';
import { type Context, createContext } from '../../src/core/context.js';
import { connect, type ConnectOptions } from '../../src/smtp/connect.js';
import type { Connection } from '../../src/smtp/connection.js';
import type { Endpoint, TlsOptions } from '../../src/smtp/endpoint.js';
import { greet } from '../../src/smtp/greet.js';
import { startTls } from '../../src/smtp/starttls.js';
import { type Authority, createAuthority } from '../../src/testing/authority.js';

export const HOST = 'mx1.partner.test';
export const NAME = 'out.sender.test';

/** The server's end of one connection. */
export interface Peer {
  /** Writes octets as they are. */
  send(text: string | Uint8Array): void;
  /** The next line of the client, without its CRLF; rejects with `Gone` when none comes any more. */
  line(): Promise<string>;
  /** Replies to the next line, which must start with `verb`. */
  answer(verb: string, reply: string): Promise<string>;
  /** Greets and answers EHLO with these keywords. */
  hello(...keywords: readonly string[]): Promise<void>;
  /** Answers EHLO, of either layer, with these keywords. */
  ehlo(...keywords: readonly string[]): Promise<void>;
  /** Hello with STARTTLS, its command, 220 and the handshake. */
  secure(options?: tls.TLSSocketOptions): Promise<void>;
  /** The server's side of a handshake. */
  startTls(options?: tls.TLSSocketOptions): Promise<tls.TLSSocket>;
  /** Resolves when the client has gone. */
  closed(): Promise<void>;
  /** Octets of the client that no line has taken. */
  readonly rest: string;
  /** The socket, or the TLS layer once there is one. */
  layer: net.Socket;
  /** The bare socket. */
  readonly socket: net.Socket;
}

/** The client went away while a script waited for it. */
export class Gone extends Error {}

/** A running server. */
export interface ScriptedServer {
  readonly endpoint: Endpoint;
  /** What clients said: `EHLO x` in clear, `tls EHLO x` inside TLS. */
  readonly heard: readonly string[];
  readonly connections: number;
  /** True when the client ended the connection with TLS's close alert. */
  readonly farewell: boolean;
}

export type Script = (peer: Peer, count: number) => Promise<void> | void;

/** Certificates and client settings, made once for a test file. */
export interface Bench {
  readonly authority: Authority;
  readonly server: tls.TLSSocketOptions;
  readonly client: TlsOptions;
  /** Runs `work` against a server with this script; both are gone afterwards, and a script's failed wish is thrown. */
  against<T>(script: Script, work: (server: ScriptedServer) => Promise<T>): Promise<T>;
}

export async function createBench(): Promise<Bench> {
  const authority = await createAuthority();
  const identity = authority.forHost(HOST);
  const server = { key: identity.key, cert: identity.chain };
  return {
    authority,
    server,
    client: { secureContext: tls.createSecureContext({ ca: authority.trust }), servername: HOST },
    against: (script, work) => runAgainst(script, server, work),
  };
}

async function runAgainst<T>(
  script: Script,
  identity: tls.TLSSocketOptions,
  work: (server: ScriptedServer) => Promise<T>,
): Promise<T> {
  const heard: string[] = [];
  const state = { connections: 0, farewell: false };
  const sockets = new Set<net.Socket>();
  const scripts: Promise<Error | null>[] = [];
  const listener = net.createServer((socket) => {
    // Else a second small reply waits for the acknowledgement of the first, and that on a clock that no test moves.
    socket.setNoDelay(true);
    sockets.add(socket);
    state.connections += 1;
    const peer = createPeer(socket, { identity, heard, onFarewell: () => (state.farewell = true) });
    scripts.push(playOut(script, peer, state.connections));
  });
  await new Promise<void>((resolve) => void listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as AddressInfo;
  const running: ScriptedServer = {
    endpoint: { host: HOST, address: '127.0.0.1', port, tls: 'starttls' },
    heard,
    get connections() {
      return state.connections;
    },
    get farewell() {
      return state.farewell;
    },
  };
  try {
    return await work(running);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => void listener.close(() => resolve()));
    await throwFirst(scripts);
  }
}

/** Plays a script to its end; the wish that failed, or null. The client does not wait for what comes no more. */
async function playOut(script: Script, peer: Peer, count: number): Promise<Error | null> {
  try {
    await script(peer, count);
    return null;
  } catch (error) {
    peer.socket.destroy();
    return error instanceof Gone ? null : (error as Error);
  }
}

async function throwFirst(scripts: readonly Promise<Error | null>[]): Promise<void> {
  for (const error of await Promise.all(scripts)) if (error !== null) throw error;
}

interface PeerOptions {
  readonly identity: tls.TLSSocketOptions;
  readonly heard: string[];
  readonly onFarewell: () => void;
}

function createPeer(socket: net.Socket, { identity, heard, onFarewell }: PeerOptions): Peer {
  let held = '';
  let over = false;
  let wake = (): void => undefined;
  const take = (chunk: Buffer): void => {
    held += chunk.toString('latin1');
    wake();
  };
  const end = (): void => {
    over = true;
    wake();
  };
  const attach = (layer: net.Socket): void => {
    layer.on('data', take).on('end', end).on('close', end);
    layer.on('error', () => end());
  };
  attach(socket);

  const peer: Peer = {
    socket,
    layer: socket,
    get rest() {
      return held;
    },
    send: (text) => void peer.layer.write(typeof text === 'string' ? Buffer.from(text, 'utf8') : text),
    async line() {
      for (;;) {
        const at = held.indexOf('\r\n');
        if (at >= 0) {
          const line = held.slice(0, at);
          held = held.slice(at + 2);
          heard.push(peer.layer === socket ? line : `tls ${line}`);
          return line;
        }
        if (over) throw new Gone('the client went away');
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
    async answer(verb, reply) {
      const line = await peer.line();
      if (!line.startsWith(verb)) throw new Error(`expected ${verb}, the client said ${line}`);
      peer.send(reply);
      return line;
    },
    async hello(...keywords) {
      peer.send('220 mx1.partner.test ESMTP\r\n');
      await peer.ehlo(...keywords);
    },
    async ehlo(...keywords) {
      const lines = ['mx1.partner.test', ...keywords];
      await peer.answer(
        'EHLO',
        lines.map((line, i) => `250${i === lines.length - 1 ? ' ' : '-'}${line}\r\n`).join(''),
      );
    },
    async secure(options) {
      await peer.hello('STARTTLS');
      await peer.answer('STARTTLS', '220 go\r\n');
      await peer.startTls(options);
    },
    startTls(options = {}) {
      socket.off('data', take).off('end', end);
      const layer = new tls.TLSSocket(socket, { isServer: true, ...identity, ...options });
      peer.layer = layer;
      attach(layer);
      layer.on('end', onFarewell);
      return new Promise((resolve, reject) => {
        layer.once('secure', () => resolve(layer));
        layer.once('error', () => reject(new Gone('no handshake')));
        layer.once('close', () => reject(new Gone('no handshake')));
      });
    },
    async closed() {
      while (!over) await new Promise<void>((resolve) => (wake = resolve));
    },
  };
  return peer;
}

/** Connects to a scripted server as this file's client. */
export function dialIn(
  server: ScriptedServer,
  options: Partial<ConnectOptions> = {},
  ctx: Context = createContext(),
): Promise<Connection> {
  return connect(server.endpoint, { ehloName: NAME, ...options }, ctx);
}

/** Connects, starts TLS and greets. */
export async function dialSecure(
  server: ScriptedServer,
  bench: Bench,
  ctx: Context = createContext(),
): Promise<Connection> {
  const connection = await dialIn(server, {}, ctx);
  await startTls(connection, bench.client, ctx);
  await greet(connection, ctx);
  return connection;
}

/** The error of something that must fail. */
export async function failureOf(work: Promise<unknown>): Promise<{
  readonly name: string;
  readonly code: string;
  readonly phase: string;
  readonly command: string;
  readonly message: string;
  readonly reply?: { readonly code: number; readonly lines: readonly string[] };
}> {
  try {
    await work;
  } catch (error) {
    return error as Awaited<ReturnType<typeof failureOf>>;
  }
  throw new Error('expected a failure, and it went through');
}

/** Connects and starts TLS, which must fail and leave a dead connection. */
export function refuses(
  bench: Bench,
  script: Script,
): Promise<{ failure: Awaited<ReturnType<typeof failureOf>>; server: ScriptedServer }> {
  return bench.against(script, async (server) => {
    const ctx = createContext();
    const connection = await dialIn(server, {}, ctx);
    const failure = await failureOf(startTls(connection, bench.client, ctx));
    if (connection.alive) throw new Error('expected a dead connection after a refused STARTTLS');
    return { failure, server };
  });
}
