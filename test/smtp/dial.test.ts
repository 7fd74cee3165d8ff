/**
 * The TCP connection: how it is made, how long it may take, and how it is called off.
 */
import net from 'node:net';
import { beforeAll, describe, expect, it } from 'vitest';
import { createContext } from '../../src/core/context.js';
import { connect } from '../../src/smtp/connect.js';
import { createFakeClock } from '../../src/testing/clock.js';
import { type Bench, createBench, dialIn, failureOf, NAME } from './scripted-server.js';

let bench: Bench;
beforeAll(async () => {
  bench = await createBench();
});

describe('the TCP connection', () => {
  const endpoint = { host: 'mx1.partner.test', address: '127.0.0.1', port: 1, tls: 'starttls' } as const;

  it('SC-37: a connection that does not come is given up after 30 s, and whoever dials hears of it', async () => {
    const clock = createFakeClock();
    let signal: AbortSignal | null = null;
    const dial = (_: unknown, ctx: { signal: AbortSignal }): Promise<net.Socket> => {
      signal = ctx.signal;
      return new Promise(() => undefined);
    };
    const failure = failureOf(connect(endpoint, { ehloName: NAME, dial }, createContext({ clock })));
    await clock.advance(29_999);
    expect((signal as AbortSignal | null)?.aborted).toBe(false);
    await clock.advance(1);
    expect(await failure).toMatchObject({
      name: 'ConnectionError',
      code: 'connect-timeout',
      phase: 'connect',
    });
    expect((signal as AbortSignal | null)?.aborted).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it('SC-37: a socket that comes too late is closed', async () => {
    const clock = createFakeClock();
    const late = new net.Socket();
    let bring = (): void => undefined;
    const dial = (): Promise<net.Socket> => new Promise((resolve) => (bring = () => resolve(late)));
    const failure = failureOf(connect(endpoint, { ehloName: NAME, dial }, createContext({ clock })));
    await clock.advance('30s');
    await failure;
    bring();
    await clock.settle();
    expect(late.destroyed).toBe(true);
  });

  it('RFC 3463 §3.5: a port on which nobody listens is connect-refused', async () => {
    const listener = net.createServer();
    await new Promise<void>((resolve) => void listener.listen(0, '127.0.0.1', resolve));
    const { port } = listener.address() as net.AddressInfo;
    await new Promise((resolve) => listener.close(resolve));
    const failure = await failureOf(connect({ ...endpoint, port }, { ehloName: NAME }, createContext()));
    expect(failure).toMatchObject({ code: 'connect-refused', phase: 'connect', address: '127.0.0.1' });
  });

  it('RFC 3463 §3.5: an address without a route is network-unreachable', async () => {
    const dial = (): Promise<net.Socket> =>
      Promise.reject(Object.assign(new Error('no route'), { code: 'ENETUNREACH' }));
    const failure = await failureOf(connect(endpoint, { ehloName: NAME, dial }, createContext()));
    expect(failure).toMatchObject({ code: 'network-unreachable', phase: 'connect' });
  });

  it('RFC 5321 §4.1.4: the local address of the family is the one from which the connection leaves', async () => {
    let from = '';
    await bench.against(
      (peer) => {
        from = peer.socket.remoteAddress ?? '';
        return peer.hello();
      },
      async (server) => {
        const connection = await dialIn(server, { localAddress: { ipv4: '127.0.0.2', ipv6: '::1' } });
        connection.destroy();
      },
    );
    expect(from).toBe('127.0.0.2');
  });

  it('ST-17: settings for implicit TLS belong to an endpoint that has it, and to no other', async () => {
    const failure = failureOf(
      connect(endpoint, { ehloName: NAME, implicitTls: bench.client }, createContext()),
    );
    expect(await failure).toMatchObject({ name: 'ConfigError', code: 'connect-invalid' });
    const other = failureOf(connect({ ...endpoint, tls: 'implicit' }, { ehloName: NAME }, createContext()));
    expect(await other).toMatchObject({ code: 'connect-invalid' });
  });
});

describe('calling off', () => {
  it('RFC 5321 §4.5.3.2: work that is called off before it starts does not dial', async () => {
    const controller = new AbortController();
    controller.abort(new Error('shutdown'));
    await bench.against(
      () => undefined,
      async (server) => {
        const failure = await failureOf(dialIn(server, {}, createContext({ signal: controller.signal })));
        expect(failure.message).toBe('shutdown');
        expect(server.connections).toBe(0);
      },
    );
  });

  it('RFC 5321 §4.5.3.2: called off while a reply is due, the connection closes and the reason is passed on', async () => {
    const controller = new AbortController();
    const clock = createFakeClock();
    await bench.against(
      async (peer) => {
        peer.send('220 mx\r\n');
        await peer.line();
        controller.abort(new Error('shutdown'));
        await peer.closed();
      },
      async (server) => {
        const ctx = createContext({ clock, signal: controller.signal });
        expect((await failureOf(dialIn(server, {}, ctx))).message).toBe('shutdown');
        expect(server.heard).toEqual([`EHLO ${NAME}`]);
        expect(clock.pending).toBe(0);
      },
    );
  });
});
