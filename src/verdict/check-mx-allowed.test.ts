import { beforeAll, expect, it } from 'vitest';
import type { Reason } from '../core/reasons.js';
import type { Level } from '../policy/plan.js';
import { checkMxAllowed } from './check-mx-allowed.js';
import { type Bench, type Case, createBench, HOST } from './evidence.fixture.js';
import type { Check } from './verdict.js';

let bench: Bench;
beforeAll(async () => {
  bench = await createBench();
});

const unsigned = { mxAuth: 'none' as const };
it.each<[string, Case, Check['result'], Reason | null]>([
  ['FI-5: a host of the list', { rule: { mx: [HOST] } }, 'pass', null],
  ['FI-5: a host outside the list', { rule: { mx: ['mx2.partner.test'] } }, 'fail', 'mx-not-allowed'],
  ['FI-5: a listed host, from unsigned DNS', { rule: { mx: [HOST] }, target: unsigned }, 'pass', null],
  ['MX-20: an authenticated name', {}, 'pass', null],
  ['MX-20: a name from unsigned DNS', { target: unsigned }, 'warn', 'mx-not-authenticated'],
  [
    'MX-20, AT-30: the same where more is asked',
    { target: unsigned, rule: { requireMxAuth: true } },
    'fail',
    'mx-not-authenticated',
  ],
  ['MX-20: class c does not look at names', { level: 'mandatory', target: unsigned }, 'not-asked', null],
  ['class a does not either', { level: 'plain', rule: { mx: ['x.test'] } }, 'not-asked', null],
])('%s: %j', async (_title, given, result, reason) => {
  expect(checkMxAllowed(await bench.evidence(given))).toMatchObject({ result, reason });
});

it.each<Level>(['opportunistic', 'mandatory', 'verified'])(
  'FI-5: the list counts under %s',
  async (level) => {
    const evidence = await bench.evidence({ level, rule: { mx: ['mx2.partner.test'] } });
    expect(checkMxAllowed(evidence)).toMatchObject({ result: 'fail', reason: 'mx-not-allowed' });
  },
);

it.each([
  ['192.0.2.1', 'pass'],
  ['192.0.2.99', 'warn'],
])('FI-5, MX-22: known at 192.0.2.1, found at %s: %s', async (address, result) => {
  const evidence = await bench.evidence({ target: { address } });
  const plan = { ...evidence.plan, mxAddresses: { [HOST]: ['192.0.2.1'] } };
  expect(checkMxAllowed({ ...evidence, plan })).toMatchObject({ result });
});
