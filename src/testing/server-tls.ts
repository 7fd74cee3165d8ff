/**
 * The TLS side of a mock server: a context from an identity and a setting, good or bad, and the handshake over a socket
 * that has spoken SMTP before. OpenSSL's security level is lowered where a fault needs what it would refuse.
 */
import { constants, getDiffieHellman } from 'node:crypto';
import type net from 'node:net';
import tls from 'node:tls';
import type { Identity } from './certificate-request.js';
import type { TlsSetting } from './play.js';
import type { RecordedTls } from './recording.js';

/** The context of a server. */
export function createServerContext(identity: Identity, setting: TlsSetting): tls.SecureContext {
  // Not tls.DEFAULT_CIPHERS: the command line can change that, and with it what a test negotiates.
  const suites = setting.ciphers ?? constants.defaultCoreCipherList;
  return tls.createSecureContext({
    cert: identity.chain,
    key: identity.key,
    // OpenSSL 3 serves TLS 1.0 and 1.1, SHA-1 and short keys at level 0 only.
    ciphers: `${suites}:@SECLEVEL=0`,
    minVersion: setting.minVersion ?? 'TLSv1.2',
    maxVersion: setting.maxVersion ?? 'TLSv1.3',
    ...(setting.dhGroup === undefined ? {} : { dhparam: encodeDhParameters(setting.dhGroup) }),
    sessionIdContext: 'mock',
    secureOptions: setting.tickets === true ? 0 : constants.SSL_OP_NO_TICKET,
  });
}

/** Watches a handshake. */
export interface HandshakeWatcher {
  /** A handshake is done: the first, or one more that renegotiates. */
  readonly done: (facts: RecordedTls) => void;
  readonly failed: (error: Error) => void;
}

/** Makes the handshake as a server over `socket`, whose octets must not have been read beyond what belongs to SMTP. */
export function startServerLayer(
  socket: net.Socket,
  context: tls.SecureContext,
  setting: TlsSetting,
  watcher: HandshakeWatcher,
): tls.TLSSocket {
  let servername: string | null = null;
  const client = setting.clientCertificate ?? 'none';
  const layer = new tls.TLSSocket(socket, {
    isServer: true,
    secureContext: context,
    requestCert: client !== 'none',
    rejectUnauthorized: client === 'require',
    SNICallback: (name, callback) => {
      servername = name;
      callback(null, context);
    },
  });
  layer.on('secure', () => {
    const cipher = layer.getCipher();
    const certificate = client === 'none' ? undefined : layer.getPeerX509Certificate();
    watcher.done({
      protocol: layer.getProtocol() ?? '',
      cipher: cipher.name,
      standardName: cipher.standardName,
      servername,
      resumed: layer.isSessionReused(),
      clientCertificate: certificate?.fingerprint256 ?? null,
    });
  });
  layer.on('_tlsError', watcher.failed);
  layer.on('error', watcher.failed);
  return layer;
}

/** PKCS #3 DHParameter, PEM: SEQUENCE of the prime and the generator. */
function encodeDhParameters(group: string): string {
  const dh = getDiffieHellman(group);
  const content = Buffer.concat([encodeInteger(dh.getPrime()), encodeInteger(dh.getGenerator())]);
  const der = Buffer.concat([Buffer.from([0x30]), encodeLength(content.length), content]);
  return `-----BEGIN DH PARAMETERS-----\n${der.toString('base64').replace(/(.{64})/g, '$1\n')}\n-----END DH PARAMETERS-----\n`;
}

function encodeInteger(value: Buffer): Buffer {
  const positive = (value[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), value]) : value;
  return Buffer.concat([Buffer.from([0x02]), encodeLength(positive.length), positive]);
}

function encodeLength(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  return length < 0x100
    ? Buffer.from([0x81, length])
    : Buffer.from([0x82, Math.floor(length / 256), length % 256]);
}
