/**
 * Each fault does on the wire what its name says: seen by a raw client that is nobody's sender.
 */
import net from 'node:net';
import { beforeAll, expect, it } from 'vitest';
import { type Authority, createAuthority } from '../../src/testing/authority.js';
import { createFakeClock } from '../../src/testing/clock.js';
import { describeFault, type Fault, faults } from '../../src/testing/faults.js';
import { createSmtpServer, type SmtpServer, type SmtpServerOptions } from '../../src/testing/smtp-server.js';
import { type ProbeOptions, startProbe } from './probe.js';

const HOST = 'mx1.partner.example';
let authority: Authority;
beforeAll(async () => {
  authority = await createAuthority();
});

interface Seen {
  readonly log: string;
  readonly server: SmtpServer;
  /** Seconds that passed on the server's clock. */
  readonly seconds: number;
}

async function probe(options: Partial<SmtpServerOptions>, how: ProbeOptions = {}): Promise<Seen> {
  const clock = createFakeClock(Date.now());
  const started = clock.now();
  const server = await createSmtpServer({ host: HOST, authority, clock, ...options });
  clock.watch(() => server.activity);
  const running = startProbe(server.port, { ...how, tls: { ca: authority.trust, ...how.tls } });
  await clock.settle();
  for (let steps = 0; !running.ended() && steps < 3000; steps += 1) {
    if (!(await clock.advanceToNext('1h'))) break;
  }
  running.stop();
  await server.close();
  return {
    log: running.log.join('\n').replace(/\r\n/g, ' / '),
    server,
    seconds: (clock.now() - started) / 1000,
  };
}

const WHOLE = /S\* 250 2\.0\.0 taken\nC\* QUIT\nS\* 221 [^\n]*\nEND closed$/;
const after = (command: string, then: string): RegExp => new RegExp(`C\\*? ${command}[^\\n]*\\n${then}`);

