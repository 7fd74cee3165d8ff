/**
 * A connection to a mail server: octets out, replies in, one reader for each layer. It knows which replies are due; one
 * that is not due ends the connection (AT-7). It never decides what a reply means, but for 421, behind which none comes.
 * Failure: pending and later replies reject with ConnectionError or ProtocolError; the socket is gone then.
 */
import type net from 'node:net';
import { publish } from '../core/channels.js';
import { type Context, createContext, within } from '../core/context.js';
import { ConnectionError, type Phase, ProtocolError } from '../core/errors.js';
import type { Reason } from '../core/reasons.js';
import type { PeerFacts } from '../tls/facts.js';
import { Accessors } from './accessors.js';
import type { Capabilities } from './capabilities.js';
import { formatCommand } from './command.js';
import type { Endpoint } from './endpoint.js';
import { closedByUs, closedByServer, sayFarewell } from './farewell.js';
import { createOutbox } from './outbox.js';
import { createReplyReader, type Reply, type ReplyReader } from './reply.js';
import { placeOf } from './socket.js';
import { reasonOfTlsError } from './tls-failure.js';
import type { Timeouts } from './timeouts.js';

/** A reply that is due. */
export interface Due {
  readonly phase: Phase;
  /** The verb, for errors. */
  readonly command: string;
  /** Counted from the moment when every earlier reply is there. */
  readonly timeoutMs: number;
}

/** Who hears replies, in the very moment when they come and before the next one is read. */
export interface Ear {
  heard(reply: Reply): void;
  /** No reply comes any more. May be said more than once. */
  lost(error: Error): void;
}

