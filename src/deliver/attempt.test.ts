/**
 * One attempt in a world of mock servers: its record, the hosts it walks, the connections it keeps.
 */
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createEngine, type Engine } from '../engine.js';
import type { EngineOptions } from '../sender-options.js';
import { startJob } from '../queue/job-record.js';
import type { Target } from '../route/route.js';
import { type Authority, createAuthority } from '../testing/authority.js';
import { createFakeClock } from '../testing/clock.js';
import { createWorld, type World, type WorldOptions } from '../testing/world.js';
import type { AttemptRecord } from './attempt.js';

const MESSAGE = Buffer.from(
  'Date: Wed, 25 Nov 2026 10:00:00 +0000\r\nFrom: a@sender.test\r\nTo: b@partner.test\r\nMessage-ID: <1@sender.test>\r\n\r\nx\r\n',
);
const ZONES = {
  'partner.test': { mx: ['10 mx1.partner.test', '20 mx2.partner.test'] },
  'other.test': { mx: ['10 mx1.other.test'] },
};

let authority: Authority;
let world: World;
let engine: Engine;
beforeAll(async () => {
  authority = await createAuthority({ clock: createFakeClock() });
});
afterEach(async () => {
  await engine.close();
  await world.close();
});

async function begin(
  servers: WorldOptions['servers'] = {},
  options: Partial<EngineOptions> = {},
): Promise<void> {
  world = await createWorld({ zones: ZONES, servers, clock: createFakeClock(), authority });
  const { queue: _, work: __, reports: ___, ...rest } = world.senderOptions();
  engine = createEngine({ ...(rest as EngineOptions), ...options });
}

/** One attempt, in which no time passes unless `while` lets it. */
async function send(to: string | string[] = 'b@partner.test', signal?: AbortSignal): Promise<AttemptRecord> {
  const given = signal === undefined ? {} : { signal };
  const [record] = await engine.deliverOnce({ from: 'a@sender.test', to, message: MESSAGE }, given);
  return record as AttemptRecord;
}

const brief = (record: AttemptRecord): string[] =>
  record.outcomes.map(({ state, reason, host }) => `${state} ${reason} ${host}`);
const tried = (record: AttemptRecord): string[] =>
  record.tried.map((each) => `${each.target.host} ${each.kind === 'refused' ? each.reason : each.kind}`);

describe('the record of an attempt', () => {
  it('Q-13: names time, plan, route, every host in order with what it showed, and what it said', async () => {
    await begin({ 'mx1.partner.test': { certificate: 'expired' } });
    const record = await send();
    expect(record).toMatchObject({
      domain: 'partner.test',
      startedAt: world.clock.now(),
      durationMs: 0,
      plan: { level: 'verified', domain: 'partner.test' },
      route: { kind: 'targets' },
    });
    expect(record.jobId).not.toBe('');
    expect(tried(record)).toEqual(['mx1.partner.test certificate-expired', 'mx2.partner.test session']);
    const [first, second] = record.tried;
    expect(first).toMatchObject({
      kind: 'refused',
      phase: 'verdict',
      target: { address: expect.stringMatching(/^127\./) as string, mxAuth: 'none', preference: 10 },
      verdict: { passed: false, facts: { protocol: 'TLSv1.3' } },
    });
    if (second?.kind !== 'session') throw new Error('the second host was refused');
    expect(second.session.proof).toMatchObject({
      passed: true,
      authenticated: true,
      identity: 'mx2.partner.test',
      facts: { protocol: 'TLSv1.3', resumed: false },
    });
    expect(second.session.proof.checks.length).toBeGreaterThan(5);
    expect(record.outcomes).toMatchObject([
      {
        recipient: 'b@partner.test',
        state: 'delivered',
        host: 'mx2.partner.test',
        reply: { code: 250, secure: true },
        at: world.clock.now(),
      },
    ]);
  });

  it('Q-13, Q-15: a host that fails at a record changes nothing about the mail, and hears of it', async () => {
    const failure = new Error('no space left for logs');
    const warned = new Promise((resolve) => process.once('warning', resolve));
    const onAttempt = (): never => {
      throw failure;
    };
    await begin({}, { onAttempt });
    expect(brief(await send())).toEqual(['delivered null mx1.partner.test']);
    expect(await warned).toBe(failure);
  });

  it('FAQ-10, Q-13: where the attempt for one domain breaks, that for another has its message to the end', async () => {
    const records: AttemptRecord[] = [];
    const down = ({ host }: Target): null => {
      if (host === 'mx1.other.test') throw new Error('health is broken');
      return null;
    };
    await begin(
      {},
      { health: { down, report: () => undefined }, onAttempt: (record) => void records.push(record) },
    );
    await expect(send(['b@partner.test', 'b@other.test'])).rejects.toThrow('health is broken');
    expect(records.map(brief)).toEqual([['delivered null mx1.partner.test']]);
  });

  it('Q-13: each attempt leaves one record, with the time that it took, and the host is handed each', async () => {
    const records: AttemptRecord[] = [];
    await begin(
      { 'mx1.partner.test': { fault: 'silentGreeting' }, 'mx2.partner.test': { fault: 'silentGreeting' } },
      { onAttempt: (record) => void records.push(record) },
    );
    for (let i = 0; i < 2; i += 1) {
      const sending = send();
      await world.clock.advance('11m');
      await sending;
    }
    expect(records.map(brief)).toEqual([
      ['deferred no-greeting mx1.partner.test'],
      ['deferred no-greeting mx1.partner.test'],
    ]);
    expect(records.map((record) => record.durationMs)).toEqual([600_000, 600_000]);
    expect(records[0]).not.toBe(records[1]);
  });

  it('Q-13, MX-10: an attempt that reached nobody leaves a record too', async () => {
    await begin();
    const record = await send('b@nowhere.test');
    expect(record).toMatchObject({ tried: [], outcomes: [{ state: 'failed', reason: 'dns-nxdomain' }] });
  });
});

