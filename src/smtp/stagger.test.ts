import { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { createContext } from '../core/context.js';
import { createFakeClock } from '../testing/clock.js';
import type { Endpoint } from './endpoint.js';
import { createStaggeredDial } from './stagger.js';

const endpointOf = (address: string, host = 'mx1.partner.test'): Endpoint => ({
  host,
  address,
  port: 25,
  tls: 'starttls',
});
const [A, B] = [endpointOf('192.0.2.1'), endpointOf('192.0.2.2')];

/** A dial whose connections come when the test says so. */
function createBench(endpoints: readonly Endpoint[] = [A, B]) {
  const clock = createFakeClock();
  const ctx = createContext({ clock });
  const bring = new Map<string, (socket: Socket) => void>();
  const signals = new Map<string, AbortSignal>();
  const staggered = createStaggeredDial(
    endpoints,
    {
      timeoutMs: 30_000,
      dial: ({ address }, { signal }) => {
        signals.set(address, signal);
        return new Promise((resolve) => bring.set(address, resolve));
      },
    },
    ctx,
  );
  return { clock, ctx, bring, signals, staggered };
}

it('RFC 8305 §5: what nobody took is closed, whether it is there, under way, or comes later', async () => {
  const { clock, ctx, bring, signals, staggered } = createBench();
  const first = staggered.dial(A, ctx);
  first.catch(() => undefined);
  await clock.advance(250);
  const [there, late] = [new Socket(), new Socket()];
  bring.get(B.address)?.(there);
  await expect(first).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  expect(staggered.isOutrun(A)).toBe(true);
  staggered.close();
  expect(there.destroyed).toBe(true);
  expect(signals.get(A.address)?.aborted).toBe(true);
  bring.get(A.address)?.(late);
  await clock.settle();
  expect(late.destroyed).toBe(true);
  expect(clock.pending).toBe(0);
});

it('MX-16: what was taken stays open, and has no listeners of ours', async () => {
  const { clock, ctx, bring, staggered } = createBench();
  const taken = new Socket();
  const dialled = staggered.dial(A, ctx);
  bring.get(A.address)?.(taken);
  expect(await dialled).toBe(taken);
  staggered.close();
  expect(taken.destroyed).toBe(false);
  expect(taken.listenerCount('error')).toBe(0);
  expect(clock.pending).toBe(0);
  taken.destroy();
});

it('MX-15: the address of another host is never dialled beside it', async () => {
  const other = endpointOf('192.0.2.9', 'mx2.partner.test');
  const { clock, ctx, signals, staggered } = createBench([A, other]);
  staggered.dial(A, ctx).catch(() => undefined);
  await clock.advance('20s');
  expect([...signals.keys()]).toEqual([A.address]);
  staggered.close();
});

it('SC-37: whoever is called off takes nothing any more, and what is under way for him ends', async () => {
  const { clock, signals, staggered } = createBench();
  const callOff = new AbortController();
  const dialled = staggered.dial(A, createContext({ clock, signal: callOff.signal }));
  callOff.abort(new Error('called off'));
  await expect(dialled).rejects.toThrow('called off');
  expect(signals.get(A.address)?.aborted).toBe(true);
  expect(staggered.isOutrun(A)).toBe(false);
  expect(clock.pending).toBe(0);
});
