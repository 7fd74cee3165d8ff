import { beforeAll, expect, it } from 'vitest';
import { checkValidity } from './check-validity.js';
import { type Bench, createBench, DAY, HOST, NOW } from './evidence.fixture.js';

let bench: Bench;
beforeAll(async () => {
  bench = await createBench();
});

const SECOND = 1000;
const END = Math.floor((NOW + 10 * DAY) / SECOND) * SECOND;
const BEGIN = Math.floor((NOW - 10 * DAY) / SECOND) * SECOND;
const leaf = { dns: [HOST], notBefore: BEGIN, notAfter: END };

it.each([
  [END - SECOND, 'pass', null],
  [END, 'pass', null],
  [END + SECOND - 1, 'pass', null],
  [END + SECOND, 'fail', 'certificate-expired'],
  [BEGIN, 'pass', null],
  [BEGIN - 1, 'fail', 'certificate-not-yet-valid'],
])('CI-7, FI-19: to the second: at %i %s', async (now, result, reason) => {
  expect(checkValidity(await bench.evidence({ shows: leaf, now }))).toMatchObject({ result, reason });
});

it('CI-7: an intermediate counts too, and is named with its depth', async () => {
  expect(checkValidity(await bench.evidence({ shows: 'issuerExpired' }))).toMatchObject({
    result: 'fail',
    reason: 'certificate-expired',
    got: expect.stringMatching(/^CN=Test Expired Intermediate, valid until .* UTC, depth 1$/),
  });
});

it('CI-7: the dates of a leaf count where there is no path to a root', async () => {
  expect(checkValidity(await bench.evidence({ shows: 'expiredUnknownCa' }))).toMatchObject({
    result: 'fail',
    reason: 'certificate-expired',
  });
});

it('CV-9: without a certificate nothing is known', async () => {
  expect(checkValidity(await bench.evidence({ facts: { sent: [] } }))).toMatchObject({
    result: 'unknown',
    reason: 'certificate-missing',
  });
});

it.each(['plain', 'opportunistic', 'mandatory'] as const)('FAQ-21: class %s asks nothing', async (level) => {
  expect(checkValidity(await bench.evidence({ level, shows: 'expired' }))).toMatchObject({
    result: 'not-asked',
  });
});
