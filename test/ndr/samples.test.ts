/**
 * Reports of real servers, read here and by CPython's email package; bounces of others, which are no reports; and the reports
 * of this project, read back.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { matchReport } from '../../src/dsn/match.js';
import { type DeliveryReport, readReport } from '../../src/dsn/parse.js';
import { type Reason, reasonKeys } from '../../src/core/reasons.js';
import { readReturnAddress } from '../../src/dsn/return-address.js';
import { type Answer, type Circumstances, reportOn } from './compose-reports.js';
import { compareWithPython } from './compare-readings.js';
import { readWithPython } from './read-reports.js';
import { STATUSES } from './statuses.js';

const SAMPLES = new URL('../data/reports/', import.meta.url);
const sample = (name: string): Buffer => readFileSync(new URL(`${name}.eml`, SAMPLES));
const read = (octets: Uint8Array): DeliveryReport => {
  const report = readReport(octets, { envelopeFrom: null });
  if (report.kind !== 'delivery') throw new Error(JSON.stringify(report));
  return report;
};

describe('reports of real servers', () => {
  const names = ['success', 'failure', 'failure-full', 'delay', 'success-utf8'].flatMap((what) =>
    ['postfix', 'exim'].map((server) => `${server}-${what}`),
  );
  const told = {
    success: ['bo@example.test', 'delivered', '2.0.0'],
    failure: ['gone@example.test', 'failed', '5.1.1'],
    'failure-full': ['gone@example.test', 'failed', '5.1.1'],
    delay: ['wait@example.test', 'delayed', '4.2.2'],
    'success-utf8': ['jørn+x@example.test', 'delivered', '2.0.0'],
  } as const;

  it.each(names)('DSN-40, DSN-41, DSN-50, DSN-51: %s says what happened, and about which message', (name) => {
    const [server = '', ...rest] = name.split('-');
    const [recipient, action, status] = told[rest.join('-') as keyof typeof told];
    const octets = sample(name);
    const report = read(octets);
    // Exim tells the class alone.
    const code = server === 'exim' ? `${status[0]}.0.0` : status;
    expect(report).toMatchObject({ remarks: [], recipients: [{ action, status: { code } }] });
    expect(report.recipients[0]?.finalRecipient?.address).toBe(recipient);
    expect(report.original?.messageId).toBe(`<${name}@sender.test>`);

    const to = /^(?:Delivered-To|Envelope-to): (.*)$/m.exec(octets.toString())?.[1] ?? '';
    const returnAddress = readReturnAddress(to, {
      address: 'bounces@example.test',
      keys: ['a secret of the tests, long enough'],
      now: Date.UTC(2026, 10, 25, 12),
    });
    const sent = { id: name, envelopeId: `job ${name}`, recipients: [recipient] };
    expect(matchReport(report, sent, returnAddress)).toMatchObject({
      matched: 'token',
      recipients: [{ recipient }],
    });
    expect(matchReport(report, sent).matched).toBe('envid');
    expect(matchReport(report, { ...sent, envelopeId: 'job' }).matched).toBe('none');
  });

  it.each(names)('DSN-40, DSN-51: CPython reads the same in %s', (name) => {
    const octets = sample(name);
    compareWithPython(octets, read(octets));
  });

  it('DSN-51: the reply of a server, folded, its host and the end of the tries', () => {
    expect(read(sample('postfix-delay')).recipients[0]).toMatchObject({
      originalRecipient: { type: 'rfc822', address: 'wait@example.test' },
      remoteMta: { type: 'dns', text: '127.0.0.1' },
      diagnostic: {
        type: 'smtp',
        text: '452 4.2.2 <full@example.test>: Recipient address rejected: no room',
      },
      retryUntil: expect.any(Number),
    });
  });

  it('DSN-51: every sample is looked at', () => {
    const files = readdirSync(SAMPLES).filter((file) => file.endsWith('.eml'));
    const others = ['exchange-no-status', 'exim-bounce-old', 'qmail-bounce'];
    expect(files.sort()).toEqual([...names, ...others].map((name) => `${name}.eml`).sort());
  });
});

describe('read receipts', () => {
  const receipt = (type: string, encoding: string, status: string): Buffer =>
    Buffer.from(
      `Content-Type: multipart/report;\r\n report-type=disposition-notification; boundary="b"\r\n\r\n--b\r\n\r\nIt was shown.\r\n--b\r\nContent-Type: message/${type}\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n${status}\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <q1@sender.test>\r\n--b--\r\n`,
    );
  const fields = [
    'Reporting-UA: pc.example.test; A Mail Program 1.0',
    'Original-Message-ID: <q1@sender.test>',
    'Disposition: manual-action/MDN-sent-automatically;',
    ' processed/error',
    'Error: the disk is full',
    '',
  ];
  const ascii = ['Final-Recipient: rfc822; bo@example.test', ...fields].join('\r\n');
  const utf8 = ['Final-Recipient: utf-8; jørn@example.test', ...fields].join('\r\n');

  it.each([
    ['disposition-notification', '7bit', ascii],
    ['global-disposition-notification', '8bit', utf8],
    ['global-disposition-notification', 'base64', Buffer.from(utf8).toString('base64')],
  ])('DSN-40, DSN-62: CPython reads the same in message/%s, %s', (type, encoding, status) => {
    const octets = receipt(type, encoding, status);
    const report = readReport(octets);
    if (report.kind !== 'disposition') throw new Error(JSON.stringify(report));
    const [python] = readWithPython([octets]);
    const [group = {}] = python?.groups ?? [];
    expect(report.remarks).toEqual([]);
    expect(group['final-recipient']).toBe(
      `${report.finalRecipient?.type}; ${report.finalRecipient?.address}`,
    );
    expect(group['reporting-ua']).toBe(report.reportingUa);
    expect(group['original-message-id']).toBe(report.originalMessageId);
    expect(group['disposition']).toBe(report.dispositionText);
    expect(group['error']).toBe(report.others.find(({ name }) => name === 'Error')?.value);
    expect(python?.originalMessageId).toBe(report.original?.messageId);
    expect(python?.text.trim()).toBe(report.text);
    expect(report).toMatchObject({
      disposition: 'processed',
      modifiers: ['error'],
      action: 'manual',
      sending: 'automatic',
    });
  });
});

describe('bounces that are no reports', () => {
  it.each([
    ['qmail-bounce', 'not-multipart-report', /text\/plain.*qmail/],
    ['exim-bounce-old', 'not-multipart-report', /text\/plain.*Exim/],
    ['exchange-no-status', 'status-part-missing', /machine-readable part .*missing/],
  ])('DSN-51: %s is said to be none, and why', (name, why, text) => {
    expect(readReport(sample(name))).toEqual({
      kind: 'not-a-report',
      why,
      text: expect.stringMatching(text),
    });
  });
});

describe('reports of this project, read back', () => {
  const back = async (
    why: { readonly reason: Reason } | Answer,
    about: Circumstances = {},
  ): Promise<DeliveryReport> => {
    const octets = await reportOn(why, about);
    const report = read(octets);
    expect(report.remarks).toEqual([]);
    compareWithPython(octets, report);
    return report;
  };

  it.each(reasonKeys)('DSN-32, DSN-51: %s', async (reason) => {
    const report = read(await reportOn({ reason }, { envelope: { envelopeId: 'job 18' } }));
    const status = Object.keys(STATUSES).find((one) => STATUSES[one]?.includes(reason));
    expect(report).toMatchObject({
      reportingMta: { type: 'dns', text: 'out.sender.test' },
      envelopeId: 'job 18',
      arrivalDate: Date.UTC(2024, 2, 1, 8),
      remarks: [],
      recipients: [
        {
          finalRecipient: { type: 'rfc822', address: 'bo@example.test' },
          action: 'failed',
          status: { code: status },
          diagnostic: { type: 'x-tls-policy', text: expect.stringMatching(`^${reason} `) },
          others: [{ name: 'X-Attempted-Host', value: 'mx1.example.test' }],
        },
      ],
      original: { kind: 'headers', messageId: '<q1@sender.test>' },
    });
  });

  it('DSN-40, DSN-41: about mail beyond ASCII, in every form', async () => {
    const eight =
      'Date: Fri, 01 Mar 2024 08:59:58 +0100\r\nFrom: anna@sender.test\r\nMessage-ID: <q1@sender.test>\r\nSubject: Plån\r\n\r\nbody\r\n';
    const recipients = [{ address: 'jørn+x@example.test', originalRecipient: 'utf-8;jørn+x@example.test' }];
    const forms: Circumstances[] = [
      { envelope: { recipients } },
      { envelope: { recipients, ret: 'full' } },
      { envelope: { recipients }, mail: eight },
      { envelope: { recipients }, settings: { returnLevel: null } },
    ];
    for (const form of forms) {
      const report = await back({ reason: 'certificate-expired' }, form);
      const address = { type: 'utf-8', address: 'jørn+x@example.test' };
      expect(report.recipients).toMatchObject([{ finalRecipient: address, originalRecipient: address }]);
      expect(report.original?.messageId).toBe('<q1@sender.test>');
    }
    const subject = (await back({ reason: 'certificate-expired' }, { mail: eight })).original?.fields.find(
      ({ name }) => name === 'Subject',
    );
    expect(subject?.value).toBe('Plån');
  });

  it('DSN-30, DSN-51: an answer of several lines is one text', async () => {
    const report = await back({
      code: 550,
      enhanced: '5.1.1',
      lines: ['5.1.1 nobody', '5.1.1 of that name'],
    });
    expect(report.recipients[0]).toMatchObject({
      remoteMta: { type: 'dns', text: 'mx1.example.test' },
      diagnostic: { type: 'smtp', text: '550-5.1.1 nobody 550 5.1.1 of that name' },
    });
  });

  it('DSN-61: none of them asks for a receipt', async () => {
    const all = await Promise.all(
      reasonKeys.map((reason) =>
        reportOn(
          { reason },
          {
            mail: 'Disposition-Notification-To: <anna@sender.test>\r\nDate: Fri, 01 Mar 2024 08:59:58 +0100\r\nFrom: anna@sender.test\r\nMessage-ID: <q1@sender.test>\r\n\r\nbody\r\n',
          },
        ),
      ),
    );
    for (const report of all) {
      const head = Buffer.from(report).toString().split('\r\n\r\n')[0];
      expect(head).not.toMatch(/^Disposition-Notification-To:/im);
    }
  });
});
