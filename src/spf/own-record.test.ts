import { describe, expect, it } from 'vitest';
import { createContext } from '../core/context.js';
import { createZoneResolver, type Zones } from '../testing/zones.js';
import { auditOwnRecords, type RecordAudit } from './audit.js';
import { checkSpf } from './check.js';
import { composeSenderIdRecord, composeSpfRecord, formatTxtLine } from './own-record.js';
import { composeReceivedSpf } from './received-spf.js';

const ctx = createContext();

describe('records for the own domain', () => {
  it('SM-4, SM-11: forbids all others unless told otherwise', () => {
    expect(composeSpfRecord({})).toBe('v=spf1 -all');
    expect(composeSpfRecord({ mx: true, all: '~all' })).toBe('v=spf1 mx ~all');
  });

  it('SM-5, SM-12: for Sender ID in both scopes', () => {
    expect(composeSenderIdRecord({ ip: ['192.0.2.1'] })).toBe('spf2.0/mfrom,pra ip4:192.0.2.1 -all');
  });

  it('SM-11: what is written passes, and nobody else', async () => {
    const record = composeSpfRecord({
      mx: true,
      ip: ['192.0.2.0/28', '2001:DB8::/48', '203.0.113.7'],
      hosts: ['Out.own.test'],
      include: ['bücher.test'],
    });
    expect(record).toBe(
      'v=spf1 ip4:192.0.2.0/28 ip6:2001:db8::/48 ip4:203.0.113.7 mx a:out.own.test include:xn--bcher-kva.test -all',
    );
    const dns = createZoneResolver({
      'own.test': { txt: [record], mx: ['mx.own.test'] },
      'mx.own.test': { a: ['198.51.100.1'] },
      'out.own.test': { a: ['198.51.100.2'] },
      'xn--bcher-kva.test': { txt: ['v=spf1 ip4:198.51.100.3 -all'] },
    });
    const resultOf = async (ip: string): Promise<string> =>
      (await checkSpf({ ip, ehlo: 'out.own.test', mailFrom: 'a@own.test' }, dns, ctx)).result;
    const own = ['192.0.2.15', '2001:db8::9', '203.0.113.7', '198.51.100.1', '198.51.100.2', '198.51.100.3'];
    expect(new Set(await Promise.all(own.map(resultOf)))).toEqual(new Set(['pass']));
    expect(await resultOf('192.0.2.16')).toBe('fail');
  });

  it.each([
    ['an unknown option', { ips: [] }, 'option-unknown'],
    ['no network', { ip: ['192.0.2'] }, 'network-invalid'],
    ['no domain', { include: ['x'] }, 'domain-invalid'],
    ['an end that allows all', { all: '+all' }, 'spf-record-invalid'],
    ['too many terms that ask', { hosts: Array.from({ length: 11 }, () => 'a.test') }, 'spf-record-invalid'],
  ])('SM-4: refuses %s', (_title, options, code) => {
    expect(() => composeSpfRecord(options as object)).toThrow(expect.objectContaining({ code }));
  });

  it('SPF-4: a long record is parted into strings of 255 octets', () => {
    const text = `v=spf1 ${'ip4:192.0.2.1 '.repeat(30)}-all`;
    const line = formatTxtLine('own.test', text);
    const strings = [...line.matchAll(/"([^"]*)"/g)].map((match) => match[1] ?? '');
    expect(line.startsWith('own.test. IN TXT "')).toBe(true);
    expect(Math.max(...strings.map(({ length }) => length))).toBe(255);
    expect(strings.join('')).toBe(text);
  });
});

