import { describe, expect, it } from 'vitest';
import { composeDsn, type DsnInput, type DsnRecipient } from './compose.js';

const at = (day: number, hour: number, minute = 0): number => Date.UTC(2024, 2, day, hour, minute);
const HEADER = Buffer.from(
  'From: Anna <anna@sender.test>\r\nTo: bo@example.test\r\nSubject: Report\r\nDate: Fri, 01 Mar 2024 08:59:58 +0100\r\nMessage-ID: <q1@sender.test>\r\n\r\n',
);

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
const compose = (changes: Partial<DsnInput> = {}, recipient: Partial<DsnRecipient> = {}): string =>
  Buffer.from(composeDsn(input(changes, recipient))).toString('latin1');

/** Header and the three parts, cut at the boundary by hand. */
function cut(text: string) {
  const boundary = /boundary="([^"]+)"/.exec(text)?.[1] ?? '';
  const [head = '', ...rest] = text.split(`--${boundary}`);
  const parts = rest.slice(0, -1).map((part) => {
    const end = part.indexOf('\r\n\r\n');
    return { head: part.slice(2, end + 2), body: part.slice(end + 4, -2) };
  });
  return { boundary, head, parts, status: parts[1]?.body ?? '', end: rest.at(-1) };
}
const statusOf = (changes: Partial<DsnInput> = {}, recipient: Partial<DsnRecipient> = {}): string =>
  cut(compose(changes, recipient)).status;
const groupOf = (recipient: Partial<DsnRecipient>): string =>
  statusOf({}, recipient).split('\r\n\r\n')[1] ?? '';
