/**
 * Hosts with several addresses: a silent or slow one does not keep the others waiting. Silence is played by the dial,
 * because no address of this machine is silent.
 */
import type net from 'node:net';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Context } from '../../src/core/context.js';
import { createEngine, type Engine } from '../../src/engine.js';
import { createHostHealth } from '../../src/queue/unreachable.js';
import type { EngineOptions } from '../../src/sender-options.js';
import type { Endpoint } from '../../src/smtp/endpoint.js';
import { type Authority, createAuthority } from '../../src/testing/authority.js';
import { createFakeClock, type FakeClock } from '../../src/testing/clock.js';
import { createSmtpServer, type SmtpServer } from '../../src/testing/smtp-server.js';
import { pemStore } from '../../src/x509/roots.js';
import { recordsResolver } from './server.js';

const MESSAGE = Buffer.from(
  'Date: Wed, 25 Nov 2026 10:00:00 +0000\r\nFrom: a@sender.test\r\nMessage-ID: <1@sender.test>\r\n\r\nx\r\n',
);
const [A, B, C] = ['192.0.2.1', '192.0.2.2', '192.0.2.3'] as const;

let authority: Authority;
let good: SmtpServer;
let strange: SmtpServer;
let clock: FakeClock;
let dialled: string[];
let startedAt: number;

beforeAll(async () => {
  authority = await createAuthority();
});
beforeEach(async () => {
  clock = createFakeClock();
  good = await createSmtpServer({ host: 'mx1.partner.test', authority, clock });
  strange = await createSmtpServer({ host: 'another.test', authority, clock });
  clock.watch(() => good.activity + strange.activity);
  startedAt = clock.now();
  dialled = [];
});
afterEach(() => Promise.all([good.close(), strange.close()]));

type Plays = 'silent' | 'refuses' | 'good' | 'strange' | { readonly goodAfter: number };

/** An engine for a host with these addresses. */
function engineOf(plays: Readonly<Record<string, Plays>>, given: Partial<EngineOptions> = {}): Engine {
  return createEngine({
    ehloName: 'out.sender.test',
    default: 'verified',
    trust: pemStore(authority.trust),
    allowPrivateAddresses: true,
    clock,
    resolver: recordsResolver(
      { 'partner.test': [{ preference: 10, exchange: 'mx1.partner.test' }] },
      { 'mx1.partner.test': Object.keys(plays) },
    ),
    dial: (endpoint, ctx) => {
      dialled.push(endpoint.address);
      return play(plays[endpoint.address] ?? 'silent', ctx);
    },
    ...given,
  });
}

async function play(what: Plays, ctx: Context): Promise<net.Socket> {
  if (what === 'refuses') throw refusal();
  if (what === 'silent') return new Promise(() => undefined);
  if (typeof what === 'object')
    await new Promise<void>((resolve) => void ctx.clock.after(what.goodAfter, resolve));
  return (what === 'strange' ? strange : good).dial();
}

function refusal(): Error {
  return Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
}

async function send(engine: Engine) {
  const mail = { from: 'a@sender.test', to: 'b@partner.test', message: MESSAGE };
  const [record] = await clock.until(engine.deliverOnce(mail));
  const [outcome] = record?.outcomes ?? [];
  const tried = (record?.tried ?? []).map(({ kind, target }) => `${target.address} ${kind}`);
  return { state: outcome?.state, reason: outcome?.reason, address: outcome?.address, tried };
}

it('MX-16, RFC 8305 §5: an address that says nothing costs a quarter of a second', async () => {
  const engine = engineOf({ [A]: 'silent', [B]: 'good' });
  expect(await send(engine)).toEqual({
    state: 'delivered',
    reason: null,
    address: B,
    tried: [`${B} session`],
  });
  expect(clock.now() - startedAt).toBe(250);
  await clock.until(engine.close());
});

it('RFC 8305 §5: where one of those behind fails, the next is dialled without a further delay', async () => {
  const engine = engineOf({ [A]: 'silent', [B]: 'refuses', [C]: 'good' });
  expect(await send(engine)).toMatchObject({ state: 'delivered', address: C });
  expect(clock.now() - startedAt).toBe(250);
  await clock.until(engine.close());
});

