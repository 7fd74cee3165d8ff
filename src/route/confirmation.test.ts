import { describe, expect, it } from 'vitest';
import type { Clock } from '../core/clock.js';
import { createContext } from '../core/context.js';
import type { Level } from '../policy/plan.js';
import { createPermanentDnsConfirmation } from './confirmation.js';
import { resolveRoute } from './resolve.js';
import { reasonOf, type Zone, zones } from './zones.fixture.js';

const HOUR = 3_600_000;

/** Resolves `p.test` at chosen hours with one memory of refusals. */
function asker(options = {}): (at: number, zone: Zone | null, level?: Level) => Promise<string> {
  const confirmPermanentDns = createPermanentDnsConfirmation(options);
  return async (at, zone, level = 'verified') => {
    const clock: Clock = { now: () => at * HOUR, after: () => () => undefined };
    const dns = zones({ ...(zone === null ? {} : { 'p.test': zone }), 'a.test': { a: ['8.8.1.1'] } });
    const request = { domain: 'p.test', plan: { level, mxAllowed: null }, configured: null };
    return reasonOf(await resolveRoute(request, { confirmPermanentDns }, dns, createContext({ clock })));
  };
}

const nullMx: Zone = { mx: ['0 '] };

describe('a permanent answer of insecure DNS', () => {
  it('AT-31: NXDOMAIN of an enforced domain is temporary until it was seen three times over two hours', async () => {
    const ask = asker();
    expect(await ask(0, null)).toBe('dns-unconfirmed');
    expect(await ask(0.5, null)).toBe('dns-unconfirmed');
    expect(await ask(1, null)).toBe('dns-unconfirmed');
    expect(await ask(1.9, null)).toBe('dns-unconfirmed');
    expect(await ask(2, null)).toBe('dns-nxdomain');
  });

  it('AT-31: a long time alone is not enough, it must have been said often', async () => {
    const ask = asker();
    expect(await ask(0, nullMx)).toBe('dns-unconfirmed');
    expect(await ask(10, nullMx)).toBe('dns-unconfirmed');
    expect(await ask(11, nullMx)).toBe('null-mx');
  });

  it('AT-31: hosts that suddenly have no addresses are believed no sooner', async () => {
    const ask = asker();
    const bare: Zone = { mx: ['10 gone.test'] };
    expect(await ask(0, bare)).toBe('dns-unconfirmed');
    expect(await ask(1, bare)).toBe('dns-unconfirmed');
    expect(await ask(2, bare)).toBe('no-usable-host');
  });

  it('AT-31: an honest answer in between begins the count anew', async () => {
    const ask = asker();
    await ask(0, null);
    await ask(1, null);
    expect(await ask(1.5, { mx: ['10 a.test'] })).toBe('none');
    expect(await ask(2, null)).toBe('dns-unconfirmed');
    expect(await ask(3, null)).toBe('dns-unconfirmed');
    expect(await ask(4, null)).toBe('dns-nxdomain');
  });

  it('AT-31: a failed question neither counts nor clears', async () => {
    const ask = asker();
    await ask(0, null);
    await ask(1, null);
    expect(await ask(1.5, { mx: 'servfail' })).toBe('dns-servfail');
    expect(await ask(2, null)).toBe('dns-nxdomain');
  });

  it('AT-31: signed answers, and domains on which nothing is enforced, are believed at once', async () => {
    const ask = asker();
    expect(await ask(0, { mx: 'nxdomain', dnssec: 'secure' })).toBe('dns-nxdomain');
    expect(await ask(0, { ...nullMx, dnssec: 'secure' })).toBe('null-mx');
    expect(await ask(0, null, 'opportunistic')).toBe('dns-nxdomain');
    expect(await ask(0, null, 'plain')).toBe('dns-nxdomain');
    expect(await ask(0, null, 'mandatory')).toBe('dns-unconfirmed');
  });

  it('AT-31: is off unless the host asks for it', async () => {
    const request = {
      domain: 'p.test',
      plan: { level: 'verified', mxAllowed: null },
      configured: null,
    } as const;
    expect(reasonOf(await resolveRoute(request, {}, zones({}), createContext()))).toBe('dns-nxdomain');
  });
});

describe('the memory', () => {
  it('AT-31: number and time can be chosen', () => {
    const memory = createPermanentDnsConfirmation({ times: 2, over: '10m' });
    expect(memory.note('p.test', 0)).toBe(false);
    expect(memory.note('p.test', 599_999)).toBe(false);
    expect(memory.note('p.test', 600_000)).toBe(true);
    expect(memory.note('q.test', 600_000)).toBe(false);
  });

  it('AT-31: a long silence and a clock that jumps back begin the count anew', () => {
    const memory = createPermanentDnsConfirmation({ times: 2, over: 0 });
    expect(memory.note('p.test', 100 * HOUR)).toBe(false);
    expect(memory.note('p.test', 99 * HOUR)).toBe(false);
    expect(memory.note('p.test', 124 * HOUR)).toBe(false);
    expect(memory.note('p.test', 125 * HOUR)).toBe(true);
  });

  it('AT-13, AT-31: it is bounded, and what was longest unseen is forgotten first', () => {
    const memory = createPermanentDnsConfirmation({ times: 2, over: 0, max: 2 });
    memory.note('a.test', 0);
    memory.note('b.test', 1);
    expect(memory.note('a.test', 2)).toBe(true);
    memory.note('c.test', 3);
    expect(memory.note('b.test', 4)).toBe(false);
    expect(memory.note('c.test', 5)).toBe(true);
  });

  it.each([{ times: 0 }, { times: 1.5 }, { max: 0 }, { over: 'soon' }, { overMs: 1 }])(
    'AT-31: %j is refused by a ConfigError',
    (options) => {
      expect(() => createPermanentDnsConfirmation(options)).toThrow(
        expect.objectContaining({ name: 'ConfigError' }),
      );
    },
  );
});