describe('the audit of the own domain', () => {
  const audit = async (
    txt: readonly string[],
    more: Partial<RecordAudit> = {},
    zones: Zones = {},
  ): Promise<string[]> => {
    const dns = createZoneResolver({ ...zones, 'own.test': { txt } });
    const findings = await auditOwnRecords(
      { domain: 'own.test', ips: ['192.0.2.1'], ehlo: 'out.own.test', ...more },
      dns,
      ctx,
    );
    return findings.map(({ record, key, severity }) => `${record} ${key} ${severity}`);
  };
  const both = (finding: string): string[] => [`spf ${finding}`, `sender-id ${finding}`];

  it('SM-4, SM-5, SM-11, SM-12: nothing to say of a good record, which stands for both', async () => {
    expect(await audit(['v=spf1 ip4:192.0.2.1 -all'])).toEqual([]);
    expect(await audit(['v=spf1 ip4:192.0.2.1 -all', 'spf2.0/pra ip4:192.0.2.1 -all'])).toEqual([]);
  });

  it.each([
    ['no record', [], both('no-record error')],
    ['two records', ['v=spf1 -all', 'v=spf1 ip4:192.0.2.1 -all'], both('many-records error')],
    ['an error', ['v=spf1 ip4:192.0.2.1 -al'], both('record-invalid error')],
    ['softfail at the end', ['v=spf1 ip4:192.0.2.1 ~all'], both('not-strict error')],
    ['no end', ['v=spf1 ip4:192.0.2.1'], both('not-strict error')],
    ['a host that does not pass', ['v=spf1 ip4:192.0.2.7 -all'], both('host-refused error')],
    [
      'a Sender ID record of its own that is worse',
      ['v=spf1 ip4:192.0.2.1 -all', 'spf2.0/pra ip4:192.0.2.7 ?all'],
      ['sender-id not-strict error', 'sender-id host-refused error'],
    ],
  ] as const)('SM-4, SM-5, SM-11, SM-12: %s', async (_title, txt, expected) => {
    expect(await audit(txt)).toEqual(expected);
  });

  it('SM-4: best efforts only warn of a soft end, never of one that lets all pass', async () => {
    expect(await audit(['v=spf1 ip4:192.0.2.1 ~all'], { strict: false })).toEqual(both('not-strict warning'));
    expect(await audit(['v=spf1 +all'], { strict: false })).toEqual(both('not-strict error'));
  });

  it('SM-11: the end of the record to which this one leads', async () => {
    const to = (record: string): Zones => ({ 'r.test': { txt: [record] } });
    expect(await audit(['v=spf1 redirect=r.test'], {}, to('v=spf1 ip4:192.0.2.1 -all'))).toEqual([]);
    expect(await audit(['v=spf1 ip4:192.0.2.1 redirect=r.test'], {}, to('v=spf1 ~all'))).toEqual(
      both('not-strict error'),
    );
    expect(await audit(['v=spf1 ip4:192.0.2.1 redirect=own.test'])).toEqual(both('not-strict error'));
  });

  it('SM-4: a DNS that does not answer is told', async () => {
    const dns = createZoneResolver({}, { 'own.test/TXT': 'servfail' });
    const findings = await auditOwnRecords({ domain: 'own.test', ips: [], ehlo: 'x.test' }, dns, ctx);
    expect(findings.map(({ key }) => key)).toEqual(['dns-failed', 'dns-failed']);
  });
});

describe('Received-SPF', () => {
  it('SPF-14: says what was checked, from whom, and what decided', async () => {
    const dns = createZoneResolver({ 'own.test': { txt: ['v=spf1 ip4:192.0.2.1 -all'] } });
    const session = { ip: '192.0.2.1', ehlo: 'out.own.test', mailFrom: 'a@own.test', receiver: 'mx.test' };
    expect(composeReceivedSpf(await checkSpf(session, dns, ctx), session)).toBe(
      'Received-SPF: pass\r\n\treceiver=mx.test;\r\n\tclient-ip=192.0.2.1;\r\n\tenvelope-from="a@own.test";\r\n\thelo=out.own.test;\r\n\tidentity=mailfrom;\r\n\tmechanism="ip4:192.0.2.1";\r\n',
    );
  });

  it('SPF-14: what the client said cannot make a line of its own', async () => {
    const session = { ip: '192.0.2.1', ehlo: 'x\r\nTo: "all"', mailFrom: `${'é'.repeat(900)}\n@own.test` };
    const field = composeReceivedSpf(await checkSpf(session, createZoneResolver({}), ctx), session);
    expect(field).toMatch(/^Received-SPF: none\r\n(?:\t[ -~]{1,300};\r\n)+$/);
    expect(field).toContain('helo="x??To: \\"all\\""');
  });
});
