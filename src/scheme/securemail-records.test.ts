import { describe, expect, it } from 'vitest';
import { writeSecureMailRecords } from './securemail-records.js';

const input = {
  domain: 'SecureMail.bank.example',
  mode: 'securemail',
  addresses: ['192.0.2.1', '2001:db8::1'],
  ip: ['192.0.2.1'],
} as const;

describe('the records of a member on paper', () => {
  it('SM-4, SM-5, SM-11, SM-12, SM-16: the lines of the zone, and that there is no MX record', () => {
    const text = writeSecureMailRecords(input);
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith(';'));
    expect(lines).toEqual([
      'securemail.bank.example. IN A 192.0.2.1',
      'securemail.bank.example. IN AAAA 2001:db8::1',
      'securemail.bank.example. IN TXT "v=spf1 ip4:192.0.2.1 -all"',
      'securemail.bank.example. IN TXT "spf2.0/mfrom,pra ip4:192.0.2.1 -all"',
    ]);
    expect(text).toMatch(/\n; No MX record for securemail\.bank\.example: [^\n]+\n$/);
  });

  it('SM-4, SM-5: Best Efforts leave the end and the MX open', () => {
    const text = writeSecureMailRecords({
      domain: 'bank.example',
      mode: 'best-efforts',
      mx: true,
      all: '~all',
    });
    expect(text).toContain('"v=spf1 mx ~all"');
    expect(text).not.toContain('No MX');
  });

  it.each([
    ['SM-11, SM-12: another end', { all: '~all' }],
    ['SM-13: another name', { domain: 'mail.bank.example' }],
    ['SM-16: senders by MX', { mx: true }],
    ['SM-16: no address of the server', { addresses: [] }],
    ['SM-16: an address that is none', { addresses: ['192.0.2'] }],
  ])('%s is refused for SecureMail', (_title, more) => {
    expect(() => writeSecureMailRecords({ ...input, ...more } as typeof input)).toThrow(
      expect.objectContaining({ code: 'securemail-records-invalid' }),
    );
  });

  it('SM-1: another mode, another option', () => {
    expect(() => writeSecureMailRecords({ ...input, mode: 'best' as never })).toThrow(
      /expected "best-efforts"/,
    );
    expect(() => writeSecureMailRecords({ ...input, adresses: [] } as never)).toThrow(
      /did you mean "addresses"/,
    );
  });
});
