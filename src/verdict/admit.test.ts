import { beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import { assertAdmitted, type Admitted } from '../smtp/admitted.js';
import type { Connection } from '../smtp/connection.js';
import { transact } from '../smtp/transact.js';
import { admit } from './admit.js';
import { type Bench, type Case, createBench } from './evidence.fixture.js';
import { judge } from './judge.js';
import type { Verdict } from './verdict.js';

let bench: Bench;
beforeAll(async () => {
  bench = await createBench();
});

/** A judged session and the connection that it was about. */
async function session(given: Case = {}): Promise<{ verdict: Verdict; connection: Connection }> {
  const input = await bench.input(given);
  const connection = {
    endpoint: input.target,
    facts: input.facts,
    capabilities: { startTls: false },
    alive: true,
  } as unknown as Connection;
  return { verdict: judge(input), connection };
}

describe('the door', () => {
  it('ST-8: opens for a verdict that passed, on the very connection that was judged', async () => {
    const { verdict, connection } = await session();
    const pass = admit(connection, verdict);
    expect(pass).toMatchObject({ connection, proof: verdict });
    expect(() => assertAdmitted(pass as Admitted)).not.toThrow();
  });

  it('FI-2, ST-7: stays shut for a verdict that did not pass', async () => {
    const { verdict, connection } = await session({ shows: 'expired' });
    expect(admit(connection, verdict)).toBeNull();
  });

  it('stays shut for a verdict that nobody gave: a copy, an edit, a look-alike', async () => {
    const { verdict, connection } = await session();
    expect(admit(connection, { ...verdict })).toBeNull();
    const refused = await session({ shows: 'expired' });
    expect(admit(refused.connection, { ...refused.verdict, passed: true, reason: null })).toBeNull();
  });

  it.each<[string, Partial<Connection>]>([
    ['another handshake', { facts: { protocol: 'TLSv1.3' } as Connection['facts'] }],
    ['a session that fell back to clear text', { facts: null }],
    [
      'another host',
      { endpoint: { host: 'mx2.partner.test', address: '192.0.2.1' } as Connection['endpoint'] },
    ],
    [
      'another address',
      { endpoint: { host: 'mx1.partner.test', address: '192.0.2.2' } as Connection['endpoint'] },
    ],
    ['a connection that is gone', { alive: false }],
    ['a connection not greeted on this layer', { capabilities: null }],
  ])('AT-9, ST-8: stays shut for %s', async (_title, change) => {
    const { verdict, connection } = await session();
    expect(admit({ ...connection, ...change }, verdict)).toBeNull();
  });
});

describe('mail is said on an admitted connection only', () => {
  const rest = [{} as never, {} as never, {} as never] as const;

  it('a forged pass is refused when it is used', async () => {
    const { verdict, connection } = await session();
    const forged = { '~admitted': true as const, connection, proof: verdict };
    await expect(transact(forged, ...rest)).rejects.toMatchObject({ code: 'not-admitted' });
    const copied = { ...(admit(connection, verdict) as Admitted<Verdict>) };
    await expect(transact(copied, ...rest)).rejects.toMatchObject({ code: 'not-admitted' });
  });

  it('a connection that was not admitted does not compile', async () => {
    const { connection, verdict } = await session();
    // @ts-expect-error a bare connection
    await expect(transact(connection, ...rest)).rejects.toMatchObject({ code: 'not-admitted' });
    // @ts-expect-error a verdict in place of a pass
    await expect(transact(verdict, ...rest)).rejects.toMatchObject({ code: 'not-admitted' });
    // @ts-expect-error the door may have stayed shut
    const shut: Admitted = admit(connection, verdict);
    expect(shut).not.toBeNull();
    expectTypeOf(admit).returns.toEqualTypeOf<Admitted<Verdict> | null>();
  });

  it('a pass of another copy of the package counts: the list of passes is one for the process', async () => {
    const { verdict, connection } = await session();
    const pass = Object.freeze({ '~admitted': true as const, connection, proof: verdict });
    const passes = (globalThis as unknown as Record<symbol, WeakSet<object>>)[
      Symbol.for('enforced-tls:admitted')
    ];
    expect(() => assertAdmitted(pass)).toThrow();
    passes?.add(pass);
    expect(() => assertAdmitted(pass)).not.toThrow();
  });
});
