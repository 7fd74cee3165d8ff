import { describe, expect, it } from 'vitest';
import { type Followed, followAliases } from './alias.js';
import type { DnsAnswer, Dnssec } from './resolver.js';

/** Follows aliases given as data; a name without one ends in `last`. */
async function follow(
  aliases: Readonly<Record<string, string>>,
  last: DnsAnswer<string> = { kind: 'nodata', dnssec: 'insecure' },
  dnssec: Dnssec = 'insecure',
): Promise<Followed<string> & { asked: string[] }> {
  const asked: string[] = [];
  const followed = await followAliases<string>('p.test', {
    ask: (name) => {
      asked.push(name);
      return Promise.resolve(name in aliases ? { kind: 'found', records: [], dnssec } : last);
    },
    cname: (name) => {
      const target = aliases[name];
      return Promise.resolve(
        target === undefined ? { kind: 'nodata', dnssec } : { kind: 'found', records: [target], dnssec },
      );
    },
    isOpen: (answer) => answer.kind === 'found' && answer.records.length === 0,
  });
  return { ...followed, asked };
}

const chain = (length: number): Record<string, string> =>
  Object.fromEntries(
    Array.from({ length }, (_, i) => [
      i === 0 ? 'p.test' : `n${i}.test`,
      i === length - 1 ? 'end.test' : `n${i + 1}.test`,
    ]),
  );

describe('aliases', () => {
  it('MX-6: up to ten are followed to the name at the end', async () => {
    const { name, answer, asked } = await follow(chain(10));
    expect(name).toBe('end.test');
    expect(answer.kind).toBe('nodata');
    expect(asked).toHaveLength(11);
  });

  it('MX-6: more than ten are a temporary failure', async () => {
    const { answer } = await follow(chain(11));
    expect(answer).toMatchObject({ kind: 'failed', failure: 'alias-loop' });
  });

  it('MX-6: a circle is a temporary failure, whatever the case of the names', async () => {
    const { answer, asked } = await follow({ 'p.test': 'Q.test.', 'q.test': 'P.TEST.' });
    expect(answer).toMatchObject({ kind: 'failed', failure: 'alias-loop' });
    expect(asked).toEqual(['p.test', 'q.test']);
  });

  it('MX-7: no such name at the end is no such name', async () => {
    const { answer } = await follow(chain(2), { kind: 'nxdomain', dnssec: 'insecure' });
    expect(answer.kind).toBe('nxdomain');
  });

  it('MX-8: an alias to what is no name is a temporary failure', async () => {
    const { answer } = await follow({ 'p.test': '192.0.2.1' });
    expect(answer).toMatchObject({ kind: 'failed', failure: 'malformed' });
  });

  it.each([
    ['secure', 'insecure', 'insecure'],
    ['insecure', 'secure', 'insecure'],
    ['unknown', 'secure', 'unknown'],
    ['secure', 'secure', 'secure'],
    ['secure', 'bogus', 'bogus'],
  ] as const)(
    'MX-20: an alias that is %s and an answer that is %s are together %s',
    async (step, end, whole) => {
      const { answer } = await follow(
        { 'p.test': 'q.test' },
        { kind: 'found', records: ['x'], dnssec: end },
        step,
      );
      expect(answer).toMatchObject({ kind: 'found', dnssec: whole });
    },
  );
});
