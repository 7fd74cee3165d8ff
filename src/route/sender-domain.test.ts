import { describe, expect, it } from 'vitest';
import { createContext } from '../core/context.js';
import { warnNullMxSender } from './sender-domain.js';
import { type Zone, zones } from './zones.fixture.js';

const warn = (zone: Zone, domain = 'us.test'): Promise<string | null> =>
  warnNullMxSender(domain, zones({ 'us.test': zone }), createContext());

describe('the domain mail comes from', () => {
  it('MX-12: a null MX there is warned of, because nothing can come back', async () => {
    expect(await warn({ mx: ['0 '] })).toContain('5.7.27');
    expect(await warn({ mx: ['10 .'] }, 'US.test.')).toContain('us.test publishes a null MX');
  });

  it('MX-12: any other answer is nothing to warn of', async () => {
    const others: readonly Zone[] = [
      { mx: ['10 a.test'] },
      { mx: ['0 ', '10 a.test'] },
      { mx: [] },
      {},
      { mx: 'servfail' },
      { mx: ['0 '], dnssec: 'bogus' },
    ];
    for (const zone of others) expect(await warn(zone)).toBeNull();
  });

  it('MX-12: a domain that is none is refused by a ConfigError', async () => {
    await expect(warn({}, 'us')).rejects.toMatchObject({ code: 'domain-invalid' });
  });
});
