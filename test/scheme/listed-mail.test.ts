/** Mail to domains of a published list, over a small internet: the list decides, also about mail that waits already. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { onEvent } from '../../src/core/channels.js';
import { createContext } from '../../src/core/context.js';
import { createEngine } from '../../src/engine.js';
import { bits } from '../../src/scheme/bits.js';
import type { DomainListSource } from '../../src/scheme/domain-list-source.js';
import { createSender, type Sender } from '../../src/sender.js';
import { createWorld, type World } from '../../src/testing/world.js';
import { csv } from './lists.js';

const MESSAGE = [
  'Date: Thu, 15 Jan 2026 12:00:00 +0000',
  'From: a@own.test',
  'TLS-Required: No',
  'Message-ID: <1@own.test>',
  '',
  'x',
  '',
].join('\r\n');

let world: World;
let listed: DomainListSource;
let sender: Sender;
let list: string;

beforeEach(async () => {
  world = await createWorld({
    zones: {
      'good.test': { mx: ['mx.good.test'] },
      'selfsigned.test': { mx: ['mx.selfsigned.test'] },
      'clear.test': { mx: ['mx.clear.test'] },
    },
    servers: {
      'mx.selfsigned.test': { certificate: 'selfSigned' },
      'mx.clear.test': { fault: 'noStarttls' },
    },
  });
  list = csv(['A;1;good.test selfsigned.test;2024-02-01;Ja']);
  listed = bits({
    list: {
      place: 'test',
      fetch: (_etag, ctx) =>
        Promise.resolve({ kind: 'content', octets: Buffer.from(list), etag: null, asOf: ctx.clock.now() }),
    },
  });
  sender = createSender(world.senderOptions({ default: 'opportunistic', policies: [listed] }));
});
afterEach(async () => {
  await sender.close();
  await world.close();
});

async function send(domain: string) {
  const { outcomes } = await world.deliver(sender, {
    from: 'a@own.test',
    to: `b@${domain}`,
    message: MESSAGE,
  });
  return outcomes.map(({ state, reason }) => [state, reason]);
}

describe('mail to domains of a list', () => {
  it('BITS-P1, BITS-5.1.2, BITS-5.2.8: goes over TLS with a certificate of a trusted root, or not at all', async () => {
    expect(await send('good.test')).toEqual([['delivered', null]]);
    expect(await send('selfsigned.test')).toEqual([['held', 'certificate-self-signed']]);
    expect(world.server('mx.selfsigned.test').messages).toEqual([]);
  });

  it('BITS-5.2.2, BITS-5.2.3: a domain that joins while its mail waits is held to the list', async () => {
    const receipt = await sender.send({
      from: 'a@own.test',
      to: 'b@clear.test',
      message: MESSAGE,
      notBefore: world.clock.now() + 3_600_000,
    });
    list = csv(['A;1;good.test clear.test;2024-02-01;Ja']);
    await listed.refresh({ acceptRemovals: true, ctx: createContext({ clock: world.clock }) });
    await world.clock.advance('1h');
    await world.clock.until(sender.processOnce());
    expect((await sender.status(receipt.id)).map(({ state }) => state)).not.toContain('done');
    expect(world.server('mx.clear.test').messages).toEqual([]);
  });

  it('BITS-A3.E: of a participant that cannot take it the scheme is told, once for each reason', async () => {
    const told: unknown[] = [];
    const stop = onEvent('scheme.failure', (event) => told.push(event));
    const host = 'mx.selfsigned.test';
    const failure = {
      scheme: 'bits',
      contact: 'tls@bits.no',
      domain: 'selfsigned.test',
      host,
      reason: 'certificate-self-signed',
    };
    // Without a queue, which would put the domain off as a whole.
    const { queue: _queue, work: _work, reports: _reports, ...options } = world.senderOptions();
    const engine = createEngine({ ...options, default: 'opportunistic', policies: [listed] });
    const attempt = (domain: string) =>
      world.clock.until(engine.deliverOnce({ from: 'a@own.test', to: `b@${domain}`, message: MESSAGE }));
    await attempt('selfsigned.test');
    await attempt('selfsigned.test');
    expect(told).toEqual([failure]);
    world.server(host).play('noStarttls');
    await attempt('selfsigned.test');
    expect(told).toEqual([failure, { ...failure, reason: 'starttls-not-supported' }]);
    world.server(host).play();
    world.server(host).certify(world.authority.forHost(host));
    await attempt('selfsigned.test');
    expect(world.server(host).messages).toHaveLength(1);
    world.server(host).play('noStarttls');
    world.server(host).dropConnections();
    await world.clock.advance('1h');
    await attempt('selfsigned.test');
    expect(told).toHaveLength(3);
    world.server(host).play('greet554');
    await world.clock.advance('1h');
    await attempt('selfsigned.test');
    await attempt('clear.test');
    await attempt('good.test');
    await attempt('nowhere.test');
    expect(told).toHaveLength(3);
    await engine.close();
    stop();
  });

  it('BITS-A3.E, BITS-5.3.2: the host names another administrator; what the policy holds is told in words', async () => {
    const scoped = bits({ domains: ['selfsigned.test'], schemeContact: 'post@scheme.test' });
    const other = createSender(world.senderOptions({ default: 'opportunistic', policies: [scoped] }));
    expect(await other.explain('selfsigned.test')).toContain('tell post@scheme.test when mail fails');
    await other.close();
    expect(() => bits({ domains: [], schemeContact: 'nobody' })).toThrowError(
      expect.objectContaining({ code: 'address-invalid' }),
    );
  });

  it('BITS-5.2.1: a domain that is on no list is sent to by the default', async () => {
    expect(await send('clear.test')).toEqual([['delivered', null]]);
  });
});