/** What the probe must see; `null`: a certificate, judged by the openssl of Node below. */
const seen: Readonly<Record<Fault, RegExp | readonly [RegExp, ProbeOptions] | null>> = {
  noStarttls: /S 250-(?:(?!STARTTLS).)*\nC STARTTLS\nS 502/,
  strippedXXXX: /S 250-(?:(?!STARTTLS).)* \/ 250 XXXXXXXX\nC STARTTLS\nS 502/,
  starttlsOnFirstLine: /S 250-STARTTLS \/ 250-PIPELINING \/ 250 SIZE 35000000\n/,
  ehlo502: after('EHLO', 'S 502'),
  starttls454: after('STARTTLS', 'S 454 4.7.0'),
  starttls501: after('STARTTLS', 'S 501'),
  starttls502: after('STARTTLS', 'S 502'),
  closeAfterStarttls: after('STARTTLS', 'END closed'),
  resetAfterStarttls: after('STARTTLS', 'END ECONNRESET'),
  closeAfter220: /S 220 2.0.0 go ahead\nEND ECONNRESET/,
  hangAfter220: /S 220 2.0.0 go ahead\nEND stopped/,
  plaintextAfter220: /S 220 2.0.0 go ahead\nEND ERR_SSL_WRONG_VERSION_NUMBER/,
  multiLine220: /S 220-2.0.0 go \/ 220 2.0.0 ahead\nTLS TLSv1.3/,
  injectAfter220: /S 220 2.0.0 go ahead\nINJECTED "250-mx.invalid.*250 SIZE 1\\r\\n"\nTLS/,
  injectQueuedAfter220: /S 220 2.0.0 go ahead\nINJECTED "(?:250 2.0.0 queued\\r\\n){6}"\nTLS/,
  injectPartialLine: /S 220 2.0.0 go ahead\nINJECTED "25"\nTLS/,
  injectNextSegment: /S 220 2.0.0 go ahead\nEND ERR_SSL_WRONG_VERSION_NUMBER/,
  injectBefore220: /^S 220 [^\n]*\nC EHLO [^\n]*\nS 250-[^\n]*STARTTLS\nC STARTTLS\nS 220 2.0.0 go ahead/,
  implicitTlsOn25: /^END stopped$/,
  tls10Only: /TLS TLSv1 /,
  tls11Only: /TLS TLSv1\.1 /,
  tls12Only: /TLS TLSv1\.2 ECDHE-ECDSA-AES256-GCM-SHA384 authorized/,
  tls13Only: [/END ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION/, { tls: { maxVersion: 'TLSv1.2' } }],
  'cipherOnly:AES128-SHA': /TLS TLSv1\.2 AES128-SHA authorized/,
  'cipherOnly:AES128-GCM-SHA256': /TLS TLSv1\.2 AES128-GCM-SHA256 authorized/,
  'cipherOnly:ECDHE-ECDSA-AES128-SHA': /TLS TLSv1\.2 ECDHE-ECDSA-AES128-SHA authorized/,
  weakSuiteOnly: /TLS TLSv1\.2 NULL-SHA256 /,
  anonymousSuiteOnly: /TLS TLSv1\.2 ADH-AES128-SHA256 /,
  dhe1024: [/END ERR_TLS_DH_PARAM_SIZE/, { tls: { minDHSize: 1025 } }],
  'forgedHello:SSLv3': /END ERR_SSL_UNSUPPORTED_PROTOCOL/,
  'forgedHello:RC4': /END ERR_SSL_UNKNOWN_CIPHER_RETURNED/,
  'forgedHello:3DES': /END ERR_SSL_UNKNOWN_CIPHER_RETURNED/,
  'forgedHello:EXPORT': /END ERR_SSL_UNKNOWN_CIPHER_RETURNED/,
  alertInHandshake: /END ERR_SSL_.*ALERT_HANDSHAKE_FAILURE/,
  unrecognizedName: /END ERR_SSL_TLSV1_UNRECOGNIZED_NAME/,
  noiseInHandshake: /END ERR_SSL_WRONG_VERSION_NUMBER/,
  truncatedHandshake: /S 220 2.0.0 go ahead\nEND ECONNRESET/,
  clientCertRequested: WHOLE,
  'clientCertRequired:tls12': /S 220 2.0.0 go ahead\nEND ERR_SSL_.*ALERT_HANDSHAKE_FAILURE/,
  'clientCertRequired:tls13': /TLS TLSv1\.3.*\nC\* EHLO.*\nEND ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED/,
  ticketsOffered: WHOLE,
  renegotiation: WHOLE,
  refusedPort: /^END ECONNREFUSED$/,
  unansweredPort: WHOLE,
  silentGreeting: /^END stopped$/,
  greet554: /^S 554 /,
  closeBeforeGreeting: /^END closed$/,
  '421At:connect': /^S 421 [^\n]*\n(?:C EHLO[^\n]*\n)?END closed$/,
  '421At:ehlo': /C EHLO [^\n]*\nS 421 [^\n]*\n(?:C STARTTLS\n)?END closed$/,
  '421At:starttls': /C STARTTLS\nS 421 [^\n]*\n(?:C QUIT\n)?END closed$/,
  '421At:secure': /TLS [^\n]*\n(?:C\* EHLO [^\n]*\n)?S\* 421 [^\n]*\n/,
  '421At:ehloInTls': after('EHLO', 'S\\* 421'),
  '421At:mail': after('MAIL', 'S\\* 421'),
  '421At:rcpt': after('RCPT TO:<r0', 'S\\* 421'),
  '421At:data': after('DATA', 'S\\* 421'),
  '421At:dot': after('Subject', 'S\\* 421'),
  '421At:quit': after('QUIT', 'S\\* 421'),
  '421MidSession': after('RCPT TO:<r0', 'S\\* 421'),
  'closeWithNotify:ehloInTls': after('EHLO', 'END closed'),
  'closeWithNotify:mail': after('MAIL', 'END closed'),
  'closeWithNotify:rcpt': after('RCPT TO:<r0', 'END closed'),
  'closeWithNotify:data': after('DATA', 'END closed'),
  'closeWithNotify:dot': after('Subject', 'END closed'),
  'closeWithoutNotify:connect': /^END closed$/,
  'closeWithoutNotify:ehlo': /C EHLO [^\n]*\nEND closed$/,
  'closeWithoutNotify:secure': /TLS TLSv1.3 [^\n]*\n(?:C\* EHLO [^\n]*\n)?END closed$/,
  'closeWithoutNotify:ehloInTls': /C\* EHLO [^\n]*\nEND closed$/,
  'closeWithoutNotify:mail': /C\* MAIL [^\n]*\nEND closed$/,
  'closeWithoutNotify:rcpt': /C\* RCPT TO:<r0[^\n]*\nEND closed$/,
  'closeWithoutNotify:data': /C\* DATA\nEND closed$/,
  'closeWithoutNotify:dot': /S\* 354 [^\n]*\nC\* Subject: x\nEND closed$/,
  'closeWithoutNotify:quit': /S\* 250 2.0.0 taken\nC\* QUIT\nEND closed$/,
  resetAfterDot: /C\* Subject: x\nEND ECONNRESET$/,
  dropDuringData: /C\* Subject: x\nEND closed$/,
  dropAfterDot: /C\* Subject: x\nEND closed$/,
  silentAfterDot: /C\* Subject: x\nEND stopped$/,
  secondGreetingInTls: /TLS [^\n]*\n(?:C\* EHLO [^\n]*\n)?S\* 220 [^\n]* again\n/,
  starttlsOfferedAgainAfterTls: /S\* 250-[^\n]*250 STARTTLS\n/,
  differentEhloInTls: /S\* 250-elsewhere.invalid \/ 250-SIZE 100 \/ 250 X-OTHER\n/,
  ehloAfterTlsWithoutCapabilities: /C\* EHLO [^\n]*\nS\* 250 mx1.partner.example\nC\* MAIL/,
  ehloRefusedInTls: /C\* EHLO [^\n]*\nS\* 502/,
  '530BeforeMail': after('MAIL', 'S\\* 530 5.7.0'),
  mail503: after('MAIL', 'S\\* 503'),
  rcptMixed:
    /r0@.*\nS\* 250.*\n.*r1@.*\nS\* 550 5.1.1.*\n.*r2@.*\nS\* 451.*\n.*r3@.*\nS\* 452.*\n.*r4@.*\nS\* 250/,
  rcptLimit552: [/r99@.*\nS\* 250.*\n.*r100@.*\nS\* 552 5.5.3.*\n.*r101@.*\nS\* 552/, { recipients: 102 }],
  '354WithoutRecipients': /r4@.*\nS\* 550.*\nC\* DATA\nS\* 354/,
  laxEndOfData: [
    /C\* Subject: x\nS\* 250 2.0.0 taken\nC\* QUIT\nS\* 250 2.1.0 ok\n/,
    { body: 'Subject: x\r\n\r\na\n.\nMAIL FROM:<evil@x.example>\r\n' },
  ],
  mismatchedCodes: after('MAIL', 'S\\* 250-2.1.0 ok / 550 5.1.0 no'),
  bareLfReplies: /C\* EHLO [^\n]*\nS\* 250-mx1.partner.example\n250-PIPELINING\n/,
  bareLfGreeting: /^S 220 mx1.partner.example ESMTP\nC EHLO/,
  notSmtp: /^HALF SSH-2.0-OpenSSH_9.2/,
  replyOf64KiB: /C\* MAIL [^\n]*\nS\* (?:250-x{500} \/ ){132}250 ok/,
  lineOf64KiB: /^S 220 mx1.partner.example x{70000}\n/,
  endlessReply: /C EHLO [^\n]*\nHALF (?:250-x{60} \/ ){500}/,
  slowDrip: WHOLE,
  slowEndlessReply: /C EHLO [^\n]*\nHALF 250-x{60} \/ 250-x/,
  unsolicitedReply: /r0@[^\n]*\nS\* 250 2.1.5 ok\n(?:C\*[^\n]*\n)?S\* 250 2.0.0 queued/,
  unsolicitedReplyInGroup: /r0@[^\n]*\nS\* 250 2.1.5 ok\n(?:C\*[^\n]*\n)?S\* 250 2.0.0 queued/,
  code354ToMail: after('MAIL', 'S\\* 354'),
  code354ToRcpt: after('RCPT TO:<r0', 'S\\* 354'),
  code250ToData: after('DATA', 'S\\* 250'),
  code354ToDot: after('Subject', 'S\\* 354'),
  code451ToDot: after('Subject', 'S\\* 451'),
  code554ToDot: after('Subject', 'S\\* 554'),
  twoReceipts: /C\* Subject: x\nS\* 250 2.0.0 taken\n(?:C\* QUIT\n)?S\* 250 2.0.0 taken\n/,
  receiptBeforeRcpt: /r0@[^\n]*\nEND stopped$/,
  silentRcpt: /r0@[^\n]*\nEND stopped$/,
  silentRset: [/C\* RSET\nEND stopped$/, { more: ['RSET'] }],
  halfReply: /C\* MAIL [^\n]*\nHALF 25\nEND closed$/,
  code199: after('MAIL', 'S\\* 199'),
  code600: after('MAIL', 'S\\* 600'),
  'cert:expired': / CERT_HAS_EXPIRED\n/,
  'cert:notYet': / CERT_NOT_YET_VALID\n/,
  'cert:issuerExpired': / CERT_HAS_EXPIRED\n/,
  'cert:selfSigned': / DEPTH_ZERO_SELF_SIGNED_CERT\n/,
  'cert:wrongHost': / ERR_TLS_CERT_ALTNAME_INVALID\n/,
  'cert:cnOnly': null,
  'cert:cnMatchSanOther': / ERR_TLS_CERT_ALTNAME_INVALID\n/,
  'cert:sanMatchCnOther': null,
  'cert:emptySubject': null,
  'cert:missingIntermediate': / UNABLE_TO_VERIFY_LEAF_SIGNATURE\n/,
  'cert:privateRootSent': / SELF_SIGNED_CERT_IN_CHAIN\n/,
  'cert:unknownCa': / UNABLE_TO_GET_ISSUER_CERT_LOCALLY\n/,
  'cert:expiredUnknownCa': / CERT_HAS_EXPIRED\n/,
  'cert:distrustedRoot': / SELF_SIGNED_CERT_IN_CHAIN\n/,
  'cert:ekuClientOnly': / INVALID_PURPOSE\n/,
  'cert:rsa1024': null,
  'cert:sha1': null,
  'cert:partialWildcard': null,
  'cert:ipOnly': null,
  'cert:nameConstraint': / UNSPECIFIED\n/,
  'cert:unknownCriticalExtension': / UNSPECIFIED\n/,
  'cert:issuerNotCa': / UNSPECIFIED\n/,
};

