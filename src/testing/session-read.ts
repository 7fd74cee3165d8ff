/**
 * Cuts what a client sends into commands, answers and messages. Only CRLF ends a line properly; a lone LF ends it too and
 * is noted as an offence, so that a test sees it instead of hanging.
 */
import { stepOf } from './conversation.js';
import { countWhole } from './rehearsal.js';
import {
  COMMANDS,
  finishMessage,
  type Mode,
  noteOffence,
  perform,
  type SessionState,
} from './session-state.js';

const LONGEST_LINE = 65_536;
const CR = 13;

/** Takes the next octets. */
export function receive(state: SessionState, octets: Buffer): void {
  const { record, counted } = state.setting;
  counted(octets.length);
  if (state.mode.kind === 'instead-of-handshake') {
    const isFirst = record.insteadOfHandshake.length === 0;
    record.insteadOfHandshake = Buffer.concat([record.insteadOfHandshake, octets]);
    if (isFirst) perform(state, 'clientHello');
    return;
  }
  if (!state.secure) record.clear = Buffer.concat([record.clear, octets]);
  if (state.greetingDue) noteOffence(state, 'octets before the greeting');
  state.held = Buffer.concat([state.held, octets]);
  if (state.mode.kind === 'commands' && waitsForMore(state)) return;
  while ((state.held.length > 0 || isWhole(state.mode)) && readOn(state));
}

/** `BDAT 0`: no octet is to come. */
function isWhole(mode: Mode): boolean {
  return mode.kind === 'chunk' && mode.left === 0;
}

/** Counts what has come ahead of the replies; true while a rehearsal wants more of it. */
function waitsForMore({ held, talk, setting: { record, rehearsal } }: SessionState): boolean {
  if (talk.offered.chunking !== true) return false;
  const whole = countWhole(held);
  record.together = Math.max(record.together, whole);
  return rehearsal?.waits(whole) === true;
}

/** Reads one thing from what is held; false when more octets are needed. */
function readOn(state: SessionState): boolean {
  const { mode } = state;
  switch (mode.kind) {
    case 'content':
      return readContent(state, mode);
    case 'chunk':
      return readChunk(state, mode);
    case 'commands':
    case 'line':
      return readLine(state, mode);
    case 'handshake':
    case 'instead-of-handshake':
    case 'silent':
      state.setting.record.unread = Buffer.concat([state.setting.record.unread, state.held]);
      state.held = Buffer.alloc(0);
      return false;
  }
}

function readLine(state: SessionState, mode: Extract<Mode, { kind: 'commands' | 'line' }>): boolean {
  const end = state.held.indexOf('\n');
  if (end < 0) {
    if (state.held.length <= LONGEST_LINE) return false;
    state.talk.say('500 5.5.2 line too long');
    state.talk.end();
    return true;
  }
  const isProper = state.held[end - 1] === CR;
  if (!isProper) noteOffence(state, 'a line that ends in LF alone');
  const line = state.held.subarray(0, isProper ? end - 1 : end).toString('latin1');
  state.held = state.held.subarray(end + 1);
  state.setting.record.transcript.push({ from: 'client', secure: state.secure, text: line });
  if (mode.kind === 'line') {
    state.mode = COMMANDS;
    mode.read(line);
  } else obey(state, line);
  return true;
}

function obey(state: SessionState, line: string): void {
  const { secure, held, setting, conversation } = state;
  const word = line.split(' ', 1)[0] ?? '';
  const verb = word.toUpperCase();
  state.argument = line.slice(word.length).trim();
  setting.record.commands.push({ verb, line, secure });
  if (verb === 'STARTTLS') {
    // RFC 3207 §4: nothing may follow in the same group; what does is counted and thrown away.
    setting.record.behindStartTls += held.length;
    state.held = Buffer.alloc(0);
  } else if (held.length > 0 && verb !== 'BDAT' && state.talk.offered.pipelining === false) {
    noteOffence(state, `octets behind ${verb} without PIPELINING`);
  }
  if (verb === 'RCPT' && conversation.transaction !== null) conversation.transaction.asked += 1;
  const step = stepOf(verb, secure);
  if (step === null) state.talk.say('500 5.5.1 command not known');
  else perform(state, step);
}

function readContent(state: SessionState, mode: Extract<Mode, { kind: 'content' }>): boolean {
  if (!mode.begun) {
    mode.begun = true;
    perform(state, 'content');
    if (state.mode !== mode) return true;
  }
  const octets = state.held;
  const { record } = state.setting;
  state.held = Buffer.alloc(0);
  const message = mode.reader.push(octets);
  record.contentOctets += octets.length - (message?.rest.length ?? 0);
  if (message === null) return false;
  state.held = Buffer.from(message.rest);
  finishMessage(state, message.raw, message.content);
  return true;
}

/** RFC 3030 §2. */
function readChunk(state: SessionState, mode: Extract<Mode, { kind: 'chunk' }>): boolean {
  if (!mode.begun && state.held.length > 0 && state.conversation.transaction?.chunked !== true) {
    mode.begun = true;
    perform(state, 'content');
    if (state.mode !== mode) return true;
  }
  const part = state.held.subarray(0, mode.left);
  mode.parts.push(part);
  mode.left -= part.length;
  state.setting.record.contentOctets += part.length;
  state.held = state.held.subarray(part.length);
  if (mode.left > 0) return false;
  if (state.held.length > 0 && state.talk.offered.pipelining === false)
    noteOffence(state, 'octets behind a chunk without PIPELINING');
  state.mode = COMMANDS;
  mode.whole(Buffer.concat(mode.parts));
  return true;
}
