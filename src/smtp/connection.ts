/**
 * A connection to a mail server: octets out, replies in, one reader for each layer. It knows which replies are due; one
 * that is not due ends the connection (AT-7). It never decides what a reply means.
 * Failure: pending and later replies reject with ConnectionError or ProtocolError; the socket is gone then.
 */
import type net from 'node:net';
import type { Context } from '../core/context.js';
import { ConnectionError, type Phase, ProtocolError } from '../core/errors.js';
import type { Reason } from '../core/reasons.js';
import type { PeerFacts } from '../tls/facts.js';
import type { Capabilities } from './capabilities.js';
import { formatCommand } from './command.js';
import type { Endpoint } from './endpoint.js';
import { createReplyReader, type Reply, type ReplyReader } from './reply.js';
import { placeOf } from './socket.js';
import { reasonOfTlsError } from './tls-failure.js';
import type { Timeouts } from './timeouts.js';

/** A reply that is due. */
export interface Due {
  readonly phase: Phase;
  /** The verb, for errors. */
  readonly command: string;
  readonly timeoutMs: number;
}

interface Waiting extends Due {
  resolve(reply: Reply): void;
  reject(error: Error): void;
}

/** One connection. Fields are read by everybody and written by `src/smtp` alone. */
export interface Connection {
  readonly endpoint: Endpoint;
  readonly ehloName: string;
  readonly timeouts: Timeouts;
  /** null: in clear. */
  facts: PeerFacts | null;
  /** null: not greeted yet on this layer. */
  capabilities: Capabilities | null;
  /** Milliseconds of the clock when it was made, and octets written, for CV-14. */
  readonly openedAt: number;
  octetsOut: number;
  readonly alive: boolean;
  /** Writes one command and waits for its reply. */
  ask(line: string, due: Omit<Due, 'command'>, ctx: Context): Promise<Reply>;
  /** Announces that a reply is due; call it before the octets that cause it. */
  expect(due: Due, ctx: Context): Promise<Reply>;
  /** Writes octets; resolves when the kernel or the buffer has room again. */
  write(octets: Uint8Array, timeoutMs: number, ctx: Context): Promise<void>;
  /** Says QUIT, waits shortly, closes. Never rejects (SC-17). */
  quit(ctx: Context): Promise<void>;
  destroy(): void;
  /** True when no octet is held that nobody has read (ST-5). */
  readonly bufferEmpty: boolean;
  /** Gives the bare socket away, for STARTTLS; reading stops. */
  release(): net.Socket;
  /** Takes a new layer; reader, capabilities and dues start anew (ST-9). */
  adopt(layer: net.Socket, facts: PeerFacts | null): void;
}