it('mock faults: every fault has a description and a line in this table', () => {
  expect(Object.keys(seen).sort()).toEqual([...faults].sort());
  for (const fault of faults) expect(describeFault(fault), fault).toMatch(/^\S.{10,}/);
});

it.each(faults.map((fault) => [fault, describeFault(fault)] as const))('mock fault %s: %s', async (fault) => {
  const expected = seen[fault];
  const [pattern, how] = expected instanceof RegExp ? [expected, {}] : (expected ?? [WHOLE, {}]);
  const { log } = await probe({ fault }, how);
  expect(log).toMatch(pattern);
});

it('mock fault slowDrip: a session takes minutes', async () => {
  const { seconds } = await probe({ fault: 'slowDrip' });
  expect(seconds).toBeGreaterThan(300);
});

it('mock fault dropAfterDot: the message is kept; after resetAfterDot it is not', async () => {
  const kept = await probe({ fault: 'dropAfterDot' });
  expect(kept.server.messages.map((message) => message.accepted)).toEqual([true]);
  const lost = await probe({ fault: 'resetAfterDot' });
  expect(lost.server.messages.map((message) => message.accepted)).toEqual([false]);
  const during = await probe({ fault: 'dropDuringData' });
  expect(during.server.messages).toEqual([]);
});

