/**
 * The honest mock server, seen by clients that are not ours: nodemailer and a raw socket.
 */
import net from 'node:net';
import nodemailer from 'nodemailer';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { type Authority, createAuthority } from './authority.js';
import { createSmtpServer, type SmtpServer, type SmtpServerOptions } from './smtp-server.js';

const HOST = 'mx1.partner.example';
let authority: Authority;
const open: SmtpServer[] = [];

beforeAll(async () => {
  authority = await createAuthority();
});
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

async function start(options: Partial<SmtpServerOptions> = {}): Promise<SmtpServer> {
  const server = await createSmtpServer({ host: HOST, authority, ...options });
  open.push(server);
  return server;
}

function mailer(server: SmtpServer, more: object = {}) {
  return nodemailer.createTransport({
    host: server.address,
    port: server.port,
    requireTLS: true,
    tls: { servername: HOST, ca: authority.trust },
    ...more,
  });
}

const MAIL = {
  from: 'ops@bank.example',
  to: ['anna@partner.example', 'bo@partner.example'],
  subject: 'Hello',
  text: 'first line\n.starts with a dot\n..two\n',
};

it('mock server: nodemailer delivers over verified TLS, and everything is recorded', async () => {
  const server = await start();
  const info = await mailer(server).sendMail(MAIL);
  expect(info.accepted).toEqual(MAIL.to);
  expect(server.messages).toHaveLength(1);
  const [message] = server.messages;
  expect(message).toMatchObject({ secure: true, accepted: true, user: null });
  expect(message?.from.address).toBe('ops@bank.example');
  expect(message?.recipients.map((to) => to.address)).toEqual(MAIL.to);
  expect(message?.content.toString()).toContain('\r\n.starts with a dot\r\n..two\r\n');
  expect(message?.raw.toString()).toContain('\r\n..starts with a dot\r\n...two\r\n');
  expect(server.connections[0]?.tls).toMatchObject({
    protocol: 'TLSv1.3',
    servername: HOST,
    resumed: false,
    clientCertificate: null,
  });
  expect(server.connections[0]?.clear.toString()).toMatch(/^EHLO [^\r]+\r\nSTARTTLS\r\n$/);
  server.noEnvelopeOutsideTls();
  server.noOffences();
  expect(server.saw('RCPT', 2).every((command) => command.secure)).toBe(true);
  expect(() => server.never('MAIL')).toThrow(
    /expected no MAIL, saw "MAIL FROM:<ops@bank.example>.*\n#1 S {2}220/s,
  );
  expect(() => server.saw('BDAT')).toThrow(/expected BDAT at least once, saw it 0 times/);
});

it('mock server: nodemailer refuses it when it trusts another authority', async () => {
  const server = await start();
  await expect(mailer(server, { tls: { servername: HOST } }).sendMail(MAIL)).rejects.toThrow(/certificate/);
  server.never('MAIL');
});

