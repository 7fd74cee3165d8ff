import { expect, it } from 'vitest';
import { createContext } from '../core/context.js';
import { createZoneResolver } from './zones.js';

const ctx = createContext();

it('zones: MX records in the order of the list, or with preferences of their own', async () => {
  const dns = createZoneResolver({
    'a.example': { mx: ['mx1.a.example', 'mx2.a.example'] },
    'b.example': { mx: ['0 mx.b.example', '7 mx.a.example'], ttl: 60, dnssec: 'secure' },
  });
  expect(await dns.mx('A.example.', ctx)).toEqual({
    kind: 'found',
    records: [
      { preference: 10, exchange: 'mx1.a.example' },
      { preference: 20, exchange: 'mx2.a.example' },
    ],
    ttl: 300,
    dnssec: 'unknown',
  });
  expect(await dns.mx('b.example', ctx)).toMatchObject({
    records: [{ preference: 0 }, { preference: 7 }],
    ttl: 60,
    dnssec: 'secure',
  });
  expect(dns.queries).toEqual(['a.example/MX', 'b.example/MX']);
});

it('zones: no data, no such name and a null MX are kept apart', async () => {
  const dns = createZoneResolver({
    'a.example': { a: ['127.0.0.2'], aaaa: ['::1'] },
    'mx.deep.example': { a: ['127.0.0.3'] },
    'never.example': { nullMx: true },
  });
  expect((await dns.mx('a.example', ctx)).kind).toBe('nodata');
  expect((await dns.mx('deep.example', ctx)).kind).toBe('nodata');
  expect((await dns.mx('b.example', ctx)).kind).toBe('nxdomain');
  expect(await dns.mx('never.example', ctx)).toMatchObject({ records: [{ preference: 0, exchange: '' }] });
  expect(await dns.addresses('a.example', 4, ctx)).toMatchObject({ records: ['127.0.0.2'] });
  expect(await dns.addresses('a.example', 6, ctx)).toMatchObject({ records: ['::1'] });
  expect((await dns.addresses('mx.deep.example', 6, ctx)).kind).toBe('nodata');
});

it('zones: aliases are followed, and a circle is a failure', async () => {
  const dns = createZoneResolver({
    'www.example': { cname: 'a.example' },
    'a.example': { a: ['127.0.0.2'] },
    'c.example': { cname: 'd.example' },
    'd.example': { cname: 'c.example' },
    'lost.example': { cname: 'nowhere.example' },
  });
  expect(await dns.addresses('www.example', 4, ctx)).toMatchObject({ records: ['127.0.0.2'] });
  expect(await dns.cname('www.example', ctx)).toMatchObject({ records: ['a.example'] });
  expect((await dns.cname('a.example', ctx)).kind).toBe('nodata');
  expect(await dns.addresses('c.example', 4, ctx)).toMatchObject({ failure: 'alias-loop' });
  expect((await dns.addresses('lost.example', 4, ctx)).kind).toBe('nxdomain');
});

it('zones: questions fail as told, until told otherwise, and records change', async () => {
  const dns = createZoneResolver(
    { 'a.example': { mx: ['mx.a.example'], a: ['127.0.0.2'] } },
    { 'a.example/MX': 'servfail' },
  );
  expect(await dns.mx('a.example', ctx)).toMatchObject({ kind: 'failed', failure: 'servfail' });
  expect((await dns.addresses('a.example', 4, ctx)).kind).toBe('found');
  dns.fail('a.example/MX', null);
  expect((await dns.mx('a.example', ctx)).kind).toBe('found');
  dns.fail('a.example/*', 'timeout');
  expect(await dns.addresses('a.example', 4, ctx)).toMatchObject({ failure: 'timeout' });
  dns.fail('a.example/*', null);
  dns.set('a.example', { mx: ['evil.example'] });
  expect(await dns.mx('a.example', ctx)).toMatchObject({ records: [{ exchange: 'evil.example' }] });
  dns.set('a.example', null);
  expect((await dns.mx('a.example', ctx)).kind).toBe('nxdomain');
});

it('zones: a question that is called off rejects', async () => {
  const dns = createZoneResolver({});
  const stopped = createContext({ signal: AbortSignal.abort(new Error('stop')) });
  await expect(dns.mx('a.example', stopped)).rejects.toThrow('stop');
});

it('zones: data that make no sense are refused with what was expected', () => {
  expect(() => createZoneResolver({ 'a.example': { cname: 'b.example', a: ['127.0.0.1'] } })).toThrow(
    /expected cname alone/,
  );
  expect(() => createZoneResolver({ 'a.example': { mx: ['10  x'] } })).toThrow(
    /"10 mx1.a.example", got "10 {2}x"/,
  );
  expect(() => createZoneResolver({ 'a.example': { ma: [] } as object })).toThrow(/unknown option "ma"/);
  expect(() => createZoneResolver({}, { 'a.example': 'servfail' })).toThrow(/expected a name and a kind/);
});
