import { describe, expect, it } from 'vitest';
import { type DeliveryReport, type DispositionReport, readReport } from './parse.js';

const MESSAGE_GROUP = 'Reporting-MTA: dns; mx.example.test';
const GROUP = 'Final-Recipient: rfc822; bo@example.test\r\nAction: failed\r\nStatus: 5.1.1';

interface Shape {
  readonly type?: string;
  readonly statusHead?: string;
  readonly status?: string;
  readonly third?: string | null;
  readonly first?: string;
}

function compose(shape: Shape = {}): string {
  const {
    type = 'multipart/report; report-type=delivery-status; boundary="b"',
    statusHead = 'Content-Type: message/delivery-status',
    status = `${MESSAGE_GROUP}\r\n\r\n${GROUP}`,
    first = 'Content-Type: text/plain\r\n\r\nwords',
    third = 'Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: <q1@sender.test>\r\n',
  } = shape;
  const parts = [first, `${statusHead}\r\n\r\n${status}\r\n`, ...(third === null ? [] : [third])];
  const body = parts.map((part) => `--b\r\n${part}\r\n`).join('');
  return `Message-ID: <r1@mx.example.test>\r\nMIME-Version: 1.0\r\nContent-Type: ${type}\r\n\r\n${body}--b--\r\n`;
}

function delivery(shape: Shape | string = {}): DeliveryReport {
  const report = readReport(typeof shape === 'string' ? shape : compose(shape));
  if (report.kind !== 'delivery') throw new Error(JSON.stringify(report));
  return report;
}
const group = (fields: string): DeliveryReport => delivery({ status: `${MESSAGE_GROUP}\r\n\r\n${fields}` });
const quoted = (text: string): string =>
  [...Buffer.from(text)]
    .map((octet) => `=${octet.toString(16).padStart(2, '0').toUpperCase()}`)
    .join('')
    .replaceAll(/(.{72})/g, '$1=\r\n');