it('mock server: mail in clear is seen by the assertion about envelopes', async () => {
  const server = await start({ extensions: { startTls: false } });
  await mailer(server, { requireTLS: false, ignoreTLS: true }).sendMail(MAIL);
  expect(server.messages[0]?.secure).toBe(false);
  expect(() => server.noEnvelopeOutsideTls()).toThrow(/outside TLS came "MAIL FROM/);
});

it('mock server: implicit TLS, and login by PLAIN and LOGIN', async () => {
  for (const auth of ['PLAIN', 'LOGIN'] as const) {
    const server = await start({
      implicitTls: true,
      users: { ops: 'secret' },
      extensions: { secure: { auth: [auth] } },
    });
    const good = { secure: true, auth: { user: 'ops', pass: 'secret' } };
    await mailer(server, good).sendMail(MAIL);
    expect(server.messages[0]?.user).toBe('ops');
    const bad = { secure: true, auth: { user: 'ops', pass: 'wrong' } };
    await expect(mailer(server, bad).sendMail(MAIL)).rejects.toThrow(/535/);
  }
});

it('mock server: replies can be scripted by command and by recipient, and come to an end', async () => {
  const server = await start({
    replies: { MAIL: ['451 4.3.0 later'] },
    recipients: { 'bo@partner.example': '550 5.1.1 nobody' },
  });
  await expect(mailer(server).sendMail(MAIL)).rejects.toThrow(/451 4.3.0 later/);
  const info = await mailer(server).sendMail(MAIL);
  expect(info.accepted).toEqual(['anna@partner.example']);
  expect(info.rejected).toEqual(['bo@partner.example']);
});

it('mock server: a client certificate is asked for and recorded', async () => {
  const client = authority.issue({ cn: 'out.bank.example', eku: ['clientAuth'] });
  const server = await start({ tls: { clientCertificate: 'require' } });
  const tls = { servername: HOST, ca: authority.trust, key: client.key, cert: client.chain };
  await mailer(server, { tls }).sendMail(MAIL);
  expect(server.connections[0]?.tls?.clientCertificate).toMatch(/^[0-9A-F:]{95}$/);
});

/** Speaks to a server in clear: writes each text when the server has answered the one before. */
async function talk(server: SmtpServer, ...texts: readonly string[]): Promise<string> {
  const socket = net.connect(server.port, server.address);
  let heard = '';
  socket.on('data', (octets) => {
    heard += octets.toString('latin1');
    const next = texts[(heard.match(/^\d{3} /gm) ?? []).length - 1];
    if (next !== undefined && heard.endsWith('\r\n')) socket.write(next);
  });
  await new Promise((resolve) => socket.once('close', resolve));
  return heard;
}

it('mock server: offers in clear and inside TLS are settable apart', async () => {
  const server = await start({
    extensions: {
      clear: { pipelining: false, size: 1000, dsn: false, lines: ['XTEST a b'] },
      secure: { chunking: true, requireTls: true, auth: ['PLAIN'], size: 0 },
    },
  });
  const clear = await talk(server, 'EHLO a.example\r\n', 'QUIT\r\n');
  expect(clear).toContain('250-SIZE 1000\r\n');
  expect(clear).toContain('250 XTEST a b\r\n');
  expect(clear).not.toMatch(/PIPELINING|DSN|CHUNKING/);
  await mailer(server).verify();
  const inside = server.transcript().split('TLSv1.3')[1];
  for (const line of ['SIZE 0', 'CHUNKING', 'REQUIRETLS', 'AUTH PLAIN', 'PIPELINING']) {
    expect(inside).toContain(line);
  }
  expect(inside).not.toContain('STARTTLS');
});

it('mock server: offences of a client are noted', async () => {
  const server = await start({ extensions: { pipelining: false, chunking: true } });
  await talk(
    server,
    'EHLO a.example\nNOOP\r\nNOOP\r\n',
    '',
    '',
    'STARTTLS x\r\nMAIL FROM:<a@b>\r\n',
    'QUIT\r\n',
  );
  expect(server.connections[0]?.offences).toEqual([
    'a line that ends in LF alone',
    'octets behind EHLO without PIPELINING',
    'octets behind NOOP without PIPELINING',
  ]);
  expect(server.connections[0]?.behindStartTls).toBe('MAIL FROM:<a@b>\r\n'.length);
  expect(() => server.noOffences()).toThrow(/LF alone/);
  server.never('MAIL');
});

it('mock server: BDAT chunks make one message', async () => {
  const server = await start({ extensions: { chunking: true } });
  await talk(
    server,
    'EHLO a.example\r\n',
    'MAIL FROM:<>\r\n',
    'RCPT TO:<"a b"@c.example> NOTIFY=NEVER\r\n',
    'BDAT 5\r\na: b\r',
    'BDAT 6 LAST\r\n\n\r\n.\r\n',
    'QUIT\r\n',
  );
  expect(server.messages[0]?.content.toString()).toBe('a: b\r\n\r\n.\r\n');
  expect(server.messages[0]?.from).toEqual({ address: '', parameters: [] });
  expect(server.messages[0]?.recipients).toEqual([
    { address: '"a b"@c.example', parameters: ['NOTIFY=NEVER'] },
  ]);
});

const codesOf = (heard: string): string => (heard.match(/^\d{3} /gm) ?? []).join('').trim();
const ENVELOPE = ['MAIL FROM:<a@b>\r\n', 'RCPT TO:<c@d>\r\n'];

it('mock server: the octets of a chunk that is refused are read, and only RSET ends what it belongs to', async () => {
  const server = await start({
    extensions: { chunking: true, size: 20 },
    replies: { DOT: [null, '451 4.3.0 later'], BDAT: ['452 4.3.1 full'] },
  });
  const heard = await talk(
    server,
    'BDAT 6\r\nQUIT\r\n', // 503: no transaction
    'EHLO a\r\n',
    ...ENVELOPE,
    'BDAT 0 LAST\r\n', // 250
    ...ENVELOPE,
    'BDAT 6 LAST\r\nQUIT\r\n', // 451
    'MAIL FROM:<a@b>\r\n', // 503
    'BDAT 6 LAST\r\nQUIT\r\n', // 503
    'RSET\r\n',
    'MAIL FROM:<a@b> SIZE=21\r\n', // 552
    ...ENVELOPE,
    'BDAT 6\r\nQUIT\r\n', // 452
    'BDAT 0 LAST\r\n', // 503
    'RSET\r\n',
    ...ENVELOPE,
    'BDAT 6\r\nQUIT\r\n',
    'DATA\r\n', // 503
    'RCPT TO:<e@f>\r\n', // 503
    'BDAT 15 LAST\r\nQUIT\r\nQUIT\r\nA\r\n', // 552
    'EHLO a\r\n',
    'BDAT\r\n', // 501
    'BDAT x LAST\r\n', // 501
    'DATA 6\r\n', // 501
    'QUIT\r\n',
  );
  expect(codesOf(heard)).toBe(
    '220 503 250 250 250 250 250 250 451 503 503 250 552 250 250 452 503 250 250 250 250 503 503 552 250 501 501 501 221',
  );
  expect(server.messages.map(({ accepted }) => accepted)).toEqual([true, false, false]);
  server.noOffences();
});

it('mock server: BDAT that was not offered, and octets behind a chunk without PIPELINING, are offences', async () => {
  const plain = await start({ extensions: { chunking: false } });
  await talk(plain, 'EHLO a\r\n', ...ENVELOPE, 'BDAT 1\r\n', 'QUIT\r\n');
  expect(plain.connections[0]?.offences).toEqual(['BDAT without CHUNKING']);
  const slow = await start({ extensions: { chunking: true, pipelining: false } });
  await talk(slow, 'EHLO a\r\n', ...ENVELOPE, 'BDAT 2\r\n\r\n', 'BDAT 1 LAST\r\nxRSET\r\n', '', 'QUIT\r\n');
  expect(slow.connections[0]?.offences).toEqual(['octets behind a chunk without PIPELINING']);
});

it('mock server: a rehearsal is honest, then waits until messages have come together, then goes wrong', async () => {
  const server = await start({ rehearsal: { messages: 1, together: 2 }, fault: 'dropAfterDot' });
  const message = [...ENVELOPE, 'BDAT 2 LAST\r\n\r\n'].join('');
  const socket = net.connect(server.port, server.address);
  let heard = '';
  socket.on('data', (octets) => (heard += octets.toString('latin1')));
  const until = async (codes: string): Promise<void> => {
    while (codesOf(heard) !== codes) await new Promise((resolve) => socket.once('data', resolve));
  };
  socket.write('EHLO a\r\n');
  await until('220 250');
  socket.write(message);
  await until('220 250 250 250 250');
  socket.write(`RSET\r\n${message}RSET\r\n${message.slice(0, -2)}`);
  const sent = Buffer.byteLength(`RSET\r\n${message}`) * 2;
  while (server.activity < sent + 100) await new Promise((resolve) => setImmediate(resolve));
  expect(codesOf(heard)).toBe('220 250 250 250 250');
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.on('error', () => undefined);
  socket.write('\r\n');
  await closed;
  expect(server.connections[0]?.together).toBe(2);
  expect(server.messages.map(({ accepted }) => accepted)).toEqual([true, true]);
});

it('mock server: commands out of order are refused', async () => {
  const server = await start();
  const heard = await talk(
    server,
    'MAIL FROM:<a@b>\r\n',
    'EHLO a\r\n',
    'RCPT TO:<a@b>\r\n',
    'MAIL FROM:<a@b>\r\n',
    'DATA\r\n',
    'RCPT TO: <a@b>\r\n',
    'MAIL FROM:<c@d>\r\n',
    'WHAT\r\n',
    'QUIT\r\n',
  );
  expect(heard.match(/^\d{3} /gm)?.join('')).toBe('220 503 250 503 250 554 501 503 500 221 ');
});

it('mock server: an unknown fault or option is refused with the nearest name', async () => {
  await expect(start({ fault: 'starttls45' as 'starttls454' })).rejects.toThrow(/did you mean "starttls454"/);
  await expect(start({ certifcate: 'expired' } as object)).rejects.toThrow(/did you mean "certificate"/);
});
