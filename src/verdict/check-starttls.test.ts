import { beforeAll, expect, it } from 'vitest';
import type { Reason } from '../core/reasons.js';
import type { Level } from '../policy/plan.js';
import { checkStartTls } from './check-starttls.js';
import { type Bench, createBench } from './evidence.fixture.js';
import type { Check } from './verdict.js';

let bench: Bench;
beforeAll(async () => {
  bench = await createBench();
});

it.each<[Level, Reason | undefined, Check['result'], Reason | null]>([
  ['plain', undefined, 'not-asked', null],
  ['opportunistic', undefined, 'warn', 'starttls-not-supported'],
  ['opportunistic', 'handshake-alert', 'warn', 'handshake-alert'],
  ['mandatory', undefined, 'fail', 'starttls-not-supported'],
  ['mandatory', 'starttls-stripped', 'fail', 'starttls-stripped'],
  ['verified', undefined, 'fail', 'starttls-not-supported'],
  ['verified', 'starttls-refused', 'fail', 'starttls-refused'],
])('ST-1, ST-2, FI-4: clear text under %s after %s: %s', async (level, tlsFailure, result, reason) => {
  const given = { level, facts: null, ...(tlsFailure === undefined ? {} : { tlsFailure }) };
  expect(checkStartTls(await bench.evidence(given))).toMatchObject({ result, reason, got: 'clear text' });
});

it.each<Level>(['opportunistic', 'mandatory', 'verified'])(
  'ST-21, AT-9: a resumed session shows no certificate, so it is refused under %s',
  async (level) => {
    const evidence = await bench.evidence({ level, facts: { resumed: true } });
    expect(checkStartTls(evidence)).toMatchObject({ result: 'fail', reason: 'session-resumed' });
  },
);

it.each<Level>(['opportunistic', 'mandatory', 'verified'])('TLS under %s passes', async (level) => {
  expect(checkStartTls(await bench.evidence({ level }))).toMatchObject({ result: 'pass', got: 'TLSv1.3' });
});
