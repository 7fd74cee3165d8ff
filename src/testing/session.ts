/**
 * One connection of a mock server, from the first octet to the last: greets, hands octets to the reader, makes the
 * handshake, and begins anew inside TLS.
 */
import type net from 'node:net';
import { createConversation } from './conversation.js';
import { receive } from './session-read.js';
import { COMMANDS, greet, note, perform, type SessionSetting, type SessionState } from './session-state.js';
import { createFaultView, createTalk } from './session-talk.js';
import { startServerLayer } from './server-tls.js';
import { createWire } from './wire.js';

/** Serves a connection until it ends. */
export function serveSession(socket: net.Socket, setting: SessionSetting): void {
  const base = {
    setting,
    socket,
    wire: createWire(socket, setting.clock, setting.counted),
    layer: socket,
    secure: false,
    mode: COMMANDS,
    held: Buffer.alloc(0),
    argument: '',
    greetingDue: true,
    startTls: () => handshake(state),
  };
  const state = base as typeof base & SessionState;
  state.talk = createTalk(state);
  state.conversation = createConversation(state.talk);
  state.view = createFaultView(state, state.talk);
  socket.setNoDelay(true);
  socket.on('error', (error) => note(state, `socket: ${error.message}`));
  socket.on('close', () => close(state));
  if (setting.implicitTls) {
    handshake(state);
    return;
  }
  socket.on('data', (octets) => receive(state, octets as Buffer));
  greet(state);
}

function close(state: SessionState): void {
  const { record } = state.setting;
  if (!record.open) return;
  record.open = false;
  state.wire.stop();
  note(state, 'closed');
}

/** After the 220, or at once with implicit TLS. */
function handshake(state: SessionState): void {
  const { setting, socket } = state;
  if (state.secure) return;
  state.held = Buffer.alloc(0);
  if (setting.plays.some((play) => play.at?.clientHello !== undefined)) {
    state.mode = { kind: 'instead-of-handshake' };
    return;
  }
  state.mode = { kind: 'handshake' };
  socket.removeAllListeners('data');
  const layer = startServerLayer(socket, setting.context(), setting.tls, {
    done(facts) {
      setting.record.handshakes += 1;
      if (state.secure) return;
      setting.record.tls = facts;
      state.secure = true;
      state.mode = COMMANDS;
      state.conversation = createConversation(state.talk);
      note(state, `${facts.protocol} ${facts.cipher}`);
      layer.on('data', (octets) => receive(state, octets as Buffer));
      perform(state, 'secure');
      if (setting.implicitTls) greet(state);
    },
    failed(error) {
      if (setting.record.tls === null) setting.record.tlsError ??= error.message;
      note(state, `TLS: ${error.message}`);
      layer.destroy();
    },
  });
  layer.on('close', () => close(state));
  state.layer = layer;
  state.wire.use(layer);
}
