import { beforeAll, expect, it } from 'vitest';
import type { Level, MinProtocol } from '../policy/plan.js';
import { checkProtocol } from './check-protocol.js';
import { type Bench, createBench } from './evidence.fixture.js';
import type { Check } from './verdict.js';

let bench: Bench;
beforeAll(async () => {
  bench = await createBench();
});

it.each<[string, MinProtocol, Level, Check['result']]>([
  ['TLSv1.3', 'TLSv1.2', 'verified', 'pass'],
  ['TLSv1.2', 'TLSv1.2', 'verified', 'pass'],
  ['TLSv1.2', 'TLSv1.3', 'verified', 'fail'],
  ['TLSv1.1', 'TLSv1.2', 'verified', 'fail'],
  ['TLSv1.1', 'TLSv1.2', 'mandatory', 'fail'],
  ['TLSv1.1', 'TLSv1.2', 'opportunistic', 'fail'],
  ['SSLv3', 'TLSv1.2', 'opportunistic', 'fail'],
  ['unknown', 'TLSv1.2', 'opportunistic', 'fail'],
  ['TLSv1', 'TLSv1.2', 'plain', 'not-asked'],
])('CV-1, CV-5, CV-16: %s where %s is asked under %s: %s', async (protocol, minProtocol, level, result) => {
  const evidence = await bench.evidence({ level, rule: { minProtocol }, facts: { protocol } });
  const reason = result === 'fail' ? 'protocol-below-floor' : null;
  expect(checkProtocol(evidence)).toMatchObject({ result, reason });
});

it('CV-4: an old version that the plan allows warns', async () => {
  const evidence = await bench.evidence({ level: 'opportunistic', facts: { protocol: 'TLSv1.1' } });
  const plan = { ...evidence.plan, minProtocol: 'TLSv1' as const };
  expect(checkProtocol({ ...evidence, plan })).toMatchObject({
    result: 'warn',
    reason: 'protocol-below-floor',
  });
});

it('clear text is not the business of this check', async () => {
  expect(checkProtocol(await bench.evidence({ facts: null }))).toMatchObject({ result: 'not-asked' });
});
