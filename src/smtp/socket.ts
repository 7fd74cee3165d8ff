/**
 * The one file of the client that touches node:net and node:tls: it opens TCP connections and wraps them in TLS. It
 * reports facts and judges nothing. Node's own verdicts are switched off on purpose: they stop at the first error and
 * the environment can change them; `verdict/` judges, and nothing is written before it has.
 */
import net from 'node:net';
import tls from 'node:tls';
import type { Context } from '../core/context.js';
import { ConnectionError, ProtocolError, type SessionFailure } from '../core/errors.js';
import type { Reason } from '../core/reasons.js';
import { MIN_DH_BITS } from '../tls/context.js';
import { type PeerFacts, readPeerFacts } from '../tls/facts.js';
import type { Endpoint, TlsOptions } from './endpoint.js';
import { describeTlsError, reasonOfTlsError } from './tls-failure.js';

/** Opens a TCP connection to an endpoint; for proxies and tests. It must resolve with a connected socket. */
export type Dial = (endpoint: Endpoint, ctx: Context) => Promise<net.Socket>;

/** How to dial. */
export interface DialOptions {
  readonly dial?: Dial;
  /** Local address per family from which the connection leaves. */
  readonly localAddress?: { readonly ipv4?: string; readonly ipv6?: string };
  readonly timeoutMs: number;
}

const CONNECT_REASONS: Readonly<Record<string, Reason>> = {
  ECONNREFUSED: 'connect-refused',
  ETIMEDOUT: 'connect-timeout',
  ENETUNREACH: 'network-unreachable',
  EHOSTUNREACH: 'network-unreachable',
  EADDRNOTAVAIL: 'network-unreachable',
  ENETDOWN: 'network-unreachable',
};

/** A connected socket with Nagle's delay off. @throws ConnectionError */
export function openSocket(endpoint: Endpoint, options: DialOptions, ctx: Context): Promise<net.Socket> {
  const failed = (code: Reason, message: string, cause?: unknown): ConnectionError =>
    new ConnectionError({ ...placeOf(endpoint), code, phase: 'connect', message, cause });
  if (ctx.signal.aborted) return Promise.reject(ctx.signal.reason);
  return new Promise((resolve, reject) => {
    let over = false;
    const end = (settle: () => void): void => {
      if (over) return;
      over = true;
      cancel();
      ctx.signal.removeEventListener('abort', abort);
      settle();
    };
    const abandon = (error: unknown): void =>
      end(() => {
        // A dial that nobody waits for any more is told so, and what it still brings is closed.
        dialing.giveUp(error);
        reject(error);
      });
    const abort = (): void => abandon(ctx.signal.reason);
    const dialing = startDial(endpoint, options, ctx);
    const cancel = ctx.clock.after(options.timeoutMs, () =>
      abandon(failed('connect-timeout', `no connection within ${options.timeoutMs} ms`)),
    );
    ctx.signal.addEventListener('abort', abort, { once: true });
    dialing.connected.then(
      (socket) => {
        if (over) socket.destroy();
        else end(() => resolve(socket.setNoDelay(true)));
      },
      (error: unknown) => {
        const { code = '', message = '' } = error as { code?: string; message?: string };
        end(() => reject(failed(CONNECT_REASONS[code] ?? 'connect-refused', message, error)));
      },
    );
  });
}

/** The host's own way to dial, else `node:net`. */
export function dialOf(options: Pick<DialOptions, 'dial' | 'localAddress'>): Dial {
  if (options.dial !== undefined) return options.dial;
  return (endpoint, ctx) => {
    const { connected, giveUp } = dialDirect(endpoint, options);
    ctx.signal.addEventListener('abort', () => giveUp(ctx.signal.reason), { once: true });
    return connected;
  };
}

/** A connection under way. */
interface Dialing {
  readonly connected: Promise<net.Socket>;
  readonly giveUp: (why: unknown) => void;
}