it('mock fault ticketsOffered: a client that wants to resume does, and only then', async () => {
  for (const fault of ['ticketsOffered', 'tls12Only'] as const) {
    const server = await createSmtpServer({ host: HOST, authority, fault });
    let session: Buffer | undefined;
    for (let round = 0; round < 2; round += 1) {
      const tls = { ca: authority.trust, maxVersion: 'TLSv1.2' as const, ...(session && { session }) };
      const running = startProbe(server.port, { tls, onSession: (next) => (session = next) });
      await running.over;
    }
    expect(server.connections.map((connection) => connection.tls?.resumed)).toEqual([
      false,
      fault === 'ticketsOffered',
    ]);
    await server.close();
  }
});

it('mock fault unansweredPort: dial waits until it is called off', async () => {
  const server = await createSmtpServer({ host: HOST, authority, fault: 'unansweredPort' });
  const stop = new AbortController();
  const dialled = server.dial(stop.signal);
  stop.abort(new Error('enough'));
  await expect(dialled).rejects.toThrow('enough');
  await server.close();
});

it('mock faults: several at once, changed from one connection to the next', async () => {
  const { log } = await probe({ fault: ['tls12Only', 'cert:expired', '530BeforeMail'] });
  expect(log).toMatch(/TLS TLSv1.2 .* CERT_HAS_EXPIRED\n/);
  expect(log).toMatch(/S\* 530/);
  const server = await createSmtpServer({ host: HOST, authority, fault: 'starttls454' });
  const first = startProbe(server.port);
  await first.over;
  server.play();
  const second = startProbe(server.port);
  await second.over;
  expect(first.log.join()).toContain('S 454');
  expect(second.log.at(-2)).toMatch(/^S\* 221/);
  await server.close();
});

