/**
 * The guard as hooks of `smtp-server`, the receiving server of Nodemailer's author. The types name only what is used, so
 * that this package needs none of its own.
 *
 *   onSecure     notes version and suite as they were negotiated
 *   onMailFrom   TLS, policies, SPF
 *   onData       Sender ID and line ends, while the content flows to the host; Received-SPF stands on top of it
 *
 * Replies carry their enhanced code themselves, so leave `hideENHANCEDSTATUSCODES` as it is (true).
 */
import type { Readable } from 'node:stream';
import { type Context, createContext } from '../core/context.js';
import { passContent } from './content-gate.js';
import type { InboundGuard } from './guard.js';
import type { InboundSession, InboundTls, InboundVerdict, Refusal } from './session.js';

/** A session of smtp-server. */
export interface SmtpServerSession {
  readonly remoteAddress: string;
  /** The name in EHLO; false before. */
  readonly hostNameAppearsAs: string | false;
  readonly secure: boolean;
}

/** How a hook answers: an error refuses, with `responseCode` as reply code. */
export type SmtpServerCallback = (error?: Error | null, message?: string) => void;

/** Hooks of the host, called when the guard has nothing against it. */
export interface SmtpServerHost {
  /** Default: nothing. */
  onSecure?(socket: object, session: SmtpServerSession, callback: SmtpServerCallback): void;
  /** Default: accepts. */
  onMailFrom?(
    address: { readonly address: string },
    session: SmtpServerSession,
    callback: SmtpServerCallback,
  ): void;
  /**
   * Takes the message. The stream ends early, with an error where one is listened for, when the guard refuses what comes;
   * what has come until then counts for nothing.
   */
  onData(stream: Readable, session: SmtpServerSession, callback: SmtpServerCallback): void;
}

/** What a socket tells of its TLS; one without it belongs to a session that was secured elsewhere. */
interface SecureSocket {
  getProtocol?(): string | null;
  getCipher?(): { readonly name: string };
}

// Sessions outlive no socket, and the hooks get nothing but the session.
const secured = new WeakMap<object, InboundTls>();
const spfFields = new WeakMap<object, string>();

const UNKNOWN: InboundTls = { protocol: 'unknown', cipher: 'unknown' };

/** The facts of a session of a server that has these hooks, for `guard` and `composeReceived`. */
export function inboundSessionOf(session: SmtpServerSession): InboundSession {
  return {
    ip: session.remoteAddress,
    ehlo: session.hostNameAppearsAs === false ? '' : session.hostNameAppearsAs,
    // TLS that nobody here has seen is TLS of an unknown kind, which is weak.
    tls: session.secure ? (secured.get(session) ?? UNKNOWN) : null,
  };
}

/** The hooks: `new SMTPServer({ key, cert, ...smtpServerGuard(guard, { onData }) })`. */
export function smtpServerGuard(
  guard: InboundGuard,
  host: SmtpServerHost,
  ctx: Context = createContext(),
): Required<SmtpServerHost> {
  return {
    onSecure(socket, session, callback) {
      const tls = socket as SecureSocket;
      secured.set(session, {
        protocol: tls.getProtocol?.() ?? UNKNOWN.protocol,
        cipher: tls.getCipher?.().name ?? UNKNOWN.cipher,
      });
      if (host.onSecure === undefined) callback();
      else host.onSecure(socket, session, callback);
    },
    onMailFrom(address, session, callback) {
      settle(guard.mail(address.address, inboundSessionOf(session), ctx), callback, (fields) => {
        spfFields.set(session, fields);
        if (host.onMailFrom === undefined) callback();
        else host.onMailFrom(address, session, callback);
      });
    },
    onData(stream, session, callback) {
      let answer: Parameters<SmtpServerCallback> = [];
      const passed = passContent(stream, {
        judgeHeader: guard.readsHeader
          ? (header) => guard.message(header, inboundSessionOf(session), ctx)
          : null,
        fields: spfFields.get(session) ?? '',
        take: (out) =>
          new Promise((resolve) => {
            host.onData(withMeasures(out, stream), session, (...said) => {
              answer = said;
              resolve();
            });
          }),
      });
      const verdict = passed.then((refusal): InboundVerdict => refusal ?? { accept: true, fields: '' });
      settle(verdict, callback, () => callback(...answer));
    },
  };
}

/** smtp-server counts what comes in; its hosts read that from the stream. */
function withMeasures(out: Readable, from: Readable): Readable {
  for (const name of ['byteLength', 'sizeExceeded'] as const) {
    Object.defineProperty(out, name, { get: () => Reflect.get(from, name) as unknown });
  }
  return out;
}

/** Answers with the refusal, or goes on. What fails unexpectedly is not the client's fault, and not accepted either. */
function settle(
  verdict: Promise<InboundVerdict>,
  callback: SmtpServerCallback,
  goOn: (fields: string) => void,
): void {
  verdict.then(
    (said) => (said.accept ? goOn(said.fields) : callback(replyError(said))),
    (cause: unknown) => {
      const text = '4.3.0 Cannot check the session now';
      callback(Object.assign(new Error(text, { cause }), { responseCode: 451 }));
    },
  );
}

function replyError({ code, enhanced, text }: Refusal): Error {
  return Object.assign(new Error(`${enhanced} ${text}`), { responseCode: code });
}
