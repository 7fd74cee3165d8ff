import { afterEach, expect, it } from 'vitest';
import { createSender, type Sender } from '../sender.js';
import type { Mail } from '../mail.js';
import { createSmtpServer } from './smtp-server.js';
import { createWorld, type World, type WorldOptions } from './world.js';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

async function start(options: WorldOptions, more = {}): Promise<{ world: World; sender: Sender }> {
  const world = await createWorld(options);
  const sender = createSender(world.senderOptions(more));
  open.push(world, sender);
  return { world, sender };
}

const zones = { 'partner.example': { mx: ['mx1.partner.example', 'mx2.partner.example'] } };
const mail: Mail = {
  from: 'ops@bank.example',
  to: ['anna@partner.example'],
  message: Buffer.from(
    'Date: Thu, 15 Jan 2026 12:00:00 +0000\r\nFrom: ops@bank.example\r\nMessage-ID: <1@bank.example>\r\nSubject: x\r\n\r\nhello\r\n',
  ),
};

it('world: mail reaches the server that the zones name', async () => {
  const { world, sender } = await start({ zones });
  const { outcomes } = await world.deliver(sender, mail);
  expect(outcomes).toMatchObject([{ state: 'delivered', reason: null, host: 'mx1.partner.example' }]);
  expect(world.server('mx1.partner.example').messages[0]?.content).toEqual(mail.message);
  expect(world.server('mx2.partner.example').connections).toEqual([]);
  world.noEnvelopeOutsideTls();
  world.noOffences();
});

it('world: an expired certificate holds the mail; after five days the sender is warned once and told once', async () => {
  const { world, sender } = await start({
    zones: { 'partner.example': { mx: ['mx1.partner.example'] } },
    servers: { 'mx1.partner.example': { certificate: 'expired' } },
  });
  const { outcomes } = await world.deliver(sender, mail);
  expect(outcomes).toMatchObject([{ state: 'held', reason: 'certificate-expired' }]);
  world.server('mx1.partner.example').never('MAIL');
  sender.start();
  await world.clock.advance('6d');
  expect(world.ndrs).toMatchObject([
    { kind: 'delayed', to: 'ops@bank.example' },
    { kind: 'failed', to: 'ops@bank.example' },
  ]);
  world.never('MAIL');
});

it('world: time passes by itself until a silent server has been given up', async () => {
  const { world, sender } = await start({
    zones: { 'partner.example': { mx: ['mx1.partner.example'] } },
    servers: { 'mx1.partner.example': { fault: 'silentGreeting' } },
  });
  const before = world.clock.now();
  const { outcomes } = await world.deliver(sender, mail);
  expect(outcomes).toMatchObject([{ state: 'deferred', reason: 'no-greeting' }]);
  expect(world.clock.now() - before).toBeGreaterThanOrEqual(5 * 60_000);
});

it('world: a server can be mended and the mail goes out', async () => {
  const { world, sender } = await start({
    zones,
    servers: {
      'mx1.partner.example': { fault: 'noStarttls' },
      'mx2.partner.example': { fault: 'refusedPort' },
    },
  });
  const { receipt, outcomes } = await world.deliver(sender, mail);
  expect(outcomes).toMatchObject([{ state: 'held', reason: 'starttls-not-supported' }]);
  world.server('mx1.partner.example').play();
  sender.start();
  await world.clock.advance('4h');
  expect(await receipt.settled).toMatchObject([{ state: 'delivered' }]);
});

it('world: addresses of zones count, and nothing stands where no server was put', async () => {
  const { world, sender } = await start({
    zones: {
      'a.example': { mx: ['mx.a.example'] },
      'mx.a.example': { a: ['127.9.9.9'] },
      'b.example': { mx: ['mx.b.example'] },
      'mx.b.example': { a: ['127.9.9.8'] },
    },
    servers: { 'mx.a.example': {} },
  });
  const { outcomes } = await world.deliver(sender, { ...mail, to: ['x@a.example', 'y@b.example'] });
  expect(outcomes.toSorted((a, b) => (a.recipient < b.recipient ? -1 : 1))).toMatchObject([
    { recipient: 'x@a.example', state: 'delivered', address: '127.9.9.9' },
    { recipient: 'y@b.example', state: 'deferred', reason: 'connect-refused' },
  ]);
  expect(() => world.server('mx.b.example')).toThrow(/expected one of mx.a.example, got "mx.b.example"/);
});

it('world: a world of ten servers stands within a second', async () => {
  const started = performance.now();
  const mx = Array.from({ length: 10 }, (_, i) => `mx${i}.partner.example`);
  await start({ zones: { 'partner.example': { mx } } });
  expect(performance.now() - started).toBeLessThan(1000);
});

it('world: an option that nobody knows is refused', async () => {
  await expect(createWorld({ zones, server: {} } as object as WorldOptions)).rejects.toThrow(
    /did you mean "servers"/,
  );
});

it('world: deliver says so when the sender does not try, instead of waiting for ever', async () => {
  const { world, sender } = await start({ zones });
  const later = { ...mail, notBefore: world.clock.now() + 3_600_000 };
  await expect(world.deliver(sender, later)).rejects.toThrow(/no timer waits/);
  world.never('EHLO');
});

it('world: a sender that works by itself is waited for', async () => {
  const { world, sender } = await start({ zones }, { work: 'on-send' });
  const { outcomes } = await world.deliver(sender, { ...mail, notBefore: world.clock.now() + 3_600_000 });
  expect(outcomes).toMatchObject([{ state: 'delivered' }]);
});

it('world: when one server cannot be made, none is left behind', async () => {
  const server = await createSmtpServer({ host: 'mx1.partner.example' });
  const { port } = server;
  await server.close();
  const fault = 'no-such-fault' as 'greet554';
  const servers = { 'mx1.partner.example': { port }, 'mx2.partner.example': { fault } };
  await expect(createWorld({ zones, servers })).rejects.toThrow(/unknown fault "no-such-fault"/);
  // The port is free again.
  open.push(await createSmtpServer({ host: 'mx1.partner.example', port }));
});

it('world: more mail than a sender works on at once is tried to the last, though silent servers use up the time', async () => {
  const domains = ['a.example', 'b.example', 'c.example'];
  const { world, sender } = await start(
    {
      zones: Object.fromEntries(domains.map((domain) => [domain, { mx: [`mx.${domain}`] }])),
      servers: { 'mx.a.example': { fault: 'silentGreeting' }, 'mx.b.example': { fault: 'silentGreeting' } },
    },
    { concurrency: 1 },
  );
  const { outcomes } = await world.deliver(sender, { ...mail, to: domains.map((domain) => `x@${domain}`) });
  expect(outcomes.map(({ state }) => state).toSorted()).toEqual(['deferred', 'deferred', 'delivered']);
});
