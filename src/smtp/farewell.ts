/**
 * How a connection ends in good order, and the errors of those who still wait for a reply then.
 */
import type net from 'node:net';
import type { Context } from '../core/context.js';
import { ConnectionError } from '../core/errors.js';
import type { Endpoint } from './endpoint.js';
import { placeOf } from './socket.js';

/** Nobody here wants the connection any more. */
export function closedByUs(endpoint: Endpoint): ConnectionError {
  const message = 'closed by us';
  return new ConnectionError({ ...placeOf(endpoint), code: 'connection-closed', phase: 'quit', message });
}

/** SC-14: the server has said 421 before. */
export function closedByServer(endpoint: Endpoint): ConnectionError {
  const message = 'the server has said 421 and answers nothing that stands behind';
  return new ConnectionError({ ...placeOf(endpoint), code: 'peer-busy', phase: 'mail', message });
}

/** Ends a layer: what is written leaves, TLS's close alert too (ST-17), then the socket closes. */
export function sayFarewell(layer: net.Socket, timeoutMs: number, ctx: Context): Promise<void> {
  return new Promise((resolve) => {
    const cancel = ctx.clock.after(timeoutMs, () => layer.destroy());
    layer.once('close', () => {
      cancel();
      resolve();
    });
    layer.end(() => layer.destroy());
  });
}
