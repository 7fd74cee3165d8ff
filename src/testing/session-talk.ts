/**
 * How the two parties behind a session talk through it: the honest conversation, and the faults.
 */
import type tls from 'node:tls';
import { createContentReader } from './content.js';
import { parsePath, type Talk } from './conversation.js';
import { formatExtensions } from './extensions.js';
import type { Session } from './play.js';
import { finishMessage, noteOffence, type SessionState, write } from './session-state.js';

/** What the honest conversation sees. */
export function createTalk(state: SessionState): Talk {
  const { setting } = state;
  return {
    host: setting.host,
    get secure() {
      return state.secure;
    },
    get offered() {
      return setting.extensions(state.secure);
    },
    say: (line) => write(state, `${line}\r\n`),
    sayMany: (code, lines) => write(state, formatReply(code, lines)),
    end: () => {
      state.mode = { kind: 'silent' };
      state.wire.afterwards(() => void state.layer.end());
    },
    startTls: () => state.wire.afterwards(() => state.startTls()),
    expectContent: () => {
      const lax = setting.plays.some((play) => play.endOfData === 'lax');
      state.mode = { kind: 'content', reader: createContentReader(lax ? 'lax' : 'strict'), begun: false };
    },
    expectChunk: (octets, whole) => {
      state.mode = { kind: 'chunk', left: octets, parts: [], whole, begun: false };
    },
    finish: (message) => finishMessage(state, message, message),
    offence: (text) => noteOffence(state, text),
    expectLine: (read) => {
      state.mode = { kind: 'line', read };
    },
    store: () => {
      const last = setting.record.messages.at(-1);
      if (last !== undefined) last.accepted = true;
    },
    scripted: setting.scripted,
    mayLogIn: setting.mayLogIn,
  };
}

/** What a fault sees. */
export function createFaultView(state: SessionState, talk: Talk): Session {
  const { setting, socket, wire } = state;
  const cut = (how: () => void): void => {
    state.mode = { kind: 'silent' };
    // Later: the socket under a TLS layer must not go away inside a callback of its handshake (Node 24 crashes).
    wire.afterwards(() => setImmediate(how));
  };
  return {
    host: setting.host,
    get secure() {
      return state.secure;
    },
    get argument() {
      return state.argument;
    },
    get accepted() {
      return state.conversation.transaction?.recipients.length ?? 0;
    },
    get asked() {
      return state.conversation.transaction?.asked ?? 0;
    },
    say: talk.say,
    write: (octets) => write(state, octets),
    sayMany: talk.sayMany,
    ehloLines: () => [setting.host, ...formatExtensions(talk.offered, state.secure)],
    greet: () => {
      state.conversation.greeted = state.argument;
    },
    end: talk.end,
    drop: () => cut(() => void socket.destroy()),
    reset: () => cut(() => void socket.resetAndDestroy()),
    fallSilent: () => {
      state.mode = { kind: 'silent' };
    },
    drip: wire.drip,
    later: wire.later,
    startTls: talk.startTls,
    renegotiate: () => void (state.layer as tls.TLSSocket).renegotiate({}, () => undefined),
    store: talk.store,
    expectContent: talk.expectContent,
    answerChunk: (line) => talk.expectChunk(Number.parseInt(state.argument, 10), () => talk.say(line)),
    takeRecipient: () => {
      const path = parsePath(state.argument, 'TO:');
      if (path !== null) state.conversation.transaction?.recipients.push(path);
    },
  };
}

function formatReply(code: number, lines: readonly string[]): string {
  return lines.map((line, i) => `${code}${i < lines.length - 1 ? '-' : ' '}${line}\r\n`).join('');
}