/** Only the host's own way to dial needs a signal of its own. */
function startDial(endpoint: Endpoint, options: DialOptions, { clock }: Context): Dialing {
  if (options.dial === undefined) return dialDirect(endpoint, options);
  const controller = new AbortController();
  return {
    connected: options.dial(endpoint, { clock, signal: controller.signal }),
    giveUp: (why) => controller.abort(why),
  };
}

function dialDirect(endpoint: Endpoint, options: Pick<DialOptions, 'localAddress'>): Dialing {
  const family = net.isIP(endpoint.address) === 6 ? 'ipv6' : 'ipv4';
  const localAddress = options.localAddress?.[family];
  let socket: net.Socket | null = null;
  const connected = new Promise<net.Socket>((resolve, reject) => {
    const made = net.connect({
      host: endpoint.address,
      port: endpoint.port,
      ...(localAddress === undefined ? {} : { localAddress }),
    });
    socket = made;
    made.once('error', reject);
    made.once('connect', () => {
      made.off('error', reject);
      resolve(made);
    });
  });
  return { connected, giveUp: (why) => void socket?.destroy(why as Error) };
}

/** Where an error happened, for its fields. */
export function placeOf(endpoint: Endpoint): Required<Pick<SessionFailure, 'host' | 'address'>> {
  return { host: endpoint.host, address: endpoint.address };
}

/** The TLS layer over a connected socket, and what it showed. @throws ConnectionError in the phase `handshake` */
export function startLayer(
  socket: net.Socket,
  request: {
    readonly endpoint: Endpoint;
    readonly options: TlsOptions;
    readonly timeoutMs: number;
    readonly afterStartTls: boolean;
  },
  ctx: Context,
): Promise<{ layer: tls.TLSSocket; facts: PeerFacts }> {
  const { endpoint, options, timeoutMs, afterStartTls } = request;
  return new Promise((resolve, reject) => {
    let ocspStaple: Uint8Array | null = null;
    // ST-21: no `session` is ever passed.
    const layer = tls.connect({
      socket,
      secureContext: options.secureContext,
      ...(options.servername === null ? {} : { servername: options.servername }),
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      minDHSize: options.minDhBits ?? MIN_DH_BITS,
      requestOCSP: true,
    } as tls.ConnectionOptions);
    // Node asks for it on behalf of `checkServerIdentity`, which decides nothing here: the whole path as objects, searched
    // for among all roots, at a quarter of what a handshake costs. The certificates are read as they were sent.
    layer.getPeerCertificate = () => ({}) as tls.DetailedPeerCertificate;
    let over = false;
    const end = (settle: () => void): void => {
      if (over) return;
      over = true;
      cancel();
      ctx.signal.removeEventListener('abort', abort);
      layer.off('close', closed);
      settle();
    };
    const abandon = (error: unknown): void =>
      end(() => {
        layer.destroy();
        socket.destroy();
        reject(error);
      });
    const fail = (code: Reason, message: string, cause?: unknown): void => {
      const fields = { ...placeOf(endpoint), code, message, cause };
      // ST-5: octets that are not TLS came between the reply to STARTTLS and the handshake.
      if (code === 'plaintext-after-starttls')
        abandon(new ProtocolError({ ...fields, phase: 'starttls', command: 'STARTTLS' }));
      else abandon(new ConnectionError({ ...fields, phase: 'handshake' }));
    };
    const abort = (): void => abandon(ctx.signal.reason);
    const closed = (): void =>
      fail('handshake-closed', 'the server closed the connection during the handshake');
    const cancel = ctx.clock.after(timeoutMs, () =>
      fail('handshake-timeout', `no handshake within ${timeoutMs} ms`),
    );
    ctx.signal.addEventListener('abort', abort, { once: true });
    layer.on('OCSPResponse', (response: Buffer | null) => (ocspStaple = response));
    layer.on('error', (error) =>
      fail(reasonOfTlsError(error, afterStartTls), describeTlsError(error), error),
    );
    layer.once('close', closed);
    if (ctx.signal.aborted) abort();
    layer.once('secureConnect', () => {
      const facts = readPeerFacts(layer, { ocspStaple, servername: options.servername });
      end(() => resolve({ layer, facts }));
    });
  });
}
