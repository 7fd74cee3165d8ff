/**
 * A mail server for tests, on loopback, with real sockets and real TLS: an honest one by default, or one that goes wrong
 * in named ways (`faults.ts`) or answers what a test scripted. It records everything that reaches it.
 * Failure: ConfigError for options that make no sense; a fault of a client is recorded, never thrown.
 */
import net from 'node:net';
import type tls from 'node:tls';
import { type Clock, systemClock } from '../core/clock.js';
import { ConfigError } from '../core/errors.js';
import { refuseUnknownOptions } from '../core/options.js';
import { createAssertions, type ServerAssertions } from './assertions.js';
import { type Authority, createAuthority } from './authority.js';
import type { CertificateFault } from './certificate-faults.js';
import type { CertificateRequest, Identity } from './certificate-request.js';
import type { ReplyKey } from './conversation.js';
import type { Extensions, ExtensionPhases } from './extensions.js';
import { type Fault, findPlay } from './faults.js';
import type { Play, TlsSetting } from './play.js';
import {
  createRecording,
  formatTranscript,
  type ReceivedMessage,
  type RecordedConnection,
} from './recording.js';
import { createRehearsal, type RehearsalOptions } from './rehearsal.js';
import { createScript, type Replies } from './script.js';
import { createServerContext } from './server-tls.js';
import { serveSession } from './session.js';

