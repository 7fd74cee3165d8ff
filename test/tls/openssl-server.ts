/**
 * `openssl s_server` as the other side of a handshake: an implementation that shares no code with this package, and that
 * prints how it reads what the client sent. Certificates come from the authority for tests.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SecureContext } from 'node:tls';
import { createContext } from '../../src/core/context.js';
import { connect } from '../../src/smtp/connect.js';
import { createSecureContexts, type ContextRequest } from '../../src/tls/context.js';
import type { PeerFacts } from '../../src/tls/facts.js';
import { bcp195Suites } from '../../src/tls/suite-profiles.js';
import { type Authority, createAuthority } from '../../src/testing/authority.js';
import type { CertificateRequest } from '../../src/testing/certificate-request.js';
import { pemStore } from '../../src/x509/roots.js';
import type { TrustStore } from '../../src/x509/trust-store.js';

export const HOST = 'mx1.partner.test';

/** A running server. */
export interface OpensslServer {
  readonly port: number;
  /** What it printed, once it has ended; with `-naccept 1` it ends after the first connection. */
  readonly printed: Promise<string>;
  close(): Promise<void>;
}

/** Starts servers and clients of one authority. */
export interface OpensslBench {
  readonly authority: Authority;
  readonly store: TrustStore;
  start(args: readonly string[], certificate?: CertificateRequest): Promise<OpensslServer>;
  /** A context of ours, with the default suites unless told otherwise. */
  context(request?: Partial<ContextRequest>): SecureContext;
  close(): Promise<void>;
}

/** Makes a bench. */
export async function createOpensslBench(): Promise<OpensslBench> {
  const authority = await createAuthority();
  const folder = mkdtempSync(join(tmpdir(), 'openssl-server-'));
  const store = pemStore(authority.trust, 'test');
  const contexts = createSecureContexts();
  const running: OpensslServer[] = [];
  let count = 0;
  return {
    authority,
    store,
    async start(args, certificate = { dns: [HOST], key: 'rsa2048' }) {
      const identity = authority.issue(certificate);
      count += 1;
      const file = (name: string, text: string): string => {
        const path = join(folder, `${count}-${name}.pem`);
        writeFileSync(path, text);
        return path;
      };
      const leaf = file('leaf', identity.certificate);
      const key = file('key', identity.key);
      // The second pair counts only with `-servername`: then the server acknowledges the name.
      const files = ['-cert', leaf, '-key', key, '-cert2', leaf, '-key2', key];
      const chain = ['-cert_chain', file('chain', identity.chain), '-CAfile', file('root', authority.trust)];
      const server = await run(['s_server', '-accept', '127.0.0.1:0', ...files, ...chain, ...args]);
      running.push(server);
      return server;
    },
    context: (request = {}) =>
      contexts.get({
        store,
        suites: bcp195Suites,
        minProtocol: 'TLSv1.2',
        clientCertificate: null,
        ...request,
      }),
    async close() {
      await Promise.all(running.map((server) => server.close()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Makes a handshake as the sender does and gives what it showed. With `-rev` the server gives back what it hears: then
 * both sides have ended the handshake when this ends.
 * @throws ConnectionError
 */
export async function shakeHands(
  server: OpensslServer,
  secureContext: SecureContext,
  hears = false,
): Promise<PeerFacts> {
  const endpoint = { host: HOST, address: '127.0.0.1', port: server.port, tls: 'implicit' as const };
  const options = { ehloName: 'out.bank.test', implicitTls: { secureContext, servername: HOST } };
  const connection = await connect(endpoint, options, createContext());
  const { facts } = connection;
  if (hears) await connection.quit(createContext());
  connection.destroy();
  if (facts === null) throw new Error('a connection without a handshake');
  return facts;
}

async function run(args: readonly string[]): Promise<OpensslServer> {
  // Its standard input stays open: s_server ends when that does.
  const child: ChildProcess = spawn('openssl', args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let text = '';
  let told = (): void => undefined;
  const printed = new Promise<string>((resolve) => child.once('close', () => resolve(text)));
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      told();
    });
  }
  const port = await new Promise<number>((resolve, reject) => {
    told = () => {
      const found = /ACCEPT \S+:(\d+)/.exec(text)?.[1];
      if (found !== undefined) resolve(Number(found));
    };
    void printed.then(() => reject(new Error(`openssl ${args.join(' ')} ended:\n${text}`)));
  });
  return {
    port,
    printed,
    async close() {
      child.kill();
      await printed;
    },
  };
}
