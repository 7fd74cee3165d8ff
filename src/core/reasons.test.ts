import { describe, expect, it } from 'vitest';
import { describeReason, isReason, reasonKeys } from './reasons.js';

describe('the table of reasons', () => {
  const endings = reasonKeys.filter((reason) => reason !== 'queue-expired');
  it.each(endings)('RFC 3463 §2: %s has a status that fits what becomes of the mail', (reason) => {
    const { effect, status } = describeReason(reason);
    expect(status).toMatch(effect === 'fail' ? /^5\.\d{1,3}\.\d{1,3}$/ : /^4\.\d{1,3}\.\d{1,3}$/);
  });

  it('RFC 3463 §3.5: queue-expired keeps the status of a time that ran out', () => {
    expect(describeReason('queue-expired')).toMatchObject({ effect: 'fail', status: '4.4.7' });
  });

  it.each(reasonKeys)('DSN-19: %s says what is wrong and what to do, in whole sentences', (reason) => {
    const { says, remedy, cite } = describeReason(reason);
    for (const text of [says, remedy]) expect(text).toMatch(/^[A-Z0-9].{10,}\.$/s);
    expect(cite).not.toBe('');
  });

  it.each([
    'dns-nxdomain',
    'null-mx',
    'mail-loop',
    'no-usable-host',
    'dns-servfail',
    'host-unresolved',
  ] as const)('RFC 8460 §4.3: %s is no failure of TLS and is not counted as one', (reason) => {
    expect(describeReason(reason).tlsReport).toBeNull();
  });

  it('RFC 3463 §2: text that is no key is no reason', () => {
    expect(isReason('null-mx')).toBe(true);
    for (const text of ['', 'toString', '__proto__', 'NULL-MX']) expect(isReason(text)).toBe(false);
  });
});