/** The types of the TLS records that a server sends, in order. */
async function recordTypes(options: Partial<SmtpServerOptions>): Promise<number[]> {
  const server = await createSmtpServer({ host: HOST, authority, ...options });
  const sent: Buffer[] = [];
  const proxy = net.createServer((client) => {
    const upstream = net.connect(server.port, server.address);
    upstream.on('data', (octets) => sent.push(octets));
    client.pipe(upstream).pipe(client);
    client.on('error', () => undefined).on('close', () => upstream.destroy());
    upstream.on('error', () => undefined).on('close', () => client.resume());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const running = startProbe((proxy.address() as net.AddressInfo).port);
  await running.over;
  await server.close();
  await new Promise((resolve) => proxy.close(resolve));
  const all = Buffer.concat(sent);
  const types: number[] = [];
  for (
    let at = all.indexOf('220 2.0.0 go ahead\r\n') + 20;
    at + 5 <= all.length;
    at += 5 + all.readUInt16BE(at + 3)
  ) {
    types.push(all[at] ?? -1);
  }
  return types;
}

it('mock fault renegotiation: a second handshake runs after EHLO', async () => {
  const CHANGE_CIPHER_SPEC = 20;
  const count = (types: readonly number[]): number =>
    types.filter((type) => type === CHANGE_CIPHER_SPEC).length;
  expect(count(await recordTypes({ fault: 'tls12Only' }))).toBe(1);
  expect(count(await recordTypes({ fault: 'renegotiation' }))).toBe(2);
  const { server } = await probe({ fault: 'renegotiation' });
  expect(server.connections[0]?.handshakes).toBe(2);
});

it('mock fault closeWithNotify: an alert goes out first', async () => {
  const ALERT = 21;
  for (const step of ['mail', 'dot'] as const) {
    expect((await recordTypes({ fault: ['tls12Only', `closeWithNotify:${step}`] })).at(-1)).toBe(ALERT);
  }
});

it('mock fault closeWithoutNotify: no alert goes out, while an honest server ends with one', async () => {
  const ALERT = 21;
  expect((await recordTypes({ fault: 'tls12Only' })).at(-1)).toBe(ALERT);
  for (const step of ['secure', 'mail', 'dot', 'quit'] as const) {
    expect(await recordTypes({ fault: ['tls12Only', `closeWithoutNotify:${step}`] })).not.toContain(ALERT);
  }
});
