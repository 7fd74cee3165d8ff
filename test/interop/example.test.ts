/**
 * The example, run as a user runs it: against the package as it is installed, in a process of its own.
 */
import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { openMailbox } from './mailbox.js';
import { type MailServer, readLog, startServer, stopServer } from './servers.js';
import { describeInterop, interop } from './suite.js';

function runExample(server: MailServer): { status: number | null; stdout: string; stderr: string } {
  const args = [server.host, String(server.port), server.trust, server.addr];
  return spawnSync(process.execPath, ['one-message-to-postfix.mjs', ...args], {
    cwd: interop().app,
    encoding: 'utf8',
    timeout: 30_000,
  });
}

describeInterop('the example with one message', () => {
  it('FAQ-22: delivers to a Postfix that proves who it is', async () => {
    const { postfix } = interop();
    expect(runExample(postfix)).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^delivered {3}bo@example\.test via .*was delivered at /s),
      stderr: '',
    });
    const report = await openMailbox(postfix).findReport('bo@example.test', ['Over TLS or not at all.\n']);
    expect(report).toMatch(/^Subject: Hello$/m);
  });

  it('FI-16, FI-19, AT-9: tells why it sends nothing to a Postfix whose certificate has expired', async () => {
    const expired = await startServer('postfix', interop().folder, { INTEROP_CERT: 'expired' });
    const { status, stdout, stderr } = runExample(expired);
    await stopServer(expired, interop().folder);
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    expect(stdout).toContain('certificate-expired');
    expect(stdout).toContain('The certificate has expired.');
    expect(stdout).toContain('To fix (recipient): Renew the certificate and reload the mail server.');
    expect(stdout).toContain('The message was not sent, neither encrypted nor in clear.');
    expect(readLog(expired)).toMatch(/disconnect from .* ehlo=1 starttls=1 quit=1 commands=3$/m);
  });
});