describe('a delivery report', () => {
  it('DSN-51: is read whole', () => {
    expect(delivery()).toMatchObject({
      kind: 'delivery',
      messageId: '<r1@mx.example.test>',
      text: 'words',
      remarks: [],
      reportingMta: { type: 'dns', text: 'mx.example.test' },
      envelopeId: null,
      arrivalDate: null,
      recipients: [
        {
          finalRecipient: { type: 'rfc822', address: 'bo@example.test' },
          originalRecipient: null,
          action: 'failed',
          status: { code: '5.1.1', class: 'permanent', known: 'detail' },
          remoteMta: null,
          diagnostic: null,
        },
      ],
      original: { kind: 'headers', messageId: '<q1@sender.test>' },
    });
  });

  it('DSN-51: names, types and actions in any case, with comments, folded, with any line ends', () => {
    const odd = [
      'REPORTING-mta: DNS;mx.example.test (a host)',
      '',
      'fInAl-ReCiPiEnT : RFC822;',
      '\t<bo@example.test> (Bo (of \\) the) office)',
      'ACTION: (alas) FAILED',
      'status: 5.1.1 (no',
      ' such user)',
      'diagnostic-CODE: SMTP;',
      ' 550-no',
      ' 550 (really) no',
      'Last-Attempt-Date: Wed, 25 Nov 2026 11:00:00 +0100 (CET)',
    ];
    for (const end of ['\r\n', '\n', '\r']) {
      const text = compose({ status: odd.join('\r\n') }).replaceAll('\r\n', end);
      expect(delivery(text)).toMatchObject({
        remarks: [],
        reportingMta: { type: 'dns', text: 'mx.example.test' },
        recipients: [
          {
            finalRecipient: { type: 'rfc822', address: 'bo@example.test' },
            action: 'failed',
            status: { code: '5.1.1', comment: 'no such user' },
            diagnostic: { type: 'smtp', text: '550-no 550 (really) no' },
            lastAttempt: Date.UTC(2026, 10, 25, 10),
          },
        ],
      });
    }
  });

  it('DSN-51: what is optional may lack, what is required and lacks is remarked on', () => {
    expect(delivery({ third: null }).original).toBeNull();
    const bare = group('Original-Recipient: rfc822; bo@example.test\r\nAction: delayed');
    expect(bare.recipients).toMatchObject([
      { finalRecipient: null, originalRecipient: { address: 'bo@example.test' }, status: null },
    ]);
    expect(bare.remarks).toEqual([
      'a recipient has no Final-Recipient',
      'a recipient has no Status that can be read',
    ]);
    const inOne = delivery({ status: `${MESSAGE_GROUP}\r\n${GROUP}` });
    expect(inOne.recipients).toHaveLength(1);
    expect(inOne.remarks).toEqual(['no empty line parts message and recipient']);
    const noMta = delivery({ status: `Arrival-Date: x\r\n\r\n\r\n\r\n${GROUP}` });
    expect(noMta).toMatchObject({
      reportingMta: null,
      recipients: [{}],
      remarks: [expect.stringContaining('not named')],
    });
    const untyped = compose({ type: 'multipart/report; boundary=b' });
    expect(delivery(untyped).remarks).toEqual(['the type of the report is not named']);
  });

  it('DSN-51: a group without address or action says nothing, and the others still count', () => {
    const report = delivery({
      status: [
        MESSAGE_GROUP,
        'Action: failed',
        'Final-Recipient: rfc822; a@x.test\r\nAction: lost',
        GROUP,
      ].join('\r\n\r\n'),
    });
    expect(report.recipients.map(({ finalRecipient }) => finalRecipient?.address)).toEqual([
      'bo@example.test',
    ]);
    expect(report.remarks).toEqual([
      'a group names no recipient that can be read, and is left out',
      'a recipient has the action "lost", which is none, and is left out',
    ]);
  });

  it.each([
    ['5.1.1', 'permanent', 'detail', 'a final failure concerning the address: no such mailbox'],
    [
      '4.4.7',
      'temporary',
      'detail',
      'a passing trouble concerning the way there: the time for delivery is over',
    ],
    ['5.7.30', 'permanent', 'detail', 'a final failure concerning security or policy: REQUIRETLS is needed'],
    ['5.1.99', 'permanent', 'subject', 'a final failure concerning the address'],
    ['5.1.0', 'permanent', 'subject', 'a final failure concerning the address'],
    ['4.9.1', 'temporary', 'class', 'a passing trouble'],
    ['2.1.5', 'success', 'detail', 'success concerning the address: the address is right'],
    ['5', 'permanent', 'subject', 'a final failure concerning nothing in particular'],
  ])('DSN-51: status %s is %s, known by its %s', (code, kind, known, meaning) => {
    const [recipient] = group(
      `Final-Recipient: rfc822; a@x.test\r\nAction: failed\r\nStatus: ${code}`,
    ).recipients;
    expect(recipient?.status).toMatchObject({ class: kind, known, meaning });
  });

  it.each(['', 'x', '3.1.1', '5.1.1.1', '5.1111.1', '5.1.1x', '-5.1.1'])(
    'DSN-51: status %j is none',
    (code) => {
      const [recipient] = group(
        `Final-Recipient: rfc822; a@x.test\r\nAction: failed\r\nStatus: ${code}`,
      ).recipients;
      expect(recipient?.status).toBeNull();
    },
  );

  it('AT-50: what is shown has no control in it, and an address with one is none', () => {
    const report = group(
      'Final-Recipient: rfc822; a\u202e@x.test\r\nOriginal-Recipient: rfc822; b@x.test\r\nAction: failed\r\nDiagnostic-Code: smtp; \u001b[2J no\r\nX-Odd: \u0007',
    );
    expect(report.recipients[0]).toMatchObject({
      finalRecipient: null,
      originalRecipient: { address: 'b@x.test' },
      diagnostic: { text: String.raw`\x{1B}[2J no` },
      others: [{ name: 'X-Odd', value: String.raw`\x{07}` }],
    });
    expect(delivery({ first: 'Content-Type: text/plain\r\n\r\na\u001b\r\n\u0000b' }).text).toBe(
      'a\\x{1B}\n\\x{00}b',
    );
  });

  it('DSN-51: the text may be a choice of forms, encoded, in another charset', () => {
    const first =
      'Content-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\nContent-Type: text/html\r\n\r\n<p>\r\n--c\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nr=E4v =\r\nen\r\n--c--\r\n';
    expect(delivery({ first }).text).toBe('r\u00e4v en');
    const base64 = `Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: BASE64\r\n\r\n${Buffer.from('r\u00e4v').toString('base64')}`;
    expect(delivery({ first: base64 }).text).toBe('r\u00e4v');
  });

  it('DSN-51: a report that is cut off is read as far as it goes', () => {
    const whole = compose();
    const report = delivery(whole.slice(0, whole.indexOf('Message-ID: <q1@') + 28));
    expect(report).toMatchObject({
      recipients: [{ action: 'failed' }],
      original: { messageId: '<q1@sender.test>' },
    });
    expect(report.remarks).toEqual(['the last part is cut off, or there are more than are read']);
  });

  it('DSN-50: a way that no report comes is remarked on', () => {
    const remarks = (envelopeFrom: string | null) => {
      const report = readReport(compose(), { envelopeFrom });
      return report.kind === 'delivery' ? report.remarks : null;
    };
    expect(remarks('eve@evil.test')).toEqual([expect.stringContaining('null reverse-path')]);
    expect(remarks(null)).toEqual([]);
    expect(remarks('')).toEqual([]);
    expect(() => readReport(compose(), { envelopefrom: null } as object)).toThrow(
      /did you mean "envelopeFrom"/,
    );
  });
});

