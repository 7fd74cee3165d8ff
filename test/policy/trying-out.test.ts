/**
 * Before a domain is enforced: dry runs, report-only, waivers; and the events that tell of attempts.
 */
import { afterEach, describe, expect, it } from 'vitest';
import type { PolicyRule } from '../../src/policy/rules.js';
import { closeAll, collect, HOST, join, mailWith, start } from './bench.js';

afterEach(closeAll);
const verified: PolicyRule = { match: 'partner.example', level: 'verified' };
const listed = { default: 'opportunistic', policies: [verified] } as const;

describe('trying out before enforcing', () => {
  it('FAQ-14: a dry run makes every check with every host and says no MAIL', async () => {
    const { world, sender } = await start({}, listed);
    const run = await sender.dryRun('anna@partner.example');
    expect(run).toMatchObject({
      domain: 'partner.example',
      reason: null,
      plan: { level: 'verified' },
      hosts: [{ target: { host: HOST }, reason: null, verdict: { passed: true, authenticated: true } }],
    });
    world.server(HOST).saw('QUIT', 1);
    world.never('MAIL');
    expect(await sender.queue.count({})).toBe(0);
  });

  it('FAQ-14: a dry run of what would be held says why, and looks again each time', async () => {
    const { world, sender } = await start({ certificate: 'expired' }, listed);
    expect(await sender.dryRun('partner.example')).toMatchObject({
      reason: 'certificate-expired',
      hosts: [{ reason: 'certificate-expired', verdict: { passed: false } }],
    });
    world.server(HOST).certify(world.authority.forHost(HOST));
    expect(await sender.dryRun('partner.example')).toMatchObject({ reason: null });
    expect(await sender.dryRun('nowhere.example')).toMatchObject({ reason: 'dns-nxdomain', hosts: [] });
    world.never('MAIL');
  });

  it('FAQ-14: report-only delivers as before and tells what would have been refused', async () => {
    const told = collect('policy.would-refuse');
    const policies = [{ ...verified, reportOnly: true }];
    const { world, sender } = await start({ certificate: 'expired' }, { ...listed, policies });
    const { outcomes } = await world.deliver(sender, mailWith());
    expect(outcomes).toMatchObject([{ state: 'delivered' }]);
    expect(told).toEqual([{ domain: 'partner.example', host: HOST, reason: 'certificate-expired' }]);
  });

  it('FAQ-14: report-only never lowers what another source asks', async () => {
    const list = {
      name: 'list',
      find: () => ({ kind: 'asks' as const, ask: { level: 'verified' as const }, ref: 'row 1' }),
    };
    const policies = [list, { ...verified, level: 'mandatory' as const, reportOnly: true }];
    const { world, sender } = await start({ certificate: 'expired' }, { ...listed, policies });
    const { outcomes } = await world.deliver(sender, mailWith());
    expect(outcomes).toMatchObject([{ state: 'held', reason: 'certificate-expired' }]);
    world.never('MAIL');
  });

  it('a waiver that opened the door is told each time it does', async () => {
    const told = collect('policy.waived');
    const waiver = {
      check: 'validity',
      reason: 'renewal',
      approvedBy: 'officer',
      until: '2026-02-01',
    } as const;
    const policies = [{ ...verified, waive: [waiver] }];
    const { world, sender } = await start({ certificate: 'expired' }, { ...listed, policies });
    const { outcomes } = await world.deliver(sender, mailWith());
    expect(outcomes).toMatchObject([{ state: 'delivered', verdict: { authenticated: false } }]);
    expect(told).toEqual([
      {
        domain: 'partner.example',
        check: 'validity',
        approvedBy: 'officer',
        until: '2026-02-01T00:00:00.000Z',
      },
    ]);
    await world.clock.advance('17d');
    expect((await world.deliver(sender, mailWith())).outcomes).toMatchObject([
      { state: 'held', reason: 'certificate-expired' },
    ]);
  });
});

it('AT-52, AT-54: the end of an attempt is told, and a source that could not be read; never a recipient', async () => {
  const ended = collect('attempt.ended');
  const unknown = collect('policy.source-unknown');
  const list = { name: 'list', find: () => ({ kind: 'unknown' as const, cause: 'timeout' }) };
  const to = ['anna@partner.example', 'bo@partner.example'];
  const { world, sender } = await start({}, { policies: [list] });
  await world.deliver(sender, mailWith([], { to }));
  expect(unknown).toEqual([{ domain: 'partner.example', source: 'list', cause: 'timeout' }]);
  expect(ended).toMatchObject([
    { domain: 'partner.example', host: null, state: 'held', reason: 'policy-source-unknown' },
  ]);
  const good = join(world, {}).sender;
  await world.deliver(good, mailWith([], { to }));
  expect(ended.slice(1)).toMatchObject([{ host: HOST, state: 'delivered', reason: null }]);
  expect(JSON.stringify([ended, unknown])).not.toContain('@');
});
