import { beforeAll, expect, it } from 'vitest';
import type { Reason } from '../core/reasons.js';
import type { TableRule } from '../policy/from-table.js';
import type { CertificateFault } from '../testing/certificate-faults.js';
import type { CertificateRequest } from '../testing/certificate-request.js';
import { checkName, findIdentity, referencesOf } from './check-name.js';
import { type Bench, createBench, HOST } from './evidence.fixture.js';

let bench: Bench;
beforeAll(async () => {
  bench = await createBench();
});

type Row = [Partial<TableRule>, CertificateRequest | CertificateFault, Reason | null, string | null];
it.each<Row>([
  [{}, { dns: [HOST] }, null, HOST],
  [{}, { dns: ['*.partner.test'] }, null, HOST],
  [{}, 'wrongHost', 'certificate-host-mismatch', null],
  [{}, 'cnOnly', 'certificate-host-mismatch', null],
  [{}, 'sanMatchCnOther', null, HOST],
  [{}, 'cnMatchSanOther', 'certificate-host-mismatch', null],
  [{ nameMode: 'san-or-cn' }, 'cnOnly', null, HOST],
  [{ nameMode: 'san-or-cn' }, 'cnMatchSanOther', 'certificate-host-mismatch', null],
  [{ nameMode: 'san-and-cn' }, { dns: [HOST] }, null, HOST],
  [{ nameMode: 'san-and-cn' }, 'sanMatchCnOther', 'certificate-cn-mismatch', null],
  [{ nameMode: 'san-and-cn' }, 'cnOnly', 'certificate-host-mismatch', null],
  [{ verifyAs: 'gate.partner.test' }, { dns: ['gate.partner.test'] }, null, 'gate.partner.test'],
  [{ verifyAs: ['a.test', 'b.test'] }, { dns: ['b.test'] }, null, 'b.test'],
  [{ verifyAs: 'gate.partner.test' }, { dns: [HOST] }, 'certificate-host-mismatch', null],
])('CI-10, CI-12, CI-13, CI-14, FI-20: %j against %j: %s', async (rule, shows, reason, identity) => {
  const evidence = await bench.evidence({ rule, shows });
  expect(checkName(evidence)).toMatchObject({ result: reason === null ? 'pass' : 'fail', reason });
  expect(findIdentity(evidence).identity).toBe(identity);
});

it('CI-10, CI-11: the name comes from the route or the plan, never from what the server shows', async () => {
  const evidence = await bench.evidence({ shows: 'wrongHost' });
  expect(referencesOf(evidence)).toEqual([HOST]);
  const nexthop = { ...evidence.plan, name: { ...evidence.plan.name, reference: 'nexthop' as const } };
  expect(referencesOf({ ...evidence, plan: nexthop })).toEqual(['partner.test']);
  const nobody = { ...evidence.plan, name: { ...evidence.plan.name, reference: 'names' as const } };
  expect(referencesOf({ ...evidence, plan: nobody })).toEqual([]);
  expect(checkName({ ...evidence, plan: nobody })).toMatchObject({ result: 'fail' });
});

it('CV-13, CI-21: what was asked and what came stands in the line', async () => {
  expect(checkName(await bench.evidence({ shows: 'wrongHost' }))).toMatchObject({
    want: `${HOST} (san)`,
    got: 'other.invalid, www.other.invalid; CN other.invalid',
  });
  expect(checkName(await bench.evidence({ facts: { sent: [] } }))).toMatchObject({
    result: 'fail',
    got: 'no certificate',
  });
});

it.each(['plain', 'opportunistic', 'mandatory'] as const)('FAQ-21: class %s asks nothing', async (level) => {
  expect(checkName(await bench.evidence({ level, shows: 'wrongHost' }))).toMatchObject({
    result: 'not-asked',
  });
});
