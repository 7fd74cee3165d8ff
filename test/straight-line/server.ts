/**
 * An independent mail server (smtp-server) and certificates by the openssl command line, for the tests of this folder.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import type { MxRecord, Resolver } from '../../src/dns/resolver.js';
import { pemStore } from '../../src/x509/roots.js';
import type { TrustStore } from '../../src/x509/trust-store.js';

/** Key and certificate files of one leaf, and the root that signed it. */
export interface TestPki {
  readonly store: TrustStore;
  issue(host: string): { readonly key: Buffer; readonly cert: Buffer };
  remove(): void;
}

/** A root and leaves signed by it. */
export function makePki(): TestPki {
  const folder = mkdtempSync(join(tmpdir(), 'straight-line-'));
  const openssl = (...args: string[]): void =>
    void execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const key = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '30',
  ];
  openssl(
    ...key,
    '-subj',
    '/CN=Test Root',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-addext',
    'keyUsage=critical,keyCertSign',
  );
  return {
    store: pemStore(readFileSync(join(folder, 'ca.pem'), 'utf8'), 'test'),
    issue(host) {
      const extensions = [
        'basicConstraints=critical,CA:FALSE',
        'extendedKeyUsage=serverAuth',
        `subjectAltName=DNS:${host}`,
      ];
      const added = extensions.flatMap((extension) => ['-addext', extension]);
      openssl(
        ...key,
        '-CA',
        'ca.pem',
        '-CAkey',
        'ca.key',
        '-subj',
        `/CN=${host}`,
        ...added,
        '-keyout',
        'leaf.key',
        '-out',
        'leaf.pem',
      );
      return { key: readFileSync(join(folder, 'leaf.key')), cert: readFileSync(join(folder, 'leaf.pem')) };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** What a server saw. */
export interface Seen {
  readonly commands: string[];
  readonly messages: { readonly from: string; readonly to: string[]; readonly octets: Buffer }[];
  readonly port: number;
  close(): Promise<void>;
}

/** A server on loopback that records; `reject@` is refused with 550, `defer@` with 451. */
export async function startServer(options: SMTPServerOptions): Promise<Seen> {
  const commands: string[] = [];
  const messages: Seen['messages'] = [];
  const server = new SMTPServer({
    authOptional: true,
    onMailFrom: (_address, _session, callback) => {
      commands.push('MAIL');
      callback();
    },
    onRcptTo: (address, _session, callback) => {
      commands.push('RCPT');
      const code = address.address.startsWith('reject@')
        ? 550
        : address.address.startsWith('defer@')
          ? 451
          : 0;
      callback(code === 0 ? null : Object.assign(new Error('not this one'), { responseCode: code }));
    },
    onData: (stream, session, callback) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        const from = mailFrom === false ? '' : mailFrom.address;
        messages.push({ from, to: rcptTo.map((each) => each.address), octets: Buffer.concat(chunks) });
        callback();
      });
    },
    ...options,
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    commands,
    messages,
    port: (server.server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
      }),
  };
}

/** A resolver over plain records; names that are not there do not exist. */
export function recordsResolver(
  mx: Record<string, MxRecord[]>,
  addresses: Record<string, string[]>,
): Resolver {
  return {
    name: 'records',
    mx: (domain) =>
      Promise.resolve(
        mx[domain] === undefined
          ? { kind: 'nxdomain' as const, dnssec: 'insecure' as const }
          : { kind: 'found' as const, records: mx[domain], dnssec: 'insecure' as const },
      ),
    addresses: (host, family) =>
      Promise.resolve(
        family === 4 && addresses[host] !== undefined
          ? { kind: 'found' as const, records: addresses[host], dnssec: 'insecure' as const }
          : { kind: 'nodata' as const, dnssec: 'insecure' as const },
      ),
    cname: () => Promise.resolve({ kind: 'nodata' as const, dnssec: 'insecure' as const }),
  };
}