it('MX-16: a connection that was lost before the turn of its address came is made anew', async () => {
  const sockets: net.Socket[] = [];
  const engine = engineOf(
    { [A]: 'silent', [B]: 'good' },
    {
      dial: async (endpoint) => {
        if (endpoint.address === A) return new Promise(() => undefined);
        const socket = await good.dial();
        if (sockets.push(socket) === 1) socket.destroy();
        return socket;
      },
    },
  );
  expect(await send(engine)).toMatchObject({ state: 'delivered', address: B });
  expect(sockets).toHaveLength(2);
  await clock.until(engine.close());
});

it('MX-16: an address that was outrun stands behind the others of its host for ten minutes', async () => {
  const engine = engineOf({ [A]: 'silent', [B]: 'good' });
  await send(engine);
  // The kept connection has ended by then.
  await clock.advance('5m');
  dialled = [];
  await send(engine);
  expect(dialled).toEqual([B]);
  await clock.advance('10m');
  dialled = [];
  await send(engine);
  expect(dialled).toEqual([A, B]);
  await clock.until(engine.close());
});

it('MX-16: an address that refuses is followed by the next at once', async () => {
  const engine = engineOf({ [A]: 'refuses', [B]: 'good' });
  const sent = await send(engine);
  expect(sent).toMatchObject({ state: 'delivered', tried: [`${A} refused`, `${B} session`] });
  expect(clock.now()).toBe(startedAt);
  await clock.until(engine.close());
});

it('MX-16: the first address is used when it answers within the quarter of a second, and no other is asked', async () => {
  const engine = engineOf({ [A]: { goodAfter: 249 }, [B]: 'good' });
  expect(await send(engine)).toMatchObject({ state: 'delivered', address: A });
  expect(dialled).toEqual([A]);
  await clock.until(engine.close());
});

it('MX-16, MX-18: a slow address still has its turn when the one that outran it is not secure', async () => {
  const health = createHostHealth();
  const engine = engineOf({ [A]: { goodAfter: 2000 }, [B]: 'strange' }, { health });
  expect(await send(engine)).toEqual({
    state: 'delivered',
    reason: null,
    address: A,
    tried: [`${B} refused`, `${A} session`],
  });
  expect(strange.messages).toEqual([]);
  expect(dialled).toEqual([A, B]);
  await clock.until(engine.close());
});

it('Q-4: having been outrun is no failure of a host', async () => {
  const reports: string[] = [];
  const health = {
    down: () => null,
    report: (target: Endpoint, _: string, reason: string | null) => {
      reports.push(`${target.address} ${reason}`);
    },
  };
  const engine = engineOf({ [A]: 'silent', [B]: 'good' }, { health });
  await send(engine);
  expect(reports).toEqual([`${B} null`]);
  await clock.until(engine.close());
});

it('MX-16, SC-37: where every address is silent their times do not add up', async () => {
  const engine = engineOf({ [A]: 'silent', [B]: 'silent', [C]: 'silent' });
  expect(await send(engine)).toMatchObject({ reason: 'connect-timeout', tried: { length: 3 } });
  expect(clock.now() - startedAt).toBe(30_500);
  await clock.until(engine.close());
});

it('RFC 8305 §5: no more than three addresses are dialled at the same time, and what nobody took is closed', async () => {
  const addresses = Array.from({ length: 6 }, (_, i) => `192.0.2.${i + 1}`);
  const signals: AbortSignal[] = [];
  let under = 0;
  let most = 0;
  const engine = engineOf(Object.fromEntries(addresses.map((address) => [address, 'silent'] as const)), {
    dial: (_, ctx) => {
      signals.push(ctx.signal);
      under += 1;
      most = Math.max(most, under);
      ctx.signal.addEventListener('abort', () => (under -= 1));
      return new Promise(() => undefined);
    },
  });
  await send(engine);
  expect(most).toBe(3);
  expect(signals).toHaveLength(6);
  expect(signals.every(({ aborted }) => aborted)).toBe(true);
  await clock.until(engine.close());
});
