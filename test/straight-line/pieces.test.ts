/**
 * The pieces alone, as a host composes them: connect, STARTTLS, judge, admit, greet, transact, against smtp-server, an
 * independent implementation of the other side, with certificates made by the openssl command line.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createContext } from '../../src/core/context.js';
import { parseEnvelope } from '../../src/message/envelope.js';
import type { Message } from '../../src/message/source.js';
import { createBase } from '../../src/policy/base.js';
import { decide } from '../../src/policy/decide.js';
import { parseTable, type TableRule } from '../../src/policy/from-table.js';
import type { Target } from '../../src/route/route.js';
import { connect } from '../../src/smtp/connect.js';
import { greet } from '../../src/smtp/greet.js';
import { startTls } from '../../src/smtp/starttls.js';
import { transact } from '../../src/smtp/transact.js';
import { createSecureContexts } from '../../src/tls/context.js';
import { admit } from '../../src/verdict/admit.js';
import { judge } from '../../src/verdict/judge.js';
import type { Verdict } from '../../src/verdict/verdict.js';
import { pemStore } from '../../src/x509/roots.js';

const HOST = 'mx1.partner.test';
const DAY = 86_400_000;
// The rows below are made before the certificates are, which must be valid by then.
const SOON = Date.now() + 3_600_000;
let folder = '';
const commands: string[] = [];
const bodies: string[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pieces-'));
  const openssl = (...args: string[]): void =>
    void execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const ca = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '3650',
  ];
  openssl(
    ...ca,
    '-subj',
    '/CN=Test Root',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-addext',
    'keyUsage=critical,keyCertSign',
  );
  const request = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
  ];
  const leaf = [
    '-addext',
    'basicConstraints=critical,CA:FALSE',
    '-addext',
    'extendedKeyUsage=serverAuth',
    '-days',
    '30',
  ];
  openssl(
    ...request,
    ...leaf,
    '-subj',
    `/CN=${HOST}`,
    '-addext',
    `subjectAltName=DNS:${HOST}`,
    '-keyout',
    'leaf.key',
    '-out',
    'leaf.pem',
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function withServer<T>(work: (port: number) => Promise<T>): Promise<T> {
  commands.length = 0;
  bodies.length = 0;
  const server = new SMTPServer({
    key: readFileSync(join(folder, 'leaf.key')),
    cert: readFileSync(join(folder, 'leaf.pem')),
    authOptional: true,
    onMailFrom: (_address, _session, callback) => {
      commands.push('MAIL');
      callback();
    },
    onData: (stream, _session, callback) => {
      let text = '';
      stream.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
      stream.on('end', () => {
        bodies.push(text);
        callback();
      });
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  try {
    return await work((server.server.address() as AddressInfo).port);
  } finally {
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
  }
}

function messageOf(text: string): Message {
  const octets = Buffer.from(text, 'latin1');
  return {
    size: octets.length,
    sha256: '',
    longestLine: 100,
    eightBitHeader: false,
    eightBitBody: false,
    dotFree: false,
    canonical: true,
    messageId: '<a@sender.test>',
    receivedCount: 0,
    header: octets,
    async *open() {
      yield octets;
    },
  } as unknown as Message;
}

async function deliver(
  rule: Partial<TableRule>,
  now = Date.now(),
  host = HOST,
): Promise<{ verdict: Verdict; states: string[] }> {
  return withServer(async (port) => {
    const ctx = createContext();
    const store = pemStore(readFileSync(join(folder, 'ca.pem'), 'utf8'), 'test');
    const table = parseTable([{ match: 'partner.test', level: 'verified', ...rule }]);
    const base = createBase({ default: 'verified', trust: store });
    const plan = await decide('partner.test', { table, sources: [], base }, null, ctx);
    const target: Target = {
      host,
      address: '127.0.0.1',
      port,
      tls: 'starttls',
      preference: 0,
      mxAuth: 'pinned',
      auth: null,
    };
    const connection = await connect(target, { ehloName: 'out.sender.test' }, ctx);
    const contexts = createSecureContexts();
    const secureContext = contexts.get({
      store,
      suites: plan.ciphers,
      minProtocol: plan.minProtocol,
      clientCertificate: null,
    });
    const facts = await startTls(connection, { secureContext, servername: target.host }, ctx);
    const verdict = judge({ plan, target, facts, tlsFailure: null, now });
    if (!verdict.passed) {
      expect(admit(connection, verdict)).toBeNull();
      await connection.quit(ctx);
      return { verdict, states: [] };
    }
    await greet(connection, ctx);
    const session = admit(connection, verdict);
    if (session === null) throw new Error('the door stayed shut');
    const envelope = parseEnvelope({
      from: 'a@sender.test',
      recipients: ['b@partner.test', 'c@partner.test'],
    });
    const result = await transact(session, envelope, messageOf('Subject: x\r\n\r\n.dot\r\nend\r\n'), ctx);
    await connection.quit(ctx);
    return { verdict, states: result.recipients.map((each) => each.result) };
  });
}

describe('the pieces against an independent server', () => {
  it('FAQ-22, ST-8: a verified session delivers, octets as they were', async () => {
    const { verdict, states } = await deliver({});
    expect(verdict.checks.filter((check) => check.result !== 'pass')).toMatchObject([
      { name: 'revocation', result: 'not-asked', got: 'no stapled response' },
    ]);
    expect(verdict).toMatchObject({ passed: true, authenticated: true, identity: HOST });
    expect(states).toEqual(['accepted', 'accepted']);
    expect(bodies).toEqual(['Subject: x\r\n\r\n.dot\r\nend\r\n']);
  });

  it.each([
    ['FI-19, CI-7: expired by our clock', {}, SOON + 40 * DAY, HOST, 'certificate-expired'],
    ['CI-12, ST-7: another name', {}, SOON, 'mx9.partner.test', 'certificate-host-mismatch'],
    ['FI-5: a host outside the agreed list', { mx: ['mx7.partner.test'] }, SOON, HOST, 'mx-not-allowed'],
    ['FI-6: another issuer', { issuer: ['DigiCert'] }, SOON, HOST, 'certificate-issuer-not-allowed'],
    ['CI-9: a key below the floor', { minEcBits: 384 }, SOON, HOST, 'certificate-weak-key'],
    [
      'CI-22: a pinned key that is not there',
      { pins: [`spki-sha256/${'A'.repeat(43)}=`] },
      SOON,
      HOST,
      'certificate-issuer-not-allowed',
    ],
  ])('%s is refused and MAIL is never said', async (_title, rule, now, host, reason) => {
    const { verdict } = await deliver(rule, now, host);
    expect(verdict).toMatchObject({ passed: false, reason });
    expect(commands).toEqual([]);
  });

  it('FAQ-23, FI-18: a root outside the list is refused, expired or not, and a waived date does not hide it', async () => {
    const stranger = pemStore((await import('node:tls')).rootCertificates[0] as string, 'other');
    const waive = [{ check: 'validity' as const, reason: 'test', approvedBy: 'test', until: '2999-01-01' }];
    const { verdict } = await deliver({ trust: stranger, waive }, Date.now() + 40 * DAY);
    expect(verdict.passed).toBe(false);
    expect(verdict.reason).toBe('certificate-chain-incomplete');
    expect(commands).toEqual([]);
  });
});