describe('the types of internationalised mail', () => {
  const status = `${MESSAGE_GROUP}\r\n\r\nFinal-Recipient: utf-8; j\u00f8rn@example.test\r\nAction: delivered\r\nStatus: 2.0.0`;
  const ascii = status.replace('j\u00f8rn', String.raw`j\x{F8}rn`);
  const header = 'Message-ID: <q1@sender.test>\r\nSubject: Pl\u00e5n\r\n';
  const statuses: readonly (readonly [string, string, string])[] = [
    ['message/delivery-status', '7bit', ascii],
    ['message/global-delivery-status', '8bit', status],
    ['message/global-delivery-status', 'quoted-printable', quoted(status)],
    ['message/global-delivery-status', 'base64', Buffer.from(status).toString('base64')],
    ['Message/Global-Delivery-Status', '7bit', ascii],
  ];
  const originals: readonly (readonly [string, string, string, string])[] = [
    ['message/rfc822', '8bit', `${header}\r\nbody`, 'message'],
    ['message/global', '8bit', `${header}\r\nbody`, 'message'],
    ['message/global', 'base64', Buffer.from(`${header}\r\nbody`).toString('base64'), 'message'],
    ['text/rfc822-headers', '8bit', header, 'headers'],
    ['message/global-headers', '8bit', header, 'headers'],
    ['Message/Global-Headers', 'quoted-printable', quoted(header), 'headers'],
  ];
  const mix = statuses.flatMap((one) => originals.map((other) => [one, other] as const));

  it.each(mix)(
    'DSN-40, DSN-41: %j with %j',
    ([type, encoding, body], [third, thirdEncoding, original, kind]) => {
      const head = (name: string, how: string): string =>
        `Content-Type: ${name}\r\nContent-Transfer-Encoding: ${how}`;
      const report = delivery({
        statusHead: head(type, encoding),
        status: body,
        third: `${head(third, thirdEncoding)}\r\n\r\n${original}`,
      });
      expect(report.remarks).toEqual([]);
      expect(report.recipients).toMatchObject([
        { finalRecipient: { type: 'utf-8', address: 'j\u00f8rn@example.test' }, action: 'delivered' },
      ]);
      expect(report.original).toMatchObject({
        kind,
        messageId: '<q1@sender.test>',
        fields: [{}, { name: 'Subject', value: 'Pl\u00e5n' }],
      });
    },
  );

  it('DSN-41: only the type utf-8 has escapes', () => {
    const fields = (type: string): string =>
      `Final-Recipient: ${type}; ${String.raw`j\x{F8}rn@example.test`}\r\nAction: failed\r\nStatus: 5.0.0`;
    const address = (type: string) => group(fields(type)).recipients[0]?.finalRecipient?.address;
    expect(address('UTF-8')).toBe('j\u00f8rn@example.test');
    expect(address('rfc822')).toBe(String.raw`j\x{F8}rn@example.test`);
  });

  it('DSN-41: an escape that hides a line end makes no address', () => {
    const report = group(
      `Final-Recipient: utf-8; ${String.raw`a\x{0A}Action: delivered`}\r\nOriginal-Recipient: utf-8; b@x.test\r\nAction: failed`,
    );
    expect(report.recipients[0]).toMatchObject({ finalRecipient: null, action: 'failed' });
  });
});

