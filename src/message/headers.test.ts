import { describe, expect, it } from 'vitest';
import { formatMailDate } from './date.js';
import { parseFields } from './header-fields.js';
import { checkHeader, editHeader } from './headers.js';

const DATE = 'Date: Fri, 01 Mar 2024 09:00:00 +0100';
const FROM = 'From: Anna <anna@x.test>';
const ID = 'Message-ID: <q1@x.test>';
const header = (...lines: string[]): Buffer => Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);
const malformed = expect.objectContaining({ name: 'ConfigError', code: 'message-malformed' });

describe('parseFields', () => {
  it('SC-36: fields are found with their places, folded lines belong to the field before', () => {
    const text = header('A: 1', 'Long-Name:', ' x', '\ty', 'c:z');
    const fields = parseFields(text);
    expect(fields.map((field) => [field.key, field.value, field.line])).toEqual([
      ['a', '1', 1],
      ['long-name', 'x\ty', 2],
      ['c', 'z', 5],
    ]);
    expect(fields.map((field) => text.subarray(field.start, field.end).toString()).join('')).toBe(
      text.subarray(0, -2).toString(),
    );
  });

  it.each([
    'no colon here',
    'Name : x',
    ' starts with space',
    'Nä: x',
    ': x',
    'From anna Fri Mar 1',
    '\0: x',
  ])('SC-36: %j is no header field, and the line is named', (line) => {
    expect(() => parseFields(header('A: 1', line).subarray(line.startsWith(' ') ? 6 : 0))).toThrow(malformed);
  });
});

describe('checkHeader', () => {
  it('SC-36: the minimum passes and gives the message id', () => {
    expect(checkHeader(header(DATE, FROM, ID))).toEqual({ messageId: '<q1@x.test>', receivedCount: 0 });
    expect(checkHeader(header(DATE, FROM, 'message-id: (c) <q1@x.test> (d)')).messageId).toBe('<q1@x.test>');
  });

  it.each([
    ['Date', [FROM, ID]],
    ['From', [DATE, ID]],
    ['Message-ID', [DATE, FROM]],
  ])('SC-36: without %s it is refused with the remedy', (name, lines) => {
    expect(() => checkHeader(header(...lines))).toThrow(malformed);
    expect(() => checkHeader(header(...lines))).toThrow(new RegExp(`no ${name} field\\. (?:Add it)`));
  });

  it.each([
    DATE,
    FROM,
    ID,
    'To: a@x.test',
    'CC: a@x.test',
    'Subject: s',
    'Reply-To: a@x.test',
    'Sender: a@x.test',
    'In-Reply-To: <a@x.test>',
    'References: <a@x.test>',
  ])('SC-36: two of %j are refused, whatever their case', (line) => {
    const extra = [DATE, FROM, ID].includes(line) ? [] : [line];
    const twice = line.replace(/^[^:]+/, (name) => name.toUpperCase());
    expect(() => checkHeader(header(DATE, FROM, ID, ...extra))).not.toThrow();
    expect(() => checkHeader(header(DATE, FROM, ID, ...extra, twice))).toThrow(malformed);
  });

  it.each([
    ['From: a@x.test, b@x.test', false],
    ['From: "a, b" <a@x.test>', true],
    ['From: a@x.test (one, two)', true],
    ['From: a@x.test ("one, two)', true],
    ['From: Group: a@x.test, b@x.test;', false],
    ['From: <a@x.test>', true],
  ])('SC-36: %s without Sender passes: %s', (from, passes) => {
    const check = () => checkHeader(header(DATE, from, ID));
    if (passes) expect(check).not.toThrow();
    else expect(check).toThrow(malformed);
    expect(() => checkHeader(header(DATE, from, ID, 'Sender: c@x.test'))).not.toThrow();
  });

  it.each(['Date: yesterday', 'Date:', 'From:', 'From: (nobody)', 'Message-ID: q1', 'Message-ID: <a b@x>'])(
    'SC-36: %j is refused',
    (line) => {
      const lines = [DATE, FROM, ID].filter((one) => !one.startsWith(line.split(':')[0] ?? ''));
      expect(() => checkHeader(header(...lines, line))).toThrow(malformed);
    },
  );

  it.each(['Bcc: c@x.test', 'BCC:', 'Resent-Bcc: c@x.test'])('SC-36: %j is refused', (line) => {
    expect(() => checkHeader(header(DATE, FROM, ID, line))).toThrow(/stripBcc: true/);
  });

  it('SC-35: Return-Path is refused with the remedy', () => {
    expect(() => checkHeader(header('Return-Path: <a@x.test>', DATE, FROM, ID))).toThrow(/Leave it out/);
  });

  it('SC-53: 99 Received fields pass, 100 are a loop', () => {
    const received = (count: number): string[] =>
      Array.from({ length: count }, () => 'Received: from a by b; Fri, 1 Mar 2024 09:00:00 +0100');
    expect(checkHeader(header(...received(99), DATE, FROM, ID)).receivedCount).toBe(99);
    expect(() => checkHeader(header(...received(100), DATE, FROM, ID))).toThrow(
      expect.objectContaining({ code: 'received-loop' }),
    );
  });

  it('SC-34: a header above ASCII is UTF-8 or refused', () => {
    expect(() => checkHeader(header(DATE, FROM, ID, 'Subject: åäö'))).not.toThrow();
    expect(() =>
      checkHeader(Buffer.from(header(DATE, FROM, ID, 'Subject: åäö').toString(), 'latin1')),
    ).toThrow(malformed);
  });
});

