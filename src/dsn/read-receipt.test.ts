import { describe, expect, it } from 'vitest';
import { askForReadReceipts, type ReadReceiptRequest } from './read-receipt.js';

const MESSAGE = 'From: anna@sender.test\r\nMessage-ID: <q1@sender.test>\r\n\r\nbody\r\n';
const ask = (changes: Partial<ReadReceiptRequest> = {}) =>
  askForReadReceipts({
    message: MESSAGE,
    from: 'anna@sender.test',
    recipients: ['bo@example.test', 'cy@example.test'],
    ...changes,
  });
const texts = (changes: Partial<ReadReceiptRequest> = {}) =>
  ask(changes).copies.map(({ message, recipients }) => [Buffer.from(message).toString(), ...recipients]);
const refusal = expect.objectContaining({ code: 'read-receipt-invalid' });

describe('asking for read receipts', () => {
  it('DSN-60, BITS-5.3.4: one address, the return path, and not another octet changes', () => {
    expect(ask().warnings).toEqual([]);
    expect(texts()).toEqual([
      [`Disposition-Notification-To: <anna@sender.test>\r\n${MESSAGE}`, 'bo@example.test', 'cy@example.test'],
    ]);
    const unix = MESSAGE.replaceAll('\r\n', '\n');
    expect(texts({ message: Buffer.from(unix) })[0]?.[0]).toBe(
      `Disposition-Notification-To: <anna@sender.test>\n${unix}`,
    );
  });

  it('DSN-60: another address than the return path is possible, and what comes of it is said', () => {
    const { copies, warnings } = ask({ to: 'receipts@sender.test' });
    expect(Buffer.from(copies[0]?.message ?? []).toString()).toContain('To: <receipts@sender.test>\r\n');
    expect(warnings).toEqual([
      expect.stringMatching(/receipts@sender\.test is not the return path anna@sender\.test.*never answer/),
    ]);
    // RFC 8098 §2.1: the domain in any case, the local part as it is.
    expect(ask({ to: 'anna@SENDER.test' }).warnings).toEqual([]);
    expect(ask({ to: 'Anna@sender.test' }).warnings).toHaveLength(1);
  });

  it('DSN-60: without a Message-ID nobody could tell what a receipt is about', () => {
    expect(() => ask({ message: 'From: anna@sender.test\r\n\r\nMessage-ID: <a@b>\r\n' })).toThrow(refusal);
    expect(() => ask({ message: 'Message-ID: none\r\n\r\n' })).toThrow(refusal);
  });

  it('DSN-60: a message asks once', () => {
    expect(() => ask({ message: `disposition-notification-TO: <x@y.test>\r\n${MESSAGE}` })).toThrow(refusal);
  });

  it.each(['delivery-status', 'disposition-notification', 'tlsrpt'])(
    'DSN-61: a report of the type %s asks for none',
    (type) => {
      const message = `Content-Type: Multipart/Report;\r\n report-type=${type}; boundary=b\r\n${MESSAGE}`;
      expect(() => ask({ message })).toThrow(refusal);
    },
  );

  it('DSN-61: nor does mail without return path', () => {
    expect(() => ask({ from: '' })).toThrow(refusal);
  });

  it('DSN-63: where only some are asked there are two copies, one with and one without', () => {
    expect(texts({ ask: ['cy@EXAMPLE.test'] })).toEqual([
      [`Disposition-Notification-To: <anna@sender.test>\r\n${MESSAGE}`, 'cy@example.test'],
      [MESSAGE, 'bo@example.test'],
    ]);
    expect(ask({ ask: ['cy@example.test'] }).copies.map(({ asks }) => asks)).toEqual([true, false]);
    for (const nobody of [[], ['eve@evil.test'], ['bo@example.test', 'eve@evil.test']]) {
      expect(() => ask({ ask: nobody })).toThrow(refusal);
    }
  });

  it('AT-22: no address brings a line of its own', () => {
    for (const to of ['a@b.test\r\nBcc: x@y.test', 'a@b.test>, <x@y.test', 'a@b.test, x@y.test']) {
      expect(() => ask({ to })).toThrow(expect.objectContaining({ code: 'address-invalid' }));
    }
  });
});
