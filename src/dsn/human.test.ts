import { spawnSync } from 'node:child_process';
import PostalMime from 'postal-mime';
import { describe, expect, it } from 'vitest';
import { describeReason, reasonKeys } from '../core/reasons.js';
import { composeDsn, type DsnInput, type DsnRecipient, type Language } from './compose.js';
import { textsOf } from './languages.js';

const at = (day: number, hour: number, minute = 0): number => Date.UTC(2024, 2, day, hour, minute);
const HEADER = Buffer.from(
  'From: Anna <anna@sender.test>\r\nTo: bo@example.test\r\nSubject: Report\r\nDate: Fri, 01 Mar 2024 08:59:58 +0100\r\nMessage-ID: <q1@sender.test>\r\n\r\n',
);
const LANGUAGES: readonly Language[] = ['en', 'sv', 'nb'];

const expired: DsnRecipient = {
  address: 'bo@example.test',
  action: 'failed',
  status: '4.7.5',
  reason: 'certificate-expired',
  detail: 'notAfter=20240228235959Z',
  attemptedHost: 'mx1.example.test',
  lastAttempt: at(6, 7, 58),
  failingSince: at(1, 8),
  insecure: true,
};
const input = (changes: Partial<DsnInput> = {}, recipient: Partial<DsnRecipient> = {}): DsnInput => ({
  reportingMta: 'out.sender.test',
  to: 'anna@sender.test',
  recipients: [{ ...expired, ...recipient }],
  original: { header: HEADER, messageId: '<q1@sender.test>', envelopeId: 'job 7', arrivalDate: at(1, 8) },
  now: at(6, 8),
  messageId: '<ndr.18@out.sender.test>',
  logId: 'q-18',
  ...changes,
});
const textOf = async (changes: Partial<DsnInput> = {}, recipient: Partial<DsnRecipient> = {}) =>
  ((await PostalMime.parse(composeDsn(input(changes, recipient)))).text ?? '').replaceAll(/\s+/g, ' ');