describe('the report as a mail', () => {
  it('DSN-20, DSN-22, DSN-23: three parts in order, the second without transfer encoding', () => {
    const { head, parts, end } = cut(compose());
    expect(head).toMatch(
      /\r\nContent-Type: multipart\/report; report-type=delivery-status;\r\n boundary="=_dsn_[0-9a-f]{32}"\r\n\r\n$/,
    );
    expect(parts.map((part) => part.head)).toEqual([
      'Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n',
      'Content-Type: message/delivery-status\r\n',
      'Content-Type: text/rfc822-headers\r\n',
    ]);
    expect(end).toBe('--\r\n');
  });

  it('DSN-16, DSN-17, DSN-18: addressed to the return address, from a person, auto-replied, with its own ids', () => {
    expect(cut(compose()).head.split('\r\n').slice(0, 9)).toEqual([
      'From: Mail Delivery <postmaster@out.sender.test>',
      'To: <anna@sender.test>',
      'Subject: Undelivered: no secure connection to example.test',
      'Date: Wed, 06 Mar 2024 08:00:00 +0000',
      'Message-ID: <ndr.18@out.sender.test>',
      'In-Reply-To: <q1@sender.test>',
      'References: <q1@sender.test>',
      'Auto-Submitted: auto-replied',
      'MIME-Version: 1.0',
    ]);
    expect(compose({ from: 'help@sender.test' })).toContain('<help@sender.test>');
    expect(compose({ original: { header: HEADER, messageId: null } })).not.toContain('In-Reply-To');
  });

  it('DSN-21: the boundary is short, quoted, and starts no line of the original', () => {
    const first = cut(compose()).boundary;
    const evil = Buffer.from(`X: y\r\n--${first}--\r\n\r\n`);
    const content = Buffer.concat([HEADER, Buffer.from(`--${first}\r\n--=_dsn_\r\n`)]);
    for (const original of [
      { header: evil, messageId: null },
      { header: HEADER, messageId: null, give: 'full' as const, content },
    ]) {
      const { boundary, parts } = cut(compose({ original }));
      expect(boundary.length).toBeLessThanOrEqual(70);
      expect(parts).toHaveLength(3);
      for (const part of parts) expect(part.body.includes(`--${boundary}`)).toBe(false);
    }
  });

  it('DSN-21: the same report has the same octets', () => {
    expect(compose()).toBe(compose());
  });

  it('AT-22: nothing that a server said reaches the header, and line ends never do', () => {
    const evil = 'x\r\nBcc: eve@evil.test\r\n\r\n';
    const text = compose(
      {},
      { detail: evil, attemptedHost: evil, remote: { host: evil, code: 550, lines: [evil], secure: true } },
    );
    expect(cut(text).head).not.toContain('evil');
    expect(text).not.toMatch(/^Bcc:/m);
    expect(() => compose({ to: `anna@sender.test${evil}` })).toThrow(
      expect.objectContaining({ code: 'address-invalid' }),
    );
    expect(() => compose({ messageId: '<a@b>\r\nX: y' })).toThrow(
      expect.objectContaining({ code: 'dsn-invalid' }),
    );
    expect(compose({ original: { header: HEADER, messageId: '<a>\r\nX: y' } })).not.toMatch(/^X: y/m);
  });

  it('DSN-16: input of the host that cannot be used is refused', () => {
    expect(() => compose({ recipients: [] })).toThrow(expect.objectContaining({ code: 'dsn-invalid' }));
    expect(() => compose({ language: 'xx' as never })).toThrow(/"en", "sv", "nb"/);
  });

  it('DSN-22: every octet is ASCII and every line short, whatever came in', () => {
    const text = compose(
      { language: 'sv', original: { header: Buffer.from('Subject: h\u00e9\r\n\r\n'), messageId: null } },
      {
        detail: `\u00e5${'x'.repeat(5000)}`,
        remote: { host: 'm\u00e5', code: 550, lines: ['\u00e9'.repeat(4000)], secure: true },
      },
    );
    expect(text).toMatch(/^[\t\r\n -~]*$/);
    expect(Math.max(...text.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(998);
    expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  });
});

describe('what goes back of the original', () => {
  const content = Buffer.concat([HEADER, Buffer.from('secret\r\n')]);
  const third = (original: Partial<DsnInput['original']>, recipient: Partial<DsnRecipient> = {}) =>
    cut(compose({ original: { header: HEADER, messageId: null, ...original } }, recipient)).parts[2];

  it('DSN-23: headers only are labelled so and end before the empty line', () => {
    expect(third({ content })?.body).toBe(HEADER.subarray(0, -2).toString());
    expect(third({ header: Buffer.from('\r\n') })?.body).toBe('');
    expect(third({ header: Buffer.from('A: b\r\n') })?.body).toBe('A: b\r\n');
  });

  it('DSN-24: all of it only when asked for and something failed', () => {
    expect(third({ give: 'full', content })).toEqual({
      head: 'Content-Type: message/rfc822\r\n',
      body: content.toString(),
    });
    for (const part of [
      third({ content }),
      third({ give: 'full' }),
      third({ give: 'full', content }, { action: 'delayed' }),
      third({ give: 'full', content }, { action: 'relayed' }),
    ]) {
      expect(part?.head).toBe('Content-Type: text/rfc822-headers\r\n');
      expect(part?.body).not.toContain('secret');
    }
  });

  it('DSN-25: 8-bit content goes back as its header, an 8-bit header as quoted-printable', async () => {
    const eight = Buffer.concat([HEADER, Buffer.from('h\u00e9\r\n')]);
    expect(third({ give: 'full', content: eight })?.head).toContain('text/rfc822-headers');
    const header = Buffer.from(`Subject: h\u00e9 = \r\nX: ${'\u00e5'.repeat(100)}\t\r\n\r\n`);
    const part = third({ header });
    expect(part?.head).toContain('message/global-headers');
    expect(part?.head).toContain('quoted-printable');
    const decoded = part?.body
      .replaceAll('=\r\n', '')
      .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    expect(Buffer.from(decoded ?? '', 'latin1').toString()).toBe(header.toString().slice(0, -2));
    expect(part?.body.split('\r\n').every((line) => line.length <= 76)).toBe(true);
  });

  it('DSN-19: where the way back is less safe, only Date and Message-ID', () => {
    expect(third({ give: 'minimal', content })?.body).toBe(
      'Date: Fri, 01 Mar 2024 08:59:58 +0100\r\nMessage-ID: <q1@sender.test>\r\n',
    );
  });
});

describe('message/delivery-status', () => {
  it('DSN-31, DSN-32: an expired policy hold is failed with 4.7.x, decided here, with the host that was tried', () => {
    expect(statusOf()).toBe(
      [
        'Original-Envelope-Id: job 7',
        'Reporting-MTA: dns; out.sender.test',
        'Arrival-Date: Fri, 01 Mar 2024 08:00:00 +0000',
        '',
        'Final-Recipient: rfc822; bo@example.test',
        'Action: failed',
        'Status: 4.7.5',
        'Diagnostic-Code: X-TLS-Policy; certificate-expired (notAfter=20240228235959Z)',
        'Last-Attempt-Date: Wed, 06 Mar 2024 07:58:00 +0000',
        'Final-Log-ID: q-18',
        'X-Attempted-Host: mx1.example.test',
        '',
      ].join('\r\n'),
    );
  });

  it('DSN-30, DSN-31: a remote rejection names the host and carries the exact reply, folded', () => {
    const group = groupOf({
      address: 'a+b@example.test',
      originalRecipient: 'rfc822;a+b@example.test',
      status: '5.1.1',
      reason: 'recipient-rejected',
      remote: {
        host: 'mx1.example.test',
        code: 550,
        lines: ['5.1.1 no such user', '5.1.1 check the address'],
        secure: true,
      },
    });
    expect(`${group}\r\n`).toContain(
      [
        'Original-Recipient: rfc822; a+b@example.test',
        'Final-Recipient: rfc822; a+b@example.test',
        'Action: failed',
        'Status: 5.1.1',
        'Remote-MTA: dns; mx1.example.test',
        'Diagnostic-Code: smtp; 550-5.1.1 no such user',
        ' 550 5.1.1 check the address',
        'Last-Attempt-Date:',
      ].join('\r\n'),
    );
    expect(group).not.toContain('X-Attempted-Host');
  });

  it('DSN-30: empty lines and control characters of a reply cannot end the group', () => {
    const group = groupOf({
      remote: {
        host: 'mx',
        code: 550,
        lines: ['', '\r\n\r\nAction: delivered', '\t', 'x'.repeat(900)],
        secure: true,
      },
    });
    expect(group.match(/^Action:.*$/gm)).toEqual(['Action: failed']);
    expect(group).toContain(
      'Diagnostic-Code: smtp; 550-\r\n 550-\\x{0D}\\x{0A}\\x{0D}\\x{0A}Action: delivered',
    );
    expect(group).toContain(`x${'\r\n '}x`);
  });

  it('DSN-31: without a cause there is no Diagnostic-Code, and nothing remote without a reply', () => {
    const group = groupOf({ reason: null, attemptedHost: null });
    expect(group).not.toMatch(/Diagnostic-Code|Remote-MTA|X-Attempted-Host/);
  });

  it.each([
    ['failed', '4.7.5', '4.7.5'],
    ['failed', '5.1.10', '5.1.10'],
    ['failed', '2.0.0', '5.0.0'],
    ['failed', '5.01.1', '5.0.0'],
    ['failed', '', '5.0.0'],
    ['failed', '5.1.1\r\nX: y', '5.0.0'],
    ['delayed', '4.7.4', '4.7.4'],
    ['delayed', '5.7.4', '4.0.0'],
    ['relayed', '2.0.0', '2.0.0'],
    ['relayed', '5.0.0', '2.0.0'],
  ] as const)('DSN-34: %s with status %j is reported as %s', (action, status, shown) => {
    expect(groupOf({ action, status })).toContain(`Action: ${action}\r\nStatus: ${shown}\r\n`);
  });

  it('DSN-12: Will-Retry-Until stands only with delayed', () => {
    const until = { retryUntil: at(6, 9) };
    expect(groupOf({ action: 'delayed', ...until })).toContain(
      'Will-Retry-Until: Wed, 06 Mar 2024 09:00:00 +0000',
    );
    expect(groupOf(until)).not.toContain('Will-Retry-Until');
  });

  it('DSN-14: several recipients share one report, each with its group', () => {
    const recipients = [expired, { ...expired, address: 'cy@example.test' }];
    expect(statusOf({ recipients }).split('\r\n\r\n')).toHaveLength(3);
  });

  it('DSN-5, DSN-7: without ENVID and ORCPT their fields do not stand there, and values are no xtext', () => {
    expect(statusOf({ original: { header: HEADER, messageId: null } })).not.toMatch(/Original-/);
    expect(groupOf({ originalRecipient: 'rfc822;a+b=c@x.test' })).toContain('rfc822; a+b=c@x.test');
  });

  it('DSN-31: a reporting host without a full name is not of type dns', () => {
    expect(statusOf({ reportingMta: '[192.0.2.1]' })).toContain(
      'Reporting-MTA: x-local-hostname; [192.0.2.1]',
    );
  });

  it('DSN-41: in the 7-bit type an address beyond ASCII is of type utf-8 in its escaped form', () => {
    const group = groupOf({ originalRecipient: 'utf-8;j\u00f8rn\\x{2B}x@example.test' });
    expect(group).toContain('Original-Recipient: utf-8; j\\x{F8}rn\\x{2B}x@example.test\r\n');
  });
});

describe('reports on internationalised mail', () => {
  const partsOf = (changes: Partial<DsnInput>, recipient: Partial<DsnRecipient> = {}) => {
    const text = compose(changes, recipient);
    expect(text).toMatch(/^[\t\r\n -~]*$/);
    const [, status, third] = cut(text).parts;
    const decoded = [status, third].map((part) => ({
      head: part?.head,
      body: part?.head.includes('quoted-printable') ? unquoted(part.body) : part?.body,
    }));
    return { status: decoded[0], third: decoded[1] };
  };
  const unquoted = (text: string): string => {
    const octets = text
      .replaceAll('=\r\n', '')
      .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    return Buffer.from(octets, 'latin1').toString();
  };
  const quoted = 'Content-Transfer-Encoding: quoted-printable\r\n';

  it('DSN-40, DSN-41: the global types, with addresses in UTF-8, in an encoding that every server takes', () => {
    const address = 'j\u00f8rn+x@example.test';
    const { status, third } = partsOf(
      {},
      { address, originalRecipient: `utf-8;${address.replace('+', '\\x{2B}')}` },
    );
    expect(status?.head).toBe(`Content-Type: message/global-delivery-status\r\n${quoted}`);
    expect(status?.body).toContain(
      'Original-Recipient: utf-8; j\u00f8rn+x@example.test\r\nFinal-Recipient: utf-8; j\u00f8rn+x@example.test\r\n',
    );
    expect(third?.head).toBe(`Content-Type: message/global-headers\r\n${quoted}`);
    expect(third?.body).toBe(HEADER.subarray(0, -2).toString());
  });

  it('DSN-41, AT-22: an escape in an address brings no line of its own', () => {
    const originalRecipient = 'utf-8;a\\x{0D}\\x{0A}Action: delivered';
    const { status } = partsOf({}, { address: 'j\u00f8rn@example.test', originalRecipient });
    expect(status?.body?.match(/^Action:.*$/gm)).toEqual(['Action: failed']);
    expect(status?.body).toContain('Original-Recipient: utf-8; a\\x{0D}\\x{0A}Action: delivered\r\n');
  });

  it('DSN-40: a header beyond ASCII asks for them as well, and comes back as it was', () => {
    const header = Buffer.from('Subject: h\u00e9\r\nMessage-ID: <q1@sender.test>\r\n\r\n');
    const { status, third } = partsOf({ original: { header, messageId: '<q1@sender.test>' } });
    expect(status?.head).toContain('message/global-delivery-status');
    expect(third?.head).toContain('message/global-headers');
    expect(third?.body).toBe(header.subarray(0, -2).toString());
  });

  it('DSN-40: all of a message in ASCII to such an address is message/global', () => {
    const content = Buffer.concat([HEADER, Buffer.from('body\r\n')]);
    const original = { header: HEADER, messageId: null, give: 'full' as const, content };
    const { third } = partsOf({ original }, { address: 'j\u00f8rn@example.test' });
    expect(third).toEqual({ head: 'Content-Type: message/global\r\n', body: content.toString() });
  });

  it('DSN-40: where everything is ASCII the types are the traditional ones', () => {
    expect(compose()).not.toContain('message/global');
  });
});