describe('editHeader', () => {
  const now = Date.UTC(2024, 2, 1, 9);
  const complete = { now, messageIdDomain: 'Out.X.Test' };

  it('FAQ-10: with nothing to change the very same octets come back', () => {
    const given = header(DATE, FROM, ID);
    expect(editHeader(given, { stripBcc: true, complete })).toBe(given);
    expect(editHeader(given, {})).toBe(given);
  });

  it('SC-36: missing Date and Message-ID are added at the end, nothing else changes', () => {
    const edited = editHeader(header(FROM, 'Subject:  odd   spacing '), { complete }).toString();
    expect(edited).toMatch(
      /^From: Anna <anna@x\.test>\r\nSubject: {2}odd {3}spacing \r\nDate: Fri, 01 Mar 2024 09:00:00 \+0000\r\nMessage-ID: <[0-9a-f-]{36}@out\.x\.test>\r\n\r\n$/,
    );
    expect(editHeader(Buffer.from(`${FROM}\r\n`), { complete }).toString()).not.toContain('\r\n\r\n');
  });

  it('SC-36: Bcc is taken out with its folded lines, every other octet stays', () => {
    const given = header(
      DATE,
      'bcc: c@x.test,',
      '\td@x.test',
      'X-Odd:',
      '  y',
      'Resent-Bcc: e@x.test',
      FROM,
      ID,
    );
    expect(editHeader(given, { stripBcc: true }).toString()).toBe(
      header(DATE, 'X-Odd:', '  y', FROM, ID).toString(),
    );
  });

  it('SC-35: existing Received lines keep their order and octets', () => {
    const received = [
      'Received: from  b by c;',
      '\tFri, 1 Mar 2024 09:00:00 +0100',
      'Received: from a by b; x',
    ];
    const edited = editHeader(header(...received, FROM, 'Bcc: c@x.test'), { stripBcc: true, complete });
    expect(edited.toString().startsWith(`${received.join('\r\n')}\r\n${FROM}\r\n`)).toBe(true);
    expect(parseFields(edited).filter((field) => field.key === 'received')).toHaveLength(2);
  });

  it.each([
    'X: a\r\nBcc',
    'X: a',
    'X: a\n',
    'X: a\r\n\r\nbody',
    'X: a\r\n \r\nY: b\r\n',
    'no field\r\n',
    ' X: a\r\n',
    'X: å\r\n',
    'X: a\rb\r\n',
    'X: a\0\r\n',
    `X: ${'a'.repeat(999)}\r\n`,
  ])('AT-22, AT-20: a signing hook that gives %j is refused', (prepend) => {
    expect(() => editHeader(header(FROM), { prepend })).toThrow(
      expect.objectContaining({ code: 'header-invalid' }),
    );
  });

  it('AT-22: whole folded fields are put in front as they are', () => {
    const prepend = 'DKIM-Signature: v=1;\r\n\tb=abc\r\n';
    expect(editHeader(header(FROM), { prepend }).toString()).toBe(`${prepend}${header(FROM).toString()}`);
  });

  it.each(['x.test\r\nBcc: evil', 'x.test>', 'localhost', ''])(
    'AT-22: %j is no domain for a Message-ID',
    (messageIdDomain) => {
      expect(() => editHeader(header(FROM), { complete: { now, messageIdDomain } })).toThrow(
        expect.objectContaining({ code: 'domain-invalid' }),
      );
    },
  );
});

it('RFC 5322 §3.3: dates are written in UTC with a numeric zone', () => {
  expect(formatMailDate(0)).toBe('Thu, 01 Jan 1970 00:00:00 +0000');
  expect(formatMailDate(Date.UTC(2026, 11, 31, 23, 59, 58))).toBe('Thu, 31 Dec 2026 23:59:58 +0000');
});
