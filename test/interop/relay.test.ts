/**
 * Login at a relay: the real Exim offers it inside TLS alone and takes mail only from who has logged in.
 */
import { afterAll, expect, it } from 'vitest';
import type { SenderOptions } from '../../src/sender-options.js';
import { compose, shapes } from './contents.js';
import { openMailbox } from './mailbox.js';
import { makeSender, sendOnce } from './senders.js';
import { type MailServer, readLog, startServer, stopServer } from './servers.js';
import { describeInterop, interop } from './suite.js';

describeInterop.each(['plain', 'login'])('a relay that offers AUTH %s', (mechanism) => {
  let relay: MailServer | null = null;
  const start = async (): Promise<MailServer> =>
    (relay ??= await startServer('exim', interop().folder, { INTEROP_AUTH: mechanism }));
  afterAll(async () => {
    if (relay !== null) await stopServer(relay, interop().folder);
  });
  const through = (server: MailServer, pass: string): Partial<SenderOptions> => ({
    policies: [
      {
        match: 'example.test',
        route: { type: 'relay', host: server.host, port: server.port, auth: { user: 'relay user', pass } },
      },
    ],
  });

  it('ST-18: logs in and delivers', async () => {
    const server = await start();
    const sender = makeSender(server, through(server, 'p@ss word'));
    const content = compose(shapes.plain, `auth-${mechanism}`, 2000);
    const [outcome] = await sendOnce(sender, {
      from: 'anna@sender.test',
      to: 'bo@example.test',
      message: content.octets,
    });
    expect(outcome).toMatchObject({ state: 'delivered' });
    const [stored] = await openMailbox(server).find(content.firstLine, 1);
    expect(stored?.added).toContain('with esmtpsa');
    expect(readLog(server)).toContain(` A=${mechanism}:relay user `);
    await sender.close();
  });

  it('ST-18, AT-52: a wrong password holds the mail and stands nowhere', async () => {
    const server = await start();
    const sender = makeSender(server, through(server, 'not the word'));
    const [outcome] = await sendOnce(sender, {
      from: 'anna@sender.test',
      to: 'bo@example.test',
      message: compose(shapes.plain, 'auth-wrong', 2000).octets,
    });
    expect(outcome).toMatchObject({ state: 'held', reason: 'auth-rejected' });
    expect(JSON.stringify(outcome)).not.toMatch(/not the word|bm90IHRoZSB3b3Jk/);
    await sender.close();
  });
});
