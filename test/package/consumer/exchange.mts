/**
 * A host that is half ESM and half CommonJS, so that it loads the package twice. Plans, outcomes, verdicts, passes and
 * errors go from one copy to the other; what was not admitted does not compile, and a forged pass does not send.
 */
import assert from 'node:assert/strict';
import { createContext, createSender, isConfigError, parseEnvelope, prepareMessage } from 'enforced-tls';
import { createBase, decide, type Level, type Plan } from 'enforced-tls/policy';
import { type Connection, connect, createSecureContexts, greet, startTls, transact } from 'enforced-tls/smtp';
import { createWorld, type World } from 'enforced-tls/testing';
import { judge, type Verdict } from 'enforced-tls/verdict';
import type { Target } from 'enforced-tls/route';
import { failHere, isAsStrict, isMine, openDoor, tell } from './carrier.cjs';

const HOST = 'mx1.partner.example';
const MAIL =
  'Date: Thu, 15 Jan 2026 12:00:00 +0000\r\nFrom: ops@bank.example\r\nMessage-ID: <1@bank.example>\r\n\r\nhello\r\n';

const world = await createWorld({ zones: { 'partner.example': { mx: [HOST] } } });
try {
  await exchangePlanAndOutcome(world, await planOf(world, 'verified'));
  exchangeErrors();
  await exchangeSession(world);
} finally {
  await world.close();
}

async function planOf({ trust, clock }: World, level: Level): Promise<Plan> {
  const base = createBase({ default: level, trust });
  return decide('partner.example', { table: [], sources: [], base }, null, createContext({ clock }));
}

async function exchangePlanAndOutcome(all: World, plan: Plan): Promise<void> {
  const looser = await planOf(all, 'mandatory');
  assert.deepEqual([isAsStrict(plan, looser), isAsStrict(looser, plan)], [true, false]);
  const sender = createSender(all.senderOptions());
  const { outcomes } = await all.deliver(sender, {
    from: 'ops@bank.example',
    to: 'anna@partner.example',
    message: Buffer.from(MAIL),
  });
  const [outcome] = outcomes;
  assert.equal(outcome?.state, 'delivered');
  assert.match(tell(outcome, plan), /anna@partner\.example via mx1\.partner\.example/);
  await sender.close();
}

function exchangeErrors(): void {
  const foreign = failHere();
  assert.deepEqual(isMine(foreign), { brand: true, instance: true });
  assert.equal(isConfigError(foreign), true, 'isConfigError must know the other copy');
  let own: unknown;
  try {
    createSender({} as Parameters<typeof createSender>[0]);
  } catch (error) {
    own = error;
  }
  assert.deepEqual(isMine(own), { brand: true, instance: false }, 'two copies were expected, and one brand');
}

async function exchangeSession(all: World): Promise<void> {
  const { clock, trust, resolver } = all;
  const ctx = createContext({ clock });
  const plan = await planOf(all, 'verified');
  const addresses = await resolver.addresses(HOST, 4, ctx);
  assert.equal(addresses.kind, 'found');
  const target: Target = {
    host: HOST,
    address: addresses.kind === 'found' ? (addresses.records[0] ?? '') : '',
    port: 25,
    tls: 'starttls',
    preference: 0,
    mxAuth: 'none',
    auth: null,
  };
  const connection = await connect(
    target,
    { ehloName: 'out.bank.example', dial: (to, dialing) => all.dial(to, dialing) },
    ctx,
  );
  const secureContext = createSecureContexts().get({
    store: trust,
    suites: plan.ciphers,
    minProtocol: plan.minProtocol,
    clientCertificate: null,
  });
  const facts = await startTls(connection, { secureContext, servername: HOST }, ctx);
  const verdict = judge({ plan, target, facts, tlsFailure: null, now: clock.now() });
  await greet(connection, ctx);
  await refuseForgery(connection, verdict);
  // Judged here, admitted over there, sent here.
  const session = openDoor(connection, verdict);
  assert.ok(session);
  const envelope = parseEnvelope({ from: 'ops@bank.example', recipients: 'anna@partner.example' });
  const message = await prepareMessage(MAIL, { messageIdDomain: 'out.bank.example' }, ctx);
  const result = await transact(session, envelope, message, ctx);
  assert.deepEqual(
    result.recipients.map((each) => each.result),
    ['accepted'],
  );
  await connection.quit(ctx);
}

async function refuseForgery(connection: Connection, verdict: Verdict): Promise<void> {
  const ctx = createContext({});
  const envelope = parseEnvelope({ from: 'ops@bank.example', recipients: 'anna@partner.example' });
  const message = await prepareMessage(MAIL, { messageIdDomain: 'out.bank.example' }, ctx);
  // None of these is meant to run: each must be an error for the compiler.
  const mistakes = (): unknown[] => [
    // @ts-expect-error a connection that nobody admitted
    transact(connection, envelope, message, ctx),
    // @ts-expect-error an object that only looks like a pass
    transact({ connection, proof: verdict }, envelope, message, ctx),
    // @ts-expect-error the door may have stayed shut
    transact(openDoor(connection, verdict), envelope, message, ctx),
  ];
  assert.equal(typeof mistakes, 'function');
  const forged = { '~admitted': true, connection, proof: verdict } as const;
  await assert.rejects(transact(forged, envelope, message, ctx), { code: 'not-admitted' });
  const untrue: Verdict = { ...verdict };
  assert.equal(openDoor(connection, untrue), null, 'a copy of a verdict is no verdict');
}