describe('enforcement', () => {
  it('ST-2, FAQ-20: is a matter of the domain: clear text is held here and good enough there', async () => {
    const open = { fault: 'noStarttls' } as const;
    await begin(
      { 'mx1.partner.test': open, 'mx2.partner.test': open, 'mx1.other.test': open },
      { default: 'opportunistic', policies: [{ match: 'partner.test', level: 'verified' }] },
    );
    expect(brief(await send('b@partner.test'))).toEqual(['held starttls-not-supported mx1.partner.test']);
    expect(brief(await send('b@other.test'))).toEqual(['delivered null mx1.other.test']);
    world.server('mx1.partner.test').never('MAIL');
    world.server('mx2.partner.test').never('MAIL');
  });

  it('ST-2: a suite that is good enough where TLS is only wished for is held where it is asked for', async () => {
    const weak = { tls: { maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA', key: 'rsa2048' } } as const;
    await begin(
      { 'mx1.partner.test': weak, 'mx2.partner.test': weak, 'mx1.other.test': weak },
      { default: 'opportunistic', policies: [{ match: 'partner.test', level: 'verified' }] },
    );
    const [held] = brief(await send('b@partner.test'));
    expect(held).toMatch(/^held /);
    expect(brief(await send('b@other.test'))).toEqual(['delivered null mx1.other.test']);
    world.server('mx1.partner.test').never('MAIL');
  });
});

describe('the next host', () => {
  it.each([
    ['mail', 'refused', '421At:mail', ['delivered null mx2.partner.test']],
    ['mail', 'cut', 'closeWithoutNotify:mail', ['delivered null mx2.partner.test']],
    ['rcpt', 'busy', '421At:rcpt', ['delivered null mx2.partner.test']],
    ['rcpt', 'cut', 'closeWithoutNotify:rcpt', ['deferred connection-closed mx1.partner.test']],
    ['the dot', 'cut', 'dropAfterDot', ['unknown delivery-unknown mx1.partner.test']],
    ['mail', 'shifted', 'mail503', ['delivered null mx2.partner.test']],
  ] as const)('SC-14, SC-15, Q-15: at %s, %s (%s)', async (_step, _how, fault, outcomes) => {
    await begin({ 'mx1.partner.test': { fault } });
    expect(brief(await send())).toEqual(outcomes);
  });

  it('AT-7: is asked where the first says more than one reply to EHLO inside TLS', async () => {
    const hostile = '250-mx1.partner.test\r\n250 SIZE 1000\r\n250 ok';
    await begin({ 'mx1.partner.test': { replies: { EHLO: [null, hostile] } } });
    const record = await send();
    expect(tried(record)).toEqual(['mx1.partner.test unsolicited-reply', 'mx2.partner.test session']);
    expect(brief(record)).toEqual(['delivered null mx2.partner.test']);
  });

  it('Q-14, SC-14: gets those whom the first has not taken, and nobody twice', async () => {
    await begin({
      'mx1.partner.test': { recipients: { 'c@partner.test': '421 4.3.2 enough' } },
    });
    const record = await send(['b@partner.test', 'c@partner.test']);
    expect(brief(record)).toEqual(['delivered null mx2.partner.test', 'delivered null mx2.partner.test']);
    expect(world.server('mx1.partner.test').messages).toEqual([]);
  });
});

describe('kept connections', () => {
  it('SC-51, AT-12: the next mail under the same plan goes over the same connection, with RSET between', async () => {
    await begin();
    await send();
    const record = await send();
    expect(record.tried).toMatchObject([{ kind: 'session', turn: { reused: true } }]);
    const server = world.server('mx1.partner.test');
    expect(server.connections).toHaveLength(1);
    expect(server.messages).toHaveLength(2);
    server.saw('RSET', 1);
  });

  it('SC-51: another plan for the same host and address gets a connection of its own', async () => {
    await begin(
      {},
      {
        policies: [
          { match: 'partner.test', route: { type: 'relay', host: 'mx1.other.test' } },
          { match: 'other.test', minProtocol: 'TLSv1.3', route: { type: 'relay', host: 'mx1.other.test' } },
        ],
      },
    );
    await send('b@partner.test');
    await send('b@other.test');
    expect(world.server('mx1.other.test').connections).toHaveLength(2);
    expect(world.server('mx1.other.test').connections.map((each) => each.tls?.resumed)).toEqual([
      false,
      false,
    ]);
  });

  it('ST-21, AT-12: a new connection is never a resumed session, tickets or not', async () => {
    await begin({ 'mx1.partner.test': { fault: 'ticketsOffered' } });
    await send();
    await world.clock.advance('1m');
    await send();
    const { connections } = world.server('mx1.partner.test');
    expect(connections.map((each) => each.tls?.resumed)).toEqual([false, false]);
  });

  it('SC-52: where the server has let the kept one go, a fresh one follows in the same attempt', async () => {
    await begin();
    await send();
    const server = world.server('mx1.partner.test');
    server.reply({ RSET: '421 4.4.2 idle for too long' });
    const record = await send();
    expect(brief(record)).toEqual(['delivered null mx1.partner.test']);
    expect(tried(record)).toEqual(['mx1.partner.test session']);
    expect(record.tried.map((each) => each.kind === 'session' && each.turn.reused)).toEqual([false]);
    expect(server.connections).toHaveLength(2);
  });

  it('SC-52: however many kept ones are dead, the mail goes out in the same attempt', async () => {
    await begin();
    await Promise.all([send(), send()]);
    const server = world.server('mx1.partner.test');
    expect(server.connections).toHaveLength(2);
    server.dropConnections();
    expect(brief(await send())).toEqual(['delivered null mx1.partner.test']);
    expect(server.connections).toHaveLength(3);
  });

  it('SC-52: after a break of the protocol a connection is not used again', async () => {
    await begin({ 'mx1.partner.test': { fault: 'unsolicitedReply' } });
    await send();
    world.server('mx1.partner.test').play();
    const record = await send();
    expect(record.tried[0]).toMatchObject({ kind: 'session', turn: { reused: false } });
  });

  it('SC-51, CI-7: a kept connection is judged again: a certificate that has ended meanwhile does not pass', async () => {
    await begin({
      'mx1.partner.test': {
        certificate: { dns: ['mx1.partner.test'], notAfter: new Date(Date.UTC(2026, 0, 15, 12, 0, 20)) },
      },
    });
    expect(brief(await send())).toEqual(['delivered null mx1.partner.test']);
    await world.clock.advance('25s');
    const record = await send();
    expect(tried(record)[0]).toBe('mx1.partner.test certificate-expired');
    expect(world.server('mx1.partner.test').messages).toHaveLength(1);
  });
});

describe('a call-off', () => {
  it('Q-14: does not undo what has been delivered', async () => {
    const abort = new AbortController();
    await begin({
      'mx1.partner.test': { replies: { MAIL: [null, '421 4.3.2 enough'] } },
      'mx2.partner.test': { fault: 'silentGreeting' },
    });
    const to = Array.from({ length: 101 }, (_, i) => `r${i}@partner.test`);
    const sending = send(to, abort.signal);
    await world.clock.settle();
    await world.clock.settle();
    abort.abort(new Error('called off'));
    const record = await sending;
    expect(record.outcomes.filter(({ state }) => state === 'delivered')).toHaveLength(100);
    expect(record.outcomes.at(-1)).toMatchObject({ state: 'deferred', reason: 'peer-busy' });
  });

  it('throws where nobody has anything yet', async () => {
    const abort = new AbortController();
    const reason = new Error('called off');
    await begin({ 'mx1.partner.test': { fault: 'silentGreeting' } });
    const submission = await engine.prepare({
      from: 'a@sender.test',
      to: 'b@partner.test',
      message: MESSAGE,
    });
    const [job] = submission.jobs;
    if (job === undefined) throw new Error('no job');
    const attempting = engine.attempt(startJob(job, submission), { signal: abort.signal });
    await world.clock.settle();
    abort.abort(reason);
    await expect(attempting).rejects.toBe(reason);
    await submission.message.dispose?.();
  });
});
