/**
 * CV-3: one more handshake, with less to carry and not with less to hold.
 */
import { afterEach, describe, expect, it } from 'vitest';
import type { PolicyRule } from '../../src/policy/rules.js';
import type { Fault } from '../../src/testing/faults.js';
import { offersHybrid } from '../../src/tls/context.js';
import { closeAll, HOST, join, mailWith, start } from './bench.js';

afterEach(closeAll);
const verified: PolicyRule = { match: 'partner.example', level: 'verified' };
const listed = { default: 'opportunistic', policies: [verified] } as const;

describe('CV-3: one more handshake, with less to carry and not with less to hold', () => {
  const runs = it.runIf(offersHybrid);

  runs(
    'CV-3: a handshake that breaks is made once more, on a fresh connection, without hybrid key shares',
    async () => {
      const { world, sender, records } = await start({ fault: 'truncatedHandshake' }, listed);
      const { outcomes } = await world.deliver(sender, mailWith());
      expect(outcomes).toMatchObject([{ state: 'held', reason: 'handshake-closed' }]);
      expect(records[0]?.tried).toMatchObject([{ kind: 'refused', retriedAfter: 'handshake-closed' }]);
      const hellos = world.server(HOST).connections.map((each) => each.insteadOfHandshake.toString('hex'));
      expect(hellos).toHaveLength(2);
      // 0x11ec: X25519MLKEM768.
      expect(hellos.map((hello) => hello.includes('11ec'))).toEqual([true, false]);
      world.never('MAIL');
    },
  );

  runs('CV-3: where the second one succeeds the mail goes, and the record tells', async () => {
    const { world, records } = await start({ fault: 'truncatedHandshake' });
    let calls = 0;
    const own = join(world, {
      ...listed,
      onAttempt: (record) => void records.push(record),
      dial(endpoint, ctx) {
        calls += 1;
        if (calls === 2) world.server(HOST).play();
        return world.dial(endpoint, ctx);
      },
    });
    const { outcomes } = await world.deliver(own.sender, mailWith());
    expect(outcomes).toMatchObject([{ state: 'delivered', verdict: { authenticated: true } }]);
    expect(records.at(-1)?.tried).toMatchObject([{ kind: 'session', retriedAfter: 'handshake-closed' }]);
    expect(calls).toBe(2);
  });

  runs('CV-3: the same for one that is never answered', async () => {
    const { world, sender, records } = await start({ fault: 'hangAfter220' }, listed);
    const { outcomes } = await world.deliver(sender, mailWith());
    expect(outcomes).toMatchObject([{ state: 'held', reason: 'handshake-timeout' }]);
    expect(records[0]?.tried).toMatchObject([{ retriedAfter: 'handshake-timeout' }]);
    expect(world.server(HOST).connections).toHaveLength(2);
  });

  it.each<[Fault, string]>([
    ['alertInHandshake', 'handshake-alert'],
    ['tls11Only', 'no-common-protocol'],
    ['cipherOnly:AES128-SHA', 'handshake-alert'],
    ['noiseInHandshake', 'plaintext-after-starttls'],
  ])('CV-3, AT-8: %s is an answer, and no second handshake is made', async (fault, reason) => {
    const { world, sender, records } = await start({ fault }, listed);
    const { outcomes } = await world.deliver(sender, mailWith());
    expect(outcomes).toMatchObject([{ state: 'held', reason }]);
    expect(records[0]?.tried).toMatchObject([{ retriedAfter: null }]);
    expect(world.server(HOST).connections).toHaveLength(1);
  });
});
