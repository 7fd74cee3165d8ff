/**
 * A listed domain whose real mail server offers no TLS, or shows a certificate that has expired: what a host and an author
 * say changes nothing, and the log of the server shows that it never heard MAIL.
 */
import { expect, it, vi } from 'vitest';
import type { Mail } from '../../src/mail.js';
import { bits } from '../../src/scheme/bits.js';
import type { SenderOptions } from '../../src/sender-options.js';
import { compose, shapes } from './contents.js';
import { makeSender, sendOnce } from './senders.js';
import { readLog, type ServerName, type Settings, startServer, stopServer } from './servers.js';
import { describeInterop, interop } from './suite.js';

const listed = bits({ domains: ['example.test'] });
const servers: readonly (readonly [ServerName, string, Settings])[] = [
  ['postfix', 'no TLS', { INTEROP_TLS: 'none' }],
  ['exim', 'no TLS', { INTEROP_TLS: 'none' }],
  ['postfix', 'an expired certificate', { INTEROP_CERT: 'expired' }],
  ['exim', 'an expired certificate', { INTEROP_CERT: 'expired' }],
];
const attempts: readonly (readonly [string, Partial<SenderOptions>, Partial<Mail>, string])[] = [
  ['the default is plain', { default: 'plain', policies: [listed] }, {}, ''],
  ['a rule of class plain', { policies: [listed, { match: 'example.test', level: 'plain' }] }, {}, ''],
  ['TLS-Required: No', { default: 'opportunistic', policies: [listed] }, {}, 'TLS-Required: No\r\n'],
  ['upper case and a dot', { default: 'plain', policies: [listed] }, { to: 'bo@EXAMPLE.TEST.' }, ''],
];

/** What the server itself counted in a session of clear text, or of TLS that was not good enough. */
const SESSION: Readonly<Record<ServerName, RegExp>> = {
  postfix: /disconnect from \S+ ehlo=\d(?: starttls=1)? quit=1 commands=/,
  exim: /no MAIL in SMTP connection from .* C=EHLO,(?:STARTTLS,)?QUIT$/m,
};

describeInterop('a listed domain', () => {
  const cases = servers.flatMap(([name, what, settings]) =>
    attempts.map((attempt) => [name, what, attempt[0], settings, attempt] as const),
  );
  it.each(cases)('BITS-5.2.2, BITS-5.2.3: %s with %s, %s', async (name, _, __, settings, attempt) => {
    const [, options, mail, field] = attempt;
    const { folder } = interop();
    const server = await startServer(name, folder, settings);
    const sender = makeSender(server, options);
    try {
      const { octets } = compose(shapes.plain, `listed.${server.port}`, 2000);
      const message = Buffer.concat([Buffer.from(field), octets]);
      const [outcome] = await sendOnce(sender, {
        from: 'anna@sender.test',
        to: 'bo@example.test',
        message,
        ...mail,
      });
      expect(outcome).toMatchObject({ state: 'held' });
      await vi.waitFor(() => expect(readLog(server)).toMatch(SESSION[name]), 10_000);
      // Postfix names messages by "client=", Exim by "<=".
      expect(readLog(server)).not.toMatch(/ client=| <= /);
    } finally {
      await sender.close();
      await stopServer(server, folder);
    }
  });
});
