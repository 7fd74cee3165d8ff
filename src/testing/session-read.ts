/**
 * Cuts what a client sends into commands, answers and messages. Only CRLF ends a line properly; a lone LF ends it too and
 * is noted as an offence, so that a test sees it instead of hanging.
 */
import { stepOf } from './conversation.js';
import { COMMANDS, type Mode, noteOffence, perform, type SessionState } from './session-state.js';

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
  while (state.held.length > 0 && readOn(state));
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
  } else if (held.length > 0 && state.talk.offered.pipelining === false) {
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
  const part = state.held.subarray(0, mode.left);
  mode.parts.push(part);
  mode.left -= part.length;
  state.setting.record.contentOctets += part.length;
  state.held = state.held.subarray(part.length);
  if (mode.left > 0) return false;
  state.mode = COMMANDS;
  const { conversation, talk } = state;
  const { transaction } = conversation;
  if (transaction === null || transaction.recipients.length === 0) {
    talk.say('503 5.5.1 no valid recipients');
    return true;
  }
  transaction.chunks.push(...mode.parts);
  if (conversation.lastChunk) {
    const raw = Buffer.concat(transaction.chunks);
    finishMessage(state, raw, raw);
  } else talk.say('250 2.0.0 chunk taken');
  return true;
}

/** A message is whole. */
function finishMessage(state: SessionState, raw: Buffer, content: Buffer): void {
  state.mode = COMMANDS;
  const { secure, conversation, setting } = state;
  const { transaction, user } = conversation;
  conversation.transaction = null;
  setting.record.transcript.push({ from: 'client', secure, text: `(message of ${content.length} octets)` });
  setting.record.messages.push({
    from: transaction?.from ?? { address: '', parameters: [] },
    recipients: transaction?.recipients ?? [],
    raw,
    content,
    secure,
    accepted: false,
    user,
    at: setting.clock.now(),
  });
  perform(state, 'dot');
}
