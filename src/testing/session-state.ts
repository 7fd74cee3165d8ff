/**
 * The state of one connection of a mock server, and the few things that every part of the session does with it: write,
 * note, and perform a step.
 */
import type net from 'node:net';
import type tls from 'node:tls';
import type { Clock } from '../core/clock.js';
import type { ContentReader } from './content.js';
import type { Conversation, ReplyKey, Talk } from './conversation.js';
import type { Extensions } from './extensions.js';
import type { Play, Session, Step, TlsSetting } from './play.js';
import type { ReceivedMessage, RecordedConnection } from './recording.js';
import type { Rehearsal } from './rehearsal.js';
import type { Wire } from './wire.js';

/** What a session gets from its server. */
export interface SessionSetting {
  readonly host: string;
  readonly clock: Clock;
  readonly plays: readonly Play[];
  readonly record: RecordedConnection;
  readonly tls: TlsSetting;
  readonly implicitTls: boolean;
  readonly context: () => tls.SecureContext;
  readonly extensions: (secure: boolean) => Extensions;
  readonly scripted: (key: ReplyKey, address?: string) => string | null;
  readonly mayLogIn: (user: string, password: string) => boolean;
  /** null: everything is in earnest from the start. */
  readonly rehearsal: Rehearsal | null;
  /** Octets have gone in or out. */
  readonly counted: (octets: number) => void;
}

/** What the next octets of the client are. */
export type Mode =
  | { readonly kind: 'commands' }
  | { readonly kind: 'line'; readonly read: (line: string) => void }
  | { readonly kind: 'content'; readonly reader: ContentReader; begun: boolean }
  | {
      readonly kind: 'chunk';
      left: number;
      readonly parts: Buffer[];
      readonly whole: (chunk: Buffer) => void;
      begun: boolean;
    }
  | { readonly kind: 'instead-of-handshake' }
  | { readonly kind: 'handshake' }
  | { readonly kind: 'silent' };

/** Steps at which a server that rehearses is still honest. */
const IN_TRANSACTION: ReadonlySet<Step> = new Set(['mail', 'rcpt', 'data', 'bdat', 'content', 'dot', 'rset']);

/** The usual mode. */
export const COMMANDS: Mode = { kind: 'commands' };

/** One connection. */
export interface SessionState {
  readonly setting: SessionSetting;
  readonly socket: net.Socket;
  readonly wire: Wire;
  layer: net.Socket;
  secure: boolean;
  mode: Mode;
  /** Octets that nobody has read. */
  held: Buffer;
  /** The command that is being answered, without its verb. */
  argument: string;
  greetingDue: boolean;
  talk: Talk;
  conversation: Conversation;
  /** What faults see. */
  view: Session;
  startTls(): void;
}

/** Adds a remark to the transcript. */
export function note(state: SessionState, text: string): void {
  state.setting.record.transcript.push({ from: 'note', secure: state.secure, text });
}

/** Notes an offence of the client against SMTP. */
export function noteOffence(state: SessionState, text: string): void {
  state.setting.record.offences.push(text);
  note(state, `offence: ${text}`);
}

/** Writes octets to the client. */
export function write(state: SessionState, octets: string | Uint8Array): void {
  const all = typeof octets === 'string' ? Buffer.from(octets, 'latin1') : octets;
  const text = Buffer.from(all).toString('latin1').trimEnd();
  state.setting.record.transcript.push({ from: 'server', secure: state.secure, text });
  state.wire.write(all);
}

/** Faults act first, in their order; each may hand on to the next and at last to the honest server. */
export function perform(state: SessionState, step: Step): void {
  const { plays, rehearsal } = state.setting;
  const isHonest = rehearsal !== null && !rehearsal.over && IN_TRANSACTION.has(step);
  const acts = plays.flatMap(({ at }) =>
    isHonest ? [] : (at?.[step] ?? (step === 'bdat' ? at?.data : null) ?? []),
  );
  const run = (index: number): void => {
    const act = acts[index];
    if (act === undefined) state.conversation.act(step, state.argument);
    else act(state.view, () => run(index + 1));
  };
  run(0);
}

/** The greeting; it is due once. */
export function greet(state: SessionState): void {
  state.greetingDue = false;
  perform(state, 'connect');
}

/** A message is whole. */
export function finishMessage(state: SessionState, raw: Buffer, content: Buffer): void {
  state.mode = COMMANDS;
  const { secure, conversation, setting } = state;
  const { transaction, user } = conversation;
  conversation.transaction = null;
  conversation.lastSize = content.length;
  setting.record.transcript.push({ from: 'client', secure, text: `(message of ${content.length} octets)` });
  const message: ReceivedMessage = {
    from: transaction?.from ?? { address: '', parameters: [] },
    recipients: transaction?.recipients ?? [],
    raw,
    content,
    secure,
    accepted: false,
    user,
    at: setting.clock.now(),
  };
  setting.record.messages.push(message);
  perform(state, 'dot');
  // RFC 3030 §2: after a chunk that was refused.
  conversation.mustReset = transaction?.chunked === true && !message.accepted;
  setting.rehearsal?.answered();
}