/** Options of a mock server. */
export interface SmtpServerOptions {
  /** The name it goes by: greeting, EHLO, and certificate. */
  readonly host: string;
  /** Who certifies it; default: an authority of its own, which nobody trusts unless told to. */
  readonly authority?: Authority;
  /** A faulty certificate by name, a request, or a ready one. Default: a good one for `host`. */
  readonly certificate?: CertificateFault | CertificateRequest | Identity;
  /** One way of going wrong, or several at once. */
  readonly fault?: Fault | readonly Fault[];
  /** Replies in place of the usual ones; a list is used up one by one, then the usual ones come back. */
  readonly replies?: Replies;
  /** Replies to RCPT for single addresses. */
  readonly recipients?: Readonly<Record<string, string | readonly string[]>>;
  /** What it offers; a plain list of extensions counts in clear and inside TLS. */
  readonly extensions?: Extensions | ExtensionPhases;
  /** Versions, suites, client certificates. */
  readonly tls?: TlsSetting;
  /** TLS from the first octet, as on port 465. Default false. */
  readonly implicitTls?: boolean;
  /** Users and passwords; needs `extensions: { auth: [...] }`. */
  readonly users?: Readonly<Record<string, string>>;
  /** Lets messages pile up before it goes wrong in a transaction; it offers CHUNKING then unless told otherwise. */
  readonly rehearsal?: RehearsalOptions;
  /** Times its drips and delays. Default: this machine's. */
  readonly clock?: Clock;
  /** Default: any free one. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly address?: string;
}

/** A mock server. */
export interface SmtpServer extends ServerAssertions {
  readonly host: string;
  readonly address: string;
  readonly port: number;
  /** The authority that certified it: trust `authority.trust` to believe it. */
  readonly authority: Authority;
  readonly connections: readonly RecordedConnection[];
  /** Messages that came in whole, over all connections. */
  readonly messages: readonly ReceivedMessage[];
  /** Grows with every octet and connection. */
  readonly activity: number;
  /** The whole conversation as text. */
  transcript(): string;
  /** Goes wrong in these ways from the next connection on; without arguments it is honest. */
  play(...faults: readonly Fault[]): void;
  /** Replaces the scripted replies. */
  reply(replies: Replies): void;
  /** Another certificate from the next connection on. */
  certify(certificate: CertificateFault | CertificateRequest | Identity): void;
  /** Opens a connection to it, as a sender's `dial` does. */
  dial(signal?: AbortSignal): Promise<net.Socket>;
  /** Drops every connection that is open. */
  dropConnections(): void;
  /** Ends everything; nothing is left behind. */
  close(): Promise<void>;
}

const KEYS: readonly (keyof SmtpServerOptions)[] = [
  'host',
  'authority',
  'certificate',
  'fault',
  'replies',
  'recipients',
  'extensions',
  'tls',
  'implicitTls',
  'users',
  'rehearsal',
  'clock',
  'port',
  'address',
];

/**
 * Starts a mock server.
 * @throws ConfigError `option-unknown`, `fault-unknown`, `peer-missing`
 */
export async function createSmtpServer(options: SmtpServerOptions): Promise<SmtpServer> {
  refuseUnknownOptions(options, KEYS, 'createSmtpServer');
  const clock = options.clock ?? systemClock;
  const authority = options.authority ?? (await createAuthority({ clock }));
  const house = createHouse(options, authority, clock);
  const listener = net.createServer((socket) => house.serve(socket));
  await listen(listener, options);
  const { address, port } = listener.address() as net.AddressInfo;
  // A port that refuses is one that was free a moment ago.
  let listening = true;
  const stopListening = async (): Promise<void> => {
    if (!listening) return;
    listening = false;
    const closed = new Promise<void>((resolve) => listener.close(() => resolve()));
    await closed;
  };
  const setListening = (faulty: boolean): Promise<void> => (faulty ? stopListening() : Promise.resolve());
  await setListening(house.plays().some((play) => play.unreachable === 'refused'));
  return {
    ...createAssertions(() => house.connections),
    host: options.host,
    address,
    port,
    authority,
    connections: house.connections,
    get messages() {
      return house.connections.flatMap((connection) => connection.messages);
    },
    get activity() {
      return house.activity();
    },
    transcript: () => formatTranscript(house.connections),
    play: (...faults) => house.play(faults),
    reply: (replies) => house.reply(replies),
    certify: (certificate) => house.certify(certificate),
    dial: (signal) => dial(house.plays(), { address, port }, signal),
    dropConnections: () => house.dropAll(),
    async close() {
      house.dropAll();
      await stopListening();
    },
  };
}

/** The part that does not depend on the port: what it plays now, and who is connected. */
function createHouse(options: SmtpServerOptions, authority: Authority, clock: Clock) {
  const connections: RecordedConnection[] = [];
  const sockets = new Set<net.Socket>();
  let plays = [options.fault ?? []].flat().map(findPlay);
  let certificate = options.certificate;
  let script = createScript(options.replies ?? {}, options.recipients ?? {});
  const rehearsal = options.rehearsal === undefined ? null : createRehearsal(options.rehearsal);
  let activity = 0;
  let made: { readonly key: string; readonly context: tls.SecureContext } | null = null;

  const tlsSetting = (): TlsSetting =>
    Object.assign({}, ...plays.map((play) => play.tls ?? {}), options.tls ?? {}) as TlsSetting;
  const context = (setting: TlsSetting): tls.SecureContext => {
    // Tickets live in the context, so it is kept as long as nothing changes.
    const key = JSON.stringify([setting, plays.map((play) => play.certificate), certificate]);
    if (made?.key !== key) {
      const faulty = plays.find((play) => play.certificate !== undefined)?.certificate;
      const identity = identify(authority, options.host, faulty ?? certificate, setting);
      made = { key, context: createServerContext(identity, setting) };
    }
    return made.context;
  };
  return {
    connections,
    activity: () => activity,
    plays: () => plays,
    play(faults: readonly Fault[]) {
      plays = faults.map(findPlay);
    },
    reply(replies: Replies) {
      script = createScript(replies, options.recipients ?? {});
    },
    certify(next: SmtpServerOptions['certificate']) {
      certificate = next;
    },
    dropAll() {
      for (const socket of sockets) socket.destroy();
    },
    serve(socket: net.Socket) {
      sockets.add(socket);
      activity += 1;
      socket.on('close', () => {
        sockets.delete(socket);
        activity += 1;
      });
      const record = createRecording(connections.length + 1, clock.now());
      connections.push(record);
      const setting = tlsSetting();
      serveSession(socket, {
        host: options.host,
        clock,
        plays,
        record,
        tls: setting,
        implicitTls: options.implicitTls === true || plays.some((play) => play.implicitTls === true),
        context: () => context(setting),
        extensions: (secure) => extensionsOf(options, plays, secure),
        rehearsal,
        scripted: (key: ReplyKey, address) => script.next(key, address),
        mayLogIn: (user, password) => options.users?.[user] === password && password !== '',
        counted: (octets) => {
          activity += octets;
        },
      });
    },
  };
}

function identify(
  authority: Authority,
  host: string,
  certificate: SmtpServerOptions['certificate'],
  setting: TlsSetting,
): Identity {
  if (typeof certificate === 'string') return authority.fault(certificate, host);
  if (certificate === undefined) {
    return authority.issue({ dns: [host], ...(setting.key === undefined ? {} : { key: setting.key }) });
  }
  return 'certificate' in certificate ? certificate : authority.issue(certificate);
}

function extensionsOf(options: SmtpServerOptions, plays: readonly Play[], secure: boolean): Extensions {
  const phase = secure ? 'secure' : 'clear';
  const given = options.extensions ?? {};
  const both = 'clear' in given || 'secure' in given ? (given[phase] ?? {}) : (given as Extensions);
  const usual = { chunking: options.rehearsal !== undefined };
  return Object.assign(usual, both, ...plays.map((play) => play.extensions?.[phase] ?? {})) as Extensions;
}

function listen(listener: net.Server, options: SmtpServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    listener.once('error', (cause) =>
      reject(
        new ConfigError(
          'listen-failed',
          `createSmtpServer: cannot listen: ${cause.message}; leave out "port"`,
          cause,
        ),
      ),
    );
    listener.listen(options.port ?? 0, options.address ?? '127.0.0.1', resolve);
  });
}

function dial(
  plays: readonly Play[],
  at: { address: string; port: number },
  signal?: AbortSignal,
): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    // Nobody answers: only the caller's own timer ends this.
    if (plays.some((play) => play.unreachable === 'unanswered')) return;
    const socket = net.connect(at.port, at.address);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}