interface Waiting {
  readonly due: Due;
  readonly ctx: Context;
  readonly ear: Ear;
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
  /** The greeting inside implicit TLS, which `greet` reads; null where none is owed. */
  owedGreeting: Promise<Reply> | null;
  /** Milliseconds of the clock when it was made, and octets written, for CV-14. */
  readonly openedAt: number;
  octetsOut: number;
  /** Of `octetsOut`, those that may have left; the rest never will if the connection breaks now. */
  readonly octetsHanded: number;
  readonly alive: boolean;
  /** The server has said 421: it answers nothing that stands behind, and does nothing about it (SC-14). */
  saidGoodbye: boolean;
  /** Why it is gone; null as long as nobody has noticed that it is. */
  readonly failure: Error | null;
  /** Writes one command and waits for its reply; errors name the verb, or `command` where the line has none to show. */
  ask(line: string, due: Omit<Due, 'command'> & { readonly command?: string }, ctx: Context): Promise<Reply>;
  /** Announces that a reply is due; call it before the octets that cause it. */
  expect(due: Due, ctx: Context): Promise<Reply>;
  /** The same for one whom nobody calls off, because others have written behind. */
  hear(due: Due, ear: Ear): void;
  /** Writes octets, whose block is given back; resolves when the kernel or the buffer has room again. */
  write(octets: Uint8Array, timeoutMs: number, ctx: Context): Promise<void>;
  /** Writes octets without waiting for room; bounded by whoever calls. */
  post(octets: Uint8Array): void;
  /** Says QUIT, waits shortly, closes with TLS's own farewell. Never rejects (SC-17, ST-17). */
  quit(ctx: Context): Promise<void>;
  /** Ends it at once; replies that are due are lost, for the reason given. */
  destroy(why?: Error): void;
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
  options: { readonly endpoint: Endpoint; readonly ehloName: string; readonly timeouts: Timeouts },
  ctx: Context,
): Connection {
  let layer = socket;
  let reader: ReplyReader = createReplyReader();
  // Made when it is asked for: the stack trace of an ordinary end, which nobody reads, costs more than the farewell.
  let failure: Error | (() => Error) | null = null;
  const why = (): Error | null => {
    if (typeof failure === 'function') failure = failure();
    return failure;
  };
  let disarm = (): void => undefined;
  const waiting: Waiting[] = [];
  const uncalled = createContext({ clock: ctx.clock });
  const outbox = createOutbox({
    write: (octets, done) => void layer.write(octets, done),
    // TLS has made its own octets of them by then; a socket of the host's `dial` may keep what it was given.
    copies: () => connection.facts !== null,
  });

  const retire = (reason: Error | (() => Error)): void => {
    failure = reason;
    disarm();
    endCap();
    outbox.stop();
    for (const each of waiting.splice(0)) each.ear.lost(why() as Error);
  };
  const fail = (reason: Error | (() => Error)): void => {
    if (failure !== null) return;
    layer.destroy();
    retire(reason);
  };
  const failWith = (code: Reason, message: string, more: { cause?: unknown; phase?: Phase } = {}): void => {
    if (failure !== null) return;
    if (code === 'unsolicited-reply') publish('replies.mismatched', placeOf(options.endpoint));
    const phase: Phase = more.phase ?? waiting[0]?.due.phase ?? 'ehlo';
    const command = waiting[0]?.due.command ?? '';
    const fields = { ...placeOf(options.endpoint), code, phase, command, message, cause: more.cause };
    fail(
      code.startsWith('reply') || code === 'unsolicited-reply'
        ? new ProtocolError(fields)
        : new ConnectionError(fields),
    );
  };
  const callOff = (signal: AbortSignal): void =>
    fail(signal.reason instanceof Error ? signal.reason : new Error('called off', { cause: signal.reason }));
  // AT-13: a server that drips just fast enough for every timer still meets this one.
  const endCap = ctx.clock.after(options.timeouts.session, () =>
    failWith('session-time-limit', `the session took more than ${options.timeouts.session} ms`),
  );

  /** The time of the reply that is due next; those behind it wait without one (SC-37). */
  const arm = (): void => {
    disarm();
    const next = waiting[0];
    if (next === undefined) return;
    const { phase, timeoutMs } = next.due;
    const abort = (): void => callOff(next.ctx.signal);
    const cancel = next.ctx.clock.after(timeoutMs, () =>
      failWith(phase === 'greeting' ? 'no-greeting' : 'command-timeout', `no reply within ${timeoutMs} ms`),
    );
    next.ctx.signal.addEventListener('abort', abort, { once: true });
    disarm = () => {
      disarm = () => undefined;
      cancel();
      next.ctx.signal.removeEventListener('abort', abort);
    };
    if (next.ctx.signal.aborted) abort();
  };
  const receive = (octets: Uint8Array): void => {
    const { replies, fault } = reader.push(octets);
    for (const reply of replies) {
      const awaited = waiting.shift();
      connection.saidGoodbye ||= reply.code === 421;
      if (awaited === undefined) {
        // SC-14: 421 may come at any time, to a connection that waits or in the middle of a message.
        const code = connection.saidGoodbye ? 'peer-busy' : 'unsolicited-reply';
        failWith(code, `a reply (${reply.code}) to nothing that was asked`);
        return;
      }
      // SC-13: codes in the text mean something only where this layer's EHLO offered them, so never in a greeting.
      awaited.ear.heard(
        connection.capabilities?.enhancedStatusCodes === true ? reply : { ...reply, enhanced: null },
      );
      // Replies that still come are counted, but those who wait for one need not wait for the end of the connection.
      if (reply.code === 421) for (const each of waiting) each.ear.lost(closedByServer(options.endpoint));
    }
    if (replies.length > 0) arm();
    if (fault !== null) failWith(fault.reason, fault.detail);
    // ST-11, AT-7: even half a line is too much when nothing is due.
    else if (waiting.length === 0 && !reader.isEmpty())
      failWith('unsolicited-reply', 'octets from the server when nothing was asked');
  };
  const lost = (error?: Error): void => {
    // A TLS 1.3 server that refuses the handshake says so only after our side has ended it.
    const inHandshake = error !== undefined && connection.facts !== null && connection.capabilities === null;
    const greeting = waiting[0]?.due.phase === 'greeting';
    failWith(
      inHandshake ? reasonOfTlsError(error, false) : 'connection-closed',
      greeting ? 'the server closed the connection before its greeting' : 'the connection was lost',
      { cause: error, ...(inHandshake ? { phase: 'handshake' } : {}) },
    );
  };
  // ST-19: the end of input is never the end of a reply, with the farewell of TLS or without.
  const ended = (): void => lost();
  const listen = (): void => {
    layer.on('data', receive).on('error', lost).on('end', ended).on('close', ended);
  };

  const own: Omit<Connection, keyof Accessors> = {
    ...options,
    facts: null,
    capabilities: null,
    owedGreeting: null,
    openedAt: ctx.clock.now(),
    octetsOut: 0,
    saidGoodbye: false,
    async ask(line, due, asking) {
      const octets = Buffer.from(formatCommand(line));
      const reply = connection.expect({ command: line.split(' ', 1)[0] ?? '', ...due }, asking);
      connection.write(octets, due.timeoutMs, asking).catch(() => undefined);
      return reply;
    },
    expect(due, expecting) {
      if (failure !== null) return Promise.reject(why());
      return new Promise((resolve, reject) => {
        waiting.push({ due, ctx: expecting, ear: { heard: resolve, lost: reject } });
        if (waiting.length === 1) arm();
      });
    },
    hear(due, ear) {
      if (failure !== null) {
        ear.lost(why() as Error);
        return;
      }
      waiting.push({ due, ctx: uncalled, ear });
      if (waiting.length === 1) arm();
    },
    post(octets) {
      if (failure !== null) return;
      connection.octetsOut += octets.length;
      outbox.push(octets);
    },
    write(octets, timeoutMs, writing) {
      if (writing.signal.aborted) callOff(writing.signal);
      if (failure !== null) return Promise.reject(why());
      connection.post(octets);
      const room = outbox.room();
      if (room === null) return Promise.resolve();
      const expired = (): Error => {
        failWith('command-timeout', `the server took nothing for ${timeoutMs} ms`);
        return why() as Error;
      };
      return within(room, timeoutMs, writing, expired).then(
        () => {
          if (failure !== null) throw why() as Error;
        },
        () => {
          if (writing.signal.aborted) callOff(writing.signal);
          throw why() as Error;
        },
      );
    },
    async quit(quitting) {
      const timeoutMs = connection.timeouts.quit;
      // Replies that are due before it, such as a greeting that nobody wants any more, count into its time.
      const cancel = quitting.clock.after(timeoutMs, () => connection.destroy());
      // SC-17: what becomes of QUIT changes nothing.
      await connection.ask('QUIT', { phase: 'quit', timeoutMs }, quitting).catch(() => undefined);
      cancel();
      if (failure !== null) return;
      retire(() => closedByUs(options.endpoint));
      await sayFarewell(layer, connection.timeouts.quit, quitting);
    },
    destroy: (reason) => fail(reason ?? (() => closedByUs(options.endpoint))),
    release() {
      layer.off('data', receive).off('error', lost).off('end', ended).off('close', ended);
      // Errors of the bare socket reach us through the layer above it.
      layer.on('error', () => undefined);
      layer.pause();
      return layer;
    },
    adopt(next, facts) {
      layer = next;
      reader = createReplyReader();
      connection.facts = facts;
      connection.capabilities = null;
      listen();
    },
  };
  const sight = {
    alive: () => failure === null && !layer.destroyed,
    failure: why,
    octetsHanded: () => outbox.handed,
    bufferEmpty: () => reader.isEmpty() && waiting.length === 0,
  };
  const connection: Connection = Object.assign(new Accessors(sight), own);
  listen();
  return connection;
}
