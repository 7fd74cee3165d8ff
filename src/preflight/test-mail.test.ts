import { describe, expect, it } from 'vitest';
import { composeReceived } from '../inbound/received.js';
import { checkHeader } from '../message/headers.js';
import { composeTestMail, judgeReturned } from './test-mail.js';

const NOW = Date.parse('2026-03-01T09:00:00Z');
const test = composeTestMail({ from: 'ops@bank.example', to: 'anna@partner.example' }, NOW);
const trusted = ['mx1.partner.example'];
const STRONG = 'ECDHE-RSA-AES256-GCM-SHA384';
const received = (cipher: string | null): string =>
  composeReceived({
    session: {
      ip: '192.0.2.9',
      ehlo: 'out.bank.example',
      tls: cipher === null ? null : { protocol: 'TLSv1.2', cipher },
    },
    by: 'mx1.partner.example',
    id: 'a1',
    now: NOW,
  });
const sent = Buffer.from(test.message).toString('latin1');
const judge = (raw: string | Uint8Array, options: object = { trusted, sender: 'out.bank.example' }) =>
  judgeReturned(raw, test, options);

describe('the test mail', () => {
  it('FAQ-13: has a token that nobody can guess in Subject and Message-ID, and is a proper message', () => {
    expect(test.token).toMatch(/^[0-9a-f]{32}$/);
    expect(composeTestMail({ from: 'ops@bank.example', to: 'a@b.example' }, NOW).token).not.toBe(test.token);
    expect(test.messageId).toBe(`<tls-test.${test.token}@bank.example>`);
    expect(sent).toContain(`\r\nSubject: TLS test ${test.token}\r\n`);
    const header = sent.slice(0, sent.indexOf('\r\n\r\n') + 4);
    expect(checkHeader(Buffer.from(header, 'latin1')).messageId).toBe(test.messageId);
    expect(() => composeTestMail({ from: 'ops', to: 'a@b.example' }, NOW)).toThrow(
      expect.objectContaining({ code: 'address-invalid' }),
    );
    expect(() =>
      composeTestMail({ from: 'a@b.example', to: 'a@b.example\r\nBcc: c@d.example' }, NOW),
    ).toThrow();
  });

  it('FAQ-13, FAQ-25: the copy passes by what a server that is believed states of TLS', () => {
    expect(judge(received(STRONG) + sent)).toMatchObject({
      kind: 'copy',
      passed: true,
      received: { finding: 'tls', handover: { by: 'mx1.partner.example' } },
    });
    expect(judge(received('AES128-SHA') + sent)).toMatchObject({
      passed: false,
      received: { finding: 'weak-tls' },
    });
    expect(judge(received(null) + sent)).toMatchObject({ passed: false, received: { finding: 'no-proof' } });
    expect(judge(received(STRONG) + sent, {})).toMatchObject({
      passed: false,
      received: { finding: 'no-trusted-hop' },
    });
  });

  it('FAQ-13: line ends and a Message-ID that a server replaced do not matter', () => {
    const copy = (received(STRONG) + sent).replaceAll('\r\n', '\n');
    expect(judge(copy)).toMatchObject({ kind: 'copy', passed: true });
    expect(judge(Buffer.from(copy.replace(test.messageId, '<new@partner.example>')))).toMatchObject({
      kind: 'copy',
      passed: true,
    });
  });

  it.each([
    ['an answer', `Subject: Re: TLS test ${test.token}\r\nMessage-ID: <r@x.example>\r\n\r\n`, 'answer'],
    [
      'an answer with the same subject',
      `Subject: TLS test ${test.token}\r\nIn-Reply-To: ${test.messageId}\r\n\r\n`,
      'answer',
    ],
    ['a message that encloses it', `Subject: Fwd\r\n\r\n--b\r\n\r\n${sent}`, 'enclosed'],
    ['another message', 'Subject: TLS test\r\nMessage-ID: <o@x.example>\r\n\r\nhello', 'other'],
  ])('FAQ-13: %s proves nothing of the way there', (_title, raw, kind) => {
    expect(judge(received(STRONG) + raw)).toEqual({ kind, passed: false, received: null });
  });

  it('FAQ-13: the copy of another test is another message', () => {
    const other = composeTestMail({ from: 'ops@bank.example', to: 'anna@partner.example' }, NOW);
    expect(judge(received(STRONG) + Buffer.from(other.message).toString())).toMatchObject({ kind: 'other' });
  });

  it('FAQ-13: refuses options that nobody knows', () => {
    expect(() => judge(sent, { trust: [] })).toThrow(expect.objectContaining({ code: 'option-unknown' }));
  });
});
