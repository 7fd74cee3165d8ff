import { describe, expect, it } from 'vitest';
import { matchReport, type SentMessage } from './match.js';
import { type DeliveryReport, type DispositionReport, readReport } from './parse.js';
import type { ReturnAddressReading } from './return-address.js';

const report = (kind: string, status: string): DeliveryReport | DispositionReport => {
  const read = readReport(
    `Content-Type: multipart/report; report-type=${kind}; boundary=b\r\n\r\n--b\r\n\r\nwords\r\n--b\r\nContent-Type: message/${kind}\r\n\r\n${status}\r\n--b--\r\n`,
  );
  if (read.kind === 'not-a-report') throw new Error(read.text);
  return read;
};
const delivery = (fields: string, envelopeId?: string): DeliveryReport | DispositionReport =>
  report(
    'delivery-status',
    `Reporting-MTA: dns; mx.test\r\n${envelopeId === undefined ? '' : `Original-Envelope-Id: ${envelopeId}\r\n`}\r\n${fields}`,
  );
const group = (address: string, action = 'failed', original = ''): string =>
  `${original === '' ? '' : `Original-Recipient: ${original}\r\n`}Final-Recipient: rfc822; ${address}\r\nAction: ${action}\r\nStatus: 5.0.0\r\n`;
const receipt = (messageId: string): DeliveryReport | DispositionReport =>
  report(
    'disposition-notification',
    `Final-Recipient: rfc822; bo@example.test\r\nOriginal-Message-ID: ${messageId}\r\nDisposition: a/b; displayed`,
  );

const sent: SentMessage = {
  id: 'm1',
  envelopeId: 'job 7+x',
  messageId: '<q1@sender.test>',
  recipients: ['bo@example.test', 'j\u00f8rn@example.test'],
};
const token = (id = 'm1', kind: 'valid' | 'expired' = 'valid'): ReturnAddressReading => ({
  kind,
  id,
  expiresAt: 0,
});

describe('delivery reports and the message that they are about', () => {
  it('DSN-50: a token counts together with a recipient of the message', () => {
    const about = delivery(group('bo@example.test'));
    expect(matchReport(about, sent, token())).toMatchObject({
      matched: 'token',
      recipients: [{ recipient: 'bo@example.test', report: { action: 'failed' } }],
      proves: expect.stringMatching(/only this host can make.*Whoever saw the return path/),
    });
    const none = { matched: 'none', recipients: [], proves: expect.stringContaining('Do not act on it.') };
    expect(matchReport(delivery(group('eve@evil.test')), sent, token())).toMatchObject(none);
    expect(matchReport(about, sent, token('m2'))).toMatchObject(none);
    expect(matchReport(about, sent, token('m1', 'expired'))).toMatchObject(none);
    expect(matchReport(about, sent, { kind: 'invalid', why: '' })).toMatchObject(none);
    expect(matchReport(about, { recipients: sent.recipients }, token())).toMatchObject(none);
    expect(matchReport(about, sent)).toMatchObject(none);
  });

  it('DSN-50: why a token did not count is said', () => {
    const about = delivery(group('bo@example.test'));
    expect(matchReport(about, sent, token('m1', 'expired')).proves).toContain('time is over');
    expect(matchReport(delivery(group('eve@evil.test')), sent, token()).proves).toContain(
      'none of its recipients',
    );
  });

  it.each(['job 7+x', 'job+207+2Bx'])(
    'DSN-50: ENVID counts as it was given and in xtext: %s',
    (envelopeId) => {
      const match = matchReport(delivery(group('bo@example.test'), envelopeId), sent);
      expect(match).toMatchObject({ matched: 'envid', recipients: [{ recipient: 'bo@example.test' }] });
      expect(match.proves).toContain('told to the servers on the way alone');
      // A forwarded recipient is nobody whom the message was sent to.
      expect(matchReport(delivery(group('elsewhere@other.test'), envelopeId), sent)).toMatchObject({
        matched: 'envid',
        recipients: [],
      });
    },
  );

  it('DSN-50: no other ENVID counts, nor does none', () => {
    for (const envelopeId of ['JOB 7+X', 'job 7', 'job+7', 'null', undefined]) {
      expect(matchReport(delivery(group('bo@example.test'), envelopeId), sent).matched).toBe('none');
    }
    for (const envelopeId of ['no xtext', 'a+', 'null', undefined]) {
      for (const without of [{ recipients: sent.recipients }, { ...sent, envelopeId: null }]) {
        expect(matchReport(delivery(group('bo@example.test'), envelopeId), without).matched).toBe('none');
      }
    }
  });

  it('DSN-50: the Message-ID, which everybody knows, ties no delivery report to a message', () => {
    const back = readReport(
      'Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nwords\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.test\r\n\r\n' +
        `${group('bo@example.test')}\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <q1@sender.test>\r\n--b--\r\n`,
    );
    expect(back).toMatchObject({ original: { messageId: '<q1@sender.test>' } });
    expect(back.kind === 'delivery' && matchReport(back, sent).matched).toBe('none');
  });

  it.each([
    ['case of the domain and of the rest', group('BO@EXAMPLE.test'), 'bo@example.test'],
    [
      'forwarded, named by ORCPT',
      group('x@other.test', 'failed', 'rfc822; bo@example.test'),
      'bo@example.test',
    ],
    ['ORCPT left in xtext', group('x@other.test', 'failed', 'rfc822; b+6F@example.test'), 'bo@example.test'],
    [
      'the type utf-8',
      group('x@other.test', 'failed', String.raw`utf-8; j\x{F8}rn@example.test`),
      'j\u00f8rn@example.test',
    ],
  ])('DSN-41, DSN-50: a recipient is known in other words: %s', (_what, fields, recipient) => {
    expect(matchReport(delivery(fields), sent, token()).recipients).toMatchObject([{ recipient }]);
  });

  it('DSN-50: of several recipients those of the message count', () => {
    const fields = [
      group('bo@example.test', 'delivered'),
      group('eve@evil.test'),
      group('j\u00f8rn@example.test'),
    ];
    expect(matchReport(delivery(fields.join('\r\n')), sent, token()).recipients).toMatchObject([
      { recipient: 'bo@example.test', report: { action: 'delivered' } },
      { recipient: 'j\u00f8rn@example.test', report: { action: 'failed' } },
    ]);
  });

  it.each([
    ['failed', 'does not prove that the message did not arrive'],
    ['delayed', 'nothing has ended'],
    ['delivered', 'not that it was read'],
    ['relayed', 'sends no confirmations'],
    ['expanded', 'members of a list'],
  ])('DSN-52: what %s does not prove is said with the match', (action, words) => {
    expect(matchReport(delivery(group('bo@example.test', action)), sent, token()).proves).toContain(words);
  });
});

describe('read receipts and the message that they are about', () => {
  it('DSN-60, DSN-62: by its Message-ID, and what that proves', () => {
    const match = matchReport(receipt('<q1@sender.test>'), sent);
    expect(match).toMatchObject({
      matched: 'message-id',
      recipients: [{ recipient: 'bo@example.test', report: null }],
    });
    expect(match.proves).toMatch(
      /everybody knows.*does not prove that somebody read.*no receipt at all is no sign/,
    );
    expect(matchReport(receipt('<q2@sender.test>'), sent).matched).toBe('none');
    expect(matchReport(receipt(''), { recipients: [] }).matched).toBe('none');
  });

  it('DSN-50, DSN-62: a token is more', () => {
    expect(matchReport(receipt('<q1@sender.test>'), sent, token()).matched).toBe('token');
  });
});
