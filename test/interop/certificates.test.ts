/**
 * Real servers with one certificate each. The good ones get the message; each of the others is refused with the reason
 * that is true, and the log of the server itself shows that it heard EHLO, STARTTLS and QUIT, and never MAIL.
 */
import { expect, it, vi } from 'vitest';
import type { Reason } from '../../src/core/reasons.js';
import type { Outcome } from '../../src/deliver/outcome.js';
import { compose, type Content, shapes } from './contents.js';
import { openMailbox } from './mailbox.js';
import { makeSender, sendOnce } from './senders.js';
import {
  type MailServer,
  readLog,
  type ServerName,
  type Settings,
  startServer,
  stopServer,
} from './servers.js';
import { describeInterop, interop } from './suite.js';

const GOOD = ['good', 'ec', 'ed25519', 'san-only', 'cn-differs', 'no-purpose', 'root-direct'];

/** Certificates of make-pki.sh, the rules that they break, and what must be said of them. */
const BAD: readonly (readonly [certificate: string, ids: string, reason: Reason])[] = [
  ['expired', 'CI-7, FI-19', 'certificate-expired'],
  ['not-yet-valid', 'CI-7', 'certificate-not-yet-valid'],
  ['old-middle', 'CI-7', 'certificate-expired'],
  ['wrong-name', 'CI-12, AT-9', 'certificate-host-mismatch'],
  ['cn-only', 'CI-12', 'certificate-host-mismatch'],
  ['san-differs', 'CI-12', 'certificate-host-mismatch'],
  ['wildcard-partial', 'CI-16', 'certificate-host-mismatch'],
  ['wildcard-wide', 'CI-16', 'certificate-host-mismatch'],
  ['address-only', 'CI-17', 'certificate-host-mismatch'],
  ['self-signed', 'CI-1, FAQ-23', 'certificate-self-signed'],
  ['stranger', 'CI-1, FI-18', 'certificate-not-trusted'],
  ['strange-chain', 'CI-1, FI-18', 'certificate-unknown-issuer'],
  ['incomplete', 'CI-4', 'certificate-chain-incomplete'],
  ['client-only', 'CI-6', 'certificate-wrong-purpose'],
  ['sha1', 'CI-9', 'certificate-weak-signature'],
  ['unknown-critical', 'CI-5', 'certificate-unknown-critical-extension'],
  ['name-outside', 'CI-5', 'certificate-name-constraint'],
  ['too-deep', 'CI-5', 'certificate-invalid'],
  ['below-leaf', 'CI-5', 'certificate-invalid'],
];

/** Runs a server for one message. */
async function tryServer(
  name: ServerName,
  settings: Settings,
  use: (server: MailServer, content: Content, outcome: Outcome) => Promise<void>,
): Promise<void> {
  const { folder } = interop();
  const server = await startServer(name, folder, settings);
  const sender = makeSender(server);
  try {
    const content = compose(shapes.plain, `tls.${server.port}`, 2000);
    const mail = { from: 'anna@sender.test', to: 'bo@example.test', message: content.octets };
    const [outcome] = await sendOnce(sender, mail);
    await use(server, content, outcome as Outcome);
  } finally {
    await sender.close();
    await stopServer(server, folder);
  }
}

/** What the server itself counted in the session that was not the start script's. */
const SESSION: Readonly<Record<ServerName, RegExp>> = {
  postfix: /disconnect from \S+ (ehlo=.*) commands=/,
  exim: /no MAIL in SMTP connection from .* C=(EHLO.*)$/m,
};
const HEARD: Readonly<Record<ServerName, { readonly tls: string; readonly clear: string }>> = {
  postfix: { tls: 'ehlo=1 starttls=1 quit=1', clear: 'ehlo=1 quit=1' },
  exim: { tls: 'EHLO,STARTTLS,QUIT', clear: 'EHLO,QUIT' },
};
const sessionOf = (server: MailServer): Promise<string | undefined> =>
  vi.waitFor(() => {
    const found = SESSION[server.name].exec(readLog(server))?.[1];
    if (found === undefined) throw new Error(`the session is not in the log of ${server.name} yet`);
    return found;
  }, 10_000);

describeInterop.each<ServerName>(['postfix', 'exim'])('%s with a certificate that is', (name) => {
  it.each(GOOD)('CI-1, CI-12: %s gets the message', async (certificate) => {
    await tryServer(name, { INTEROP_CERT: certificate }, async (server, content, outcome) => {
      expect(outcome).toMatchObject({ state: 'delivered', reason: null });
      expect(outcome.verdict).toMatchObject({ authenticated: true, identity: 'mx.example.test' });
      const [stored] = await openMailbox(server).find(content.firstLine, 1);
      expect(stored?.message.equals(content.stored)).toBe(true);
    });
  });

  // OpenSSL, and so Postfix, does not start with a key that is too short.
  const bad = name === 'exim' ? ([...BAD, ['rsa1024', 'CI-9', 'certificate-weak-key']] as const) : BAD;
  it.each(bad)('FI-2, FAQ-4, ST-7: %s is refused before MAIL (%s: %s)', async (certificate, _, reason) => {
    await tryServer(name, { INTEROP_CERT: certificate }, async (server, __, outcome) => {
      expect(outcome).toMatchObject({ state: 'held', reason, host: 'mx.example.test' });
      expect(outcome.verdict).toMatchObject({ passed: false, encrypted: true });
      expect(await sessionOf(server)).toBe(HEARD[name].tls);
    });
  });

  it('ST-1, AT-1: none, without STARTTLS, is refused before MAIL', async () => {
    await tryServer(name, { INTEROP_TLS: 'none' }, async (server, _, outcome) => {
      expect(outcome).toMatchObject({ state: 'held', reason: 'starttls-not-supported' });
      expect(await sessionOf(server)).toBe(HEARD[name].clear);
    });
  });
});

describeInterop('a server with weak TLS', () => {
  const only = (what: string): Settings => ({ INTEROP_PRIORITY: `NORMAL:-VERS-ALL:+VERS-${what}` });
  const weak: readonly (readonly [title: string, name: ServerName, settings: Settings, reason: Reason])[] = [
    [
      'CV-1: TLS 1.1 at the most',
      'postfix',
      { INTEROP_MAIN: 'smtpd_tls_protocols=<=TLSv1.1;tls_medium_cipherlist=ALL:@SECLEVEL=0' },
      'no-common-protocol',
    ],
    // GnuTLS looks for a suite first, and those of old versions are not offered.
    ['CV-1, CV-16: TLS 1.1 alone', 'exim', only('TLS1.1'), 'handshake-alert'],
    ['CV-1, CV-16: TLS 1.0 alone', 'exim', only('TLS1.0'), 'handshake-alert'],
    ['CV-16: a key exchange by RSA alone', 'exim', only('TLS1.2:-KX-ALL:+RSA'), 'handshake-alert'],
    ['CV-6: 3DES alone', 'exim', only('TLS1.2:-CIPHER-ALL:+3DES-CBC'), 'handshake-alert'],
    ['CV-6: RC4 alone', 'exim', only('TLS1.2:-CIPHER-ALL:+ARCFOUR-128'), 'handshake-alert'],
  ];
  it.each(weak)('%s, gets nothing (%s)', async (_, name, settings, reason) => {
    await tryServer(name, settings, async (server, __, outcome) => {
      expect(outcome).toMatchObject({ state: 'held', reason });
      // Postfix names messages by "client=", Exim by "<=".
      expect(readLog(server)).not.toMatch(/ client=| <= /);
    });
  });
});
