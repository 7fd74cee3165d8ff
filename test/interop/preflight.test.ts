/**
 * Preflights of real servers, as their own logs tell them, and a test mail whose copy a real server has written its Received
 * field on.
 */
import { expect, it, vi } from 'vitest';
import { judgeReturned } from '../../src/preflight/test-mail.js';
import { openMailbox } from './mailbox.js';
import { makeSender } from './senders.js';
import { readLog, startServer, stopServer } from './servers.js';
import { describeInterop, interop } from './suite.js';

describeInterop('before mail is sent', () => {
  it('FAQ-1, FAQ-14, FAQ-15, FI-3: Postfix hears EHLO, STARTTLS, EHLO and QUIT, and its certificate is read', async () => {
    const server = await startServer('postfix', interop().folder);
    const sender = makeSender(server);
    const report = await sender.preflight('example.test');
    expect(report).toMatchObject({ takesMail: true, hosts: [{ host: server.host, startTls: 'offered' }] });
    expect(report.hosts[0]?.certificates.length).toBeGreaterThan(1);
    await vi.waitFor(() =>
      expect(readLog(server)).toMatch(/disconnect from .* ehlo=2 starttls=1 quit=1 commands=4$/m),
    );
    await sender.close();
    await stopServer(server, interop().folder);
  });

  it('FAQ-14, FAQ-15, FI-3: of an expired certificate it says so, and Postfix hears no second EHLO', async () => {
    const server = await startServer('postfix', interop().folder, { INTEROP_CERT: 'expired' });
    const sender = makeSender(server);
    const { result, takesMail, hosts } = await sender.preflight('example.test');
    expect({ result, takesMail }).toEqual({ result: 'fail', takesMail: false });
    const failed = hosts[0]?.checks.filter((check) => check.result === 'fail') ?? [];
    expect(failed.map(({ name, reason }) => `${name} ${reason}`)).toEqual([
      'validity certificate-expired',
      'expiry certificate-expired',
    ]);
    await vi.waitFor(() =>
      expect(readLog(server)).toMatch(/disconnect from .* ehlo=1 starttls=1 quit=1 commands=3$/m),
    );
    await sender.close();
    await stopServer(server, interop().folder);
  });

  it.each(['postfix', 'exim'] as const)(
    'FAQ-13, FAQ-25: the copy of a test mail that %s has stored tells that it came over TLS',
    async (name) => {
      const server = interop()[name];
      const sender = makeSender(server);
      const { test, receipt } = await sender.sendTest({ from: 'anna@sender.test', to: 'bo@example.test' });
      expect(await receipt.attempted).toMatchObject([{ state: 'delivered' }]);
      const copy = await openMailbox(server).findReport('bo@example.test', [test.messageId]);
      const by = /\n\s+by (\S+)/.exec(copy)?.[1] ?? '';
      const returned = judgeReturned(copy, test, { trusted: [by], sender: 'out.sender.test' });
      expect(returned).toMatchObject({
        kind: 'copy',
        passed: true,
        received: { handover: { from: 'out.sender.test', tls: { kind: 'stated' } } },
      });
      await sender.close();
    },
  );
});