describe('the human part', () => {
  it('DSN-26: names the recipient, the cause, since when, until when and what to do', async () => {
    const text = await textOf();
    expect(text).toContain('Your message to bo@example.test was not delivered.');
    expect(text).toContain('The certificate of the mail server has expired.');
    expect(text).toContain('since 1 March 2024 08:00 UTC');
    expect(text).toContain('The last attempt was on 6 March 2024 07:58 UTC.');
    expect(text).toContain('Ask the recipient to renew the certificate');
    expect(text).toContain('nothing of it was sent, in clear text neither');
    expect(text).toContain('notAfter=20240228235959Z');
  });

  it('DSN-26: in Swedish and Norwegian', async () => {
    expect(await textOf({ language: 'sv' })).toContain('sedan den 1 mars 2024 kl. 08:00 UTC');
    expect(await textOf({ language: 'nb' })).toContain('siden 1. mars 2024 kl. 08:00 UTC');
    const mail = await PostalMime.parse(composeDsn(input({ language: 'sv' })));
    expect(mail.subject).toBe('Ej levererat: ingen säker förbindelse till example.test');
  });

  it('DSN-26: a delay says until when it is tried, a hand-over that nothing more will come', async () => {
    const delayed = await textOf({}, { action: 'delayed', retryUntil: at(6, 9) });
    expect(delayed).toContain('You need not send it again.');
    // The remedies are for mail that has ended: none of them may ask for what the lead has just called needless.
    expect(delayed).not.toMatch(/then send the message\s+again|Send the message again/);
    expect(delayed).toContain('goes out by itself');
    expect(delayed).toContain('until 6 March 2024 09:00 UTC');
    expect(await textOf({}, { action: 'relayed', status: '2.0.0' })).toContain('no further word');
  });

  it('BITS-5.2.5: the words of the server are quoted when they came inside TLS', async () => {
    const remote = { host: 'mx1.example.test', code: 550, lines: ['5.1.1 no such user'], secure: true };
    expect(await textOf({}, { remote })).toContain('The server answered: "550 5.1.1 no such user"');
  });

  it('AT-5: what came before TLS stands in Diagnostic-Code only', async () => {
    const remote = { host: 'mx1.example.test', code: 554, lines: ['visit http://evil.test'], secure: false };
    const text = await textOf({}, { remote, detail: 'visit http://evil.test' });
    expect(text).not.toContain('evil');
    expect(text).toContain('could be from anybody');
    expect(Buffer.from(composeDsn(input({}, { remote }))).toString()).toContain(
      'Diagnostic-Code: smtp; 554 visit http://evil.test',
    );
  });

  it('AT-50: control characters of servers and certificates are shown, not sent', async () => {
    const evil = '\x1b[2J\u202e';
    const remote = {
      host: evil,
      code: 550,
      lines: [evil, ...Array.from({ length: 99 }, () => evil)],
      secure: true,
    };
    for (const text of [
      await textOf({}, { remote }),
      await textOf({}, { detail: evil, attemptedHost: evil }),
    ]) {
      expect(text).toContain('\\x{1B}[2J\\x{202E}');
      expect(text).not.toContain('\x1b');
      expect(text.length).toBeLessThan(2000);
    }
  });

  it('DSN-34: an unknown cause is said to be unknown', async () => {
    expect(await textOf({}, { reason: null })).toContain('The cause is not known.');
  });

  it.each(LANGUAGES)(
    'DSN-26: %s says for every reason what was wrong and what to do, without the words of the trade',
    (language) => {
      const { reasons } = textsOf(language);
      for (const reason of reasonKeys) {
        const [what, remedy] = reasons[reason];
        expect(`${what} ${remedy}`).toMatch(/^.{10,}\. .{10,}\.$/);
        expect(`${what} ${remedy}`).not.toMatch(/[`]|STARTTLS|EHLO|CNAME|DNSSEC|\bMX\b|\bTLS\b/);
      }
    },
  );
});

describe('other readers', () => {
  const all = LANGUAGES.flatMap((language) =>
    reasonKeys.map((reason) => ({
      reason,
      octets: composeDsn(input({ language }, { reason, status: describeReason(reason).status })),
      language,
    })),
  );

  it('DSN-20: postal-mime reads the report of every reason in every language', async () => {
    for (const { reason, octets, language } of all) {
      const mail = await PostalMime.parse(octets);
      expect(mail.text?.replaceAll(/\s+/g, ' ')).toContain(textsOf(language).reasons[reason][0]);
      expect(mail.attachments.map((part) => part.mimeType)).toEqual([
        'message/delivery-status',
        'text/rfc822-headers',
      ]);
    }
  });

  const python = `
import base64, email, json, sys
from email import policy
for line in sys.stdin:
    one = json.loads(line)
    mail = email.message_from_bytes(base64.b64decode(one['octets']), policy=policy.default)
    parts = list(mail.walk())
    for part in parts:
        assert not part.defects, (one['reason'], part.defects)
        for name, value in part.items():
            assert not value.defects, (one['reason'], name, value.defects)
    kinds = [part.get_content_type() for part in mail.iter_parts()]
    assert kinds == ['text/plain', 'message/delivery-status', 'text/rfc822-headers'], kinds
    groups = list(mail.iter_parts())[1].get_payload()
    assert len(groups) == 2 and groups[1]['Status'] == one['status'], one
    print(one['reason'])
`;
  const hasPython = spawnSync('python3', ['-c', 'import email']).status === 0;

  it.skipIf(!hasPython)("DSN-20, DSN-22: Python's email package finds no defect in any of them", () => {
    const lines = all.map(({ reason, octets }) =>
      JSON.stringify({
        reason,
        status: describeReason(reason).status,
        octets: Buffer.from(octets).toString('base64'),
      }),
    );
    const run = spawnSync('python3', ['-c', python], { input: lines.join('\n'), maxBuffer: 1 << 24 });
    expect(run.stderr.toString()).toBe('');
    expect(run.stdout.toString().trim().split('\n')).toEqual(all.map(({ reason }) => reason));
  });
});