/** Makes a connection over a socket that is connected. */
export function createConnection(
  socket: net.Socket,
  options: {
    readonly endpoint: Endpoint;
    readonly ehloName: string;
    readonly timeouts: Timeouts;
    readonly openedAt: number;
  },
): Connection {
  let layer = socket;
  let reader: ReplyReader = createReplyReader();
  let failure: Error | null = null;
  const waiting: Waiting[] = [];

  const fail = (error: Error): void => {
    if (failure !== null) return;
    failure = error;
    layer.destroy();
    for (const each of waiting.splice(0)) each.reject(error);
  };
  const failWith = (code: Reason, message: string, cause?: unknown): void => {
    const phase: Phase = waiting[0]?.phase ?? 'ehlo';
    const command = waiting[0]?.command ?? '';
    const fields = { ...placeOf(options.endpoint), code, phase, command, message, cause };
    fail(
      code.startsWith('reply') || code === 'unsolicited-reply'
        ? new ProtocolError(fields)
        : new ConnectionError(fields),
    );
  };
  const receive = (octets: Uint8Array): void => {
    const { replies, fault } = reader.push(octets);
    for (const reply of replies) {
      const due = waiting.shift();
      if (due === undefined) {
        failWith('unsolicited-reply', `a reply (${reply.code}) to nothing that was asked`);
        return;
      }
      due.resolve(reply);
    }
    if (fault !== null) failWith(fault.reason, fault.detail);
    // ST-11, AT-7: even half a line is too much when nothing is due.
    else if (waiting.length === 0 && !reader.empty && connection.facts !== null) {
      failWith('unsolicited-reply', 'octets from the server when nothing was asked');
    }
  };
  const lost = (error?: Error): void => {
    const inHandshake = connection.facts !== null && connection.capabilities === null;
    // A TLS 1.3 server that wants a client certificate says so only after the handshake.
    const code = error !== undefined && inHandshake ? reasonOfTlsError(error, false) : 'connection-closed';
    const greeting = waiting[0]?.phase === 'greeting' && code === 'connection-closed';
    failWith(
      code,
      greeting ? 'the server closed the connection before its greeting' : 'the connection was lost',
      error,
    );
  };
  const onClose = (): void => lost();
  const listen = (next: net.Socket): void => {
    next.on('data', receive);
    next.on('error', lost);
    next.on('end', onClose);
    next.on('close', onClose);
  };

  const connection: Connection = {
    ...options,
    facts: null,
    capabilities: null,
    octetsOut: 0,
    get alive() {
      return failure === null && !layer.destroyed;
    },
    get bufferEmpty() {
      return reader.empty && waiting.length === 0;
    },
    ask(line, due, ctx) {
      const octets = formatCommand(line);
      const reply = connection.expect({ ...due, command: line.split(' ', 1)[0] ?? '' }, ctx);
      connection.write(octets, due.timeoutMs, ctx).catch(() => undefined);
      return reply;
    },
    expect(due, ctx) {
      return new Promise((resolve, reject) => {
        if (failure !== null) {
          reject(failure);
          return;
        }
        const stop = (): void => {
          cancel();
          ctx.signal.removeEventListener('abort', abort);
        };
        const abort = (): void =>
          fail(ctx.signal.reason instanceof Error ? ctx.signal.reason : new Error('called off'));
        const cancel = ctx.clock.after(due.timeoutMs, () =>
          failWith(
            due.phase === 'greeting' ? 'no-greeting' : 'command-timeout',
            `no reply within ${due.timeoutMs} ms`,
          ),
        );
        ctx.signal.addEventListener('abort', abort, { once: true });
        waiting.push({
          ...due,
          resolve: (reply) => {
            stop();
            resolve(reply);
          },
          reject: (error) => {
            stop();
            reject(error);
          },
        });
        if (ctx.signal.aborted) abort();
      });
    },
    write(octets, timeoutMs, ctx) {
      if (failure !== null) return Promise.reject(failure);
      connection.octetsOut += octets.length;
      if (layer.write(octets)) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const cancel = ctx.clock.after(timeoutMs, () =>
          failWith('command-timeout', `the server took nothing for ${timeoutMs} ms`),
        );
        const done = (): void => {
          cancel();
          layer.off('drain', done);
          layer.off('close', done);
          if (failure === null) resolve();
          else reject(failure);
        };
        layer.once('drain', done);
        layer.once('close', done);
      });
    },
    async quit(ctx) {
      if (!connection.alive) return;
      try {
        await connection.ask('QUIT', { phase: 'quit', timeoutMs: connection.timeouts.quit }, ctx);
      } catch {
        // SC-17: what becomes of QUIT changes nothing.
      }
      fail(new Error('closed'));
      layer.end();
    },
    destroy() {
      fail(
        new ConnectionError({
          ...placeOf(options.endpoint),
          code: 'connection-closed',
          phase: 'quit',
          message: 'closed by us',
        }),
      );
    },
    release() {
      for (const event of ['data', 'error', 'end', 'close']) layer.removeAllListeners(event);
      layer.on('error', () => undefined);
      layer.pause();
      return layer;
    },
    adopt(next, facts) {
      layer = next;
      reader = createReplyReader();
      connection.facts = facts;
      connection.capabilities = null;
      next.removeAllListeners('error');
      listen(next);
      next.resume();
    },
  };
  listen(socket);
  return connection;
}