describe('a read receipt', () => {
  const fields = [
    'Reporting-UA: pc.example.test; A Mail Program 1.0',
    'Original-Recipient: rfc822;bo@example.test',
    'Final-Recipient: rfc822; bo.b@example.test',
    'Original-Message-ID: <q1@sender.test>',
    'Disposition: manual-action/MDN-sent-manually; displayed',
  ];
  const type = 'multipart/report; report-type=disposition-notification; boundary=b';
  const receipt = (
    lines: readonly string[],
    statusHead = 'Content-Type: message/disposition-notification',
  ) => {
    const report = readReport(compose({ type, statusHead, status: lines.join('\r\n') }));
    return report.kind === 'disposition' ? report : null;
  };
  const disposed = (value: string): DispositionReport | null =>
    receipt([...fields.slice(0, 4), `Disposition: ${value}`]);

  it('DSN-62: says what became of the message in the hands of its reader', () => {
    expect(receipt(fields)).toMatchObject({
      kind: 'disposition',
      messageId: '<r1@mx.example.test>',
      reportingUa: 'pc.example.test; A Mail Program 1.0',
      finalRecipient: { type: 'rfc822', address: 'bo.b@example.test' },
      originalRecipient: { type: 'rfc822', address: 'bo@example.test' },
      originalMessageId: '<q1@sender.test>',
      disposition: 'displayed',
      action: 'manual',
      sending: 'manual',
      modifiers: [],
      remarks: [],
    });
  });

  it.each([
    ['manual-action/MDN-sent-manually; displayed', 'displayed', 'manual', 'manual', []],
    ['automatic-action/MDN-sent-automatically;deleted', 'deleted', 'automatic', 'automatic', []],
    ['AUTOMATIC-ACTION/mdn-SENT-automatically; DISPATCHED (on)', 'dispatched', 'automatic', 'automatic', []],
    [
      'manual-action/MDN-sent-automatically; processed/error, X-Odd',
      'processed',
      'manual',
      'automatic',
      ['error', 'x-odd'],
    ],
    ['manual-action/MDN-sent-manually; denied', 'other', 'manual', 'manual', []],
    ['displayed', 'displayed', null, null, []],
  ])('DSN-62: disposition %j', (value, disposition, action, sending, modifiers) => {
    expect(disposed(value)).toMatchObject({ disposition, action, sending, modifiers });
  });

  it('DSN-62: without a disposition it is none', () => {
    for (const value of ['', ';', 'a;b;c', 'a; b c']) expect(disposed(value)).toBeNull();
    expect(readReport(compose({ type, status: GROUP }))).toMatchObject({ why: 'status-part-missing' });
    expect(
      readReport(
        compose({ type, statusHead: 'Content-Type: message/disposition-notification', status: 'X: y' }),
      ),
    ).toMatchObject({ kind: 'not-a-report', why: 'status-unreadable' });
  });

  it('DSN-40, DSN-62: in the type of internationalised mail', () => {
    const head =
      'Content-Type: message/global-disposition-notification\r\nContent-Transfer-Encoding: quoted-printable';
    const lines = ['Final-Recipient: utf-8; j=C3=B8rn@example.test', 'Disposition: a/b; displayed'];
    expect(receipt(lines, head)).toMatchObject({ finalRecipient: { address: 'j\u00f8rn@example.test' } });
  });

  it('DSN-62: one receipt is about one recipient', () => {
    const two = receipt([...fields, '', ...fields]);
    expect(two?.remarks).toEqual([expect.stringContaining('one recipient')]);
  });
});

describe('what is no report', () => {
  it.each([
    ['other mail', 'Subject: hello\r\n\r\nReporting-MTA: dns; a\r\n', 'not-multipart-report'],
    ['nothing at all', '', 'not-multipart-report'],
    ['a report that is enclosed', compose({ type: 'multipart/mixed; boundary=b' }), 'not-multipart-report'],
    [
      'abuse',
      compose({ type: 'multipart/report; report-type=feedback-report; boundary=b' }),
      'other-report-type',
    ],
    [
      'a name of every object',
      compose({ type: 'multipart/report; report-type=constructor; boundary=b' }),
      'other-report-type',
    ],
    ['no boundary', compose({ type: 'multipart/report; report-type=delivery-status' }), 'no-parts'],
    [
      'another boundary',
      compose({ type: 'multipart/report; report-type=delivery-status; boundary=c' }),
      'no-parts',
    ],
    ['a part of another kind', compose({ statusHead: 'Content-Type: text/plain' }), 'status-part-missing'],
    [
      'a part of the other report',
      compose({ statusHead: 'Content-Type: message/disposition-notification' }),
      'status-part-missing',
    ],
    [
      'an unknown encoding',
      compose({ statusHead: 'Content-Type: message/delivery-status\r\nContent-Transfer-Encoding: x-own' }),
      'status-unreadable',
    ],
    ['no recipient', compose({ status: MESSAGE_GROUP }), 'status-unreadable'],
  ])('DSN-51: %s is said to be none', (_what, text, why) => {
    expect(readReport(text)).toEqual({ kind: 'not-a-report', why, text: expect.stringMatching(/^I.*\.$/) });
  });
});
