/**
 * Plays a scenario in a world of its own and checks what came of it: the outcomes, and at the servers how far the message
 * came. Whatever the scenario, nothing of a message is ever in clear, unless its policy allows it.
 * Failure: AssertionError with the conversation.
 */
import { createSender } from '../sender.js';
import type { Outcome } from '../deliver/outcome.js';
import type { Mail } from '../mail.js';
import type { SenderOptions } from '../sender-options.js';
import type { Authority } from './authority.js';
import { checkReach, failIn } from './reach.js';
import { type Expected, MX1, PARTNER, type Reach, type Scenario, type Turn } from './scenario.js';
import { createWorld, type World } from './world.js';

/** How to play. */
export interface ScenarioOptions {
  /** Default: a new one. One for all saves time: `createAuthority({ clock: createFakeClock() })`, so that it has the time of the world. */
  readonly authority?: Authority;
  /** Options of the sender; those of the scenario win. */
  readonly sender?: Partial<SenderOptions>;
}

/** What came of a scenario, as plain data: it is equal wherever the scenario is played. */
export interface ScenarioResult {
  readonly name: string;
  /** For each mail what became of each recipient. */
  readonly mails: readonly (readonly Pick<Outcome, 'recipient' | 'state' | 'reason' | 'host' | 'status'>[])[];
  /** For each connection: the server, what was negotiated, and the verbs that it heard; `*` marks those inside TLS. */
  readonly connections: readonly {
    readonly host: string;
    readonly tls: string | null;
    readonly heard: readonly string[];
  }[];
}

const MESSAGE = Buffer.from(
  [
    'Date: Thu, 15 Jan 2026 12:00:00 +0000',
    'From: ops@bank.example',
    'To: anna@partner.example',
    'Message-ID: <scenario@bank.example>',
    'Subject: scenario',
    '',
    'the sum is 4711',
    '',
  ].join('\r\n'),
);

/**
 * Plays a scenario.
 * @throws AssertionError when something comes of it that must not
 */
export async function runScenario(
  scenario: Scenario,
  options: ScenarioOptions = {},
): Promise<ScenarioResult> {
  const { zones = { [PARTNER]: { mx: [MX1] } }, servers } = scenario;
  const world = await createWorld({
    zones,
    ...(servers === undefined ? {} : { servers }),
    ...(options.authority === undefined ? {} : { authority: options.authority }),
  });
  try {
    const mails = await sendAll(scenario, world, { ...options.sender, ...scenario.options });
    checkReach(world, reachOf(scenario));
    scenario.holds?.(world);
    return {
      name: scenario.name,
      mails: mails.map((each) => each.map(summarise)),
      connections: listen(world),
    };
  } finally {
    await world.close();
  }
}

async function sendAll(
  scenario: Scenario,
  world: World,
  options: Partial<SenderOptions>,
): Promise<(readonly Outcome[])[]> {
  const sender = createSender(world.senderOptions(options));
  const mail: Mail = {
    from: 'ops@bank.example',
    to: ['anna@partner.example'],
    message: MESSAGE,
    ...scenario.mail,
  };
  const first: Turn = { change: () => undefined, expected: scenario.expected };
  const mails: (readonly Outcome[])[] = [];
  try {
    for (const { change, expected } of [first, ...(scenario.turns ?? [])]) {
      await change(world);
      const { outcomes } = await world.deliver(sender, mail);
      checkOutcomes(world, outcomes, expected);
      mails.push(outcomes);
    }
  } finally {
    // Kept connections say goodbye, and some servers let them wait for the answer.
    await world.clock.until(sender.close());
  }
  return mails;
}

function checkOutcomes(world: World, outcomes: readonly Outcome[], { outcomes: expected }: Expected): void {
  const fits = (outcome: Outcome, index: number): boolean => {
    const want = expected[index];
    return (
      want !== undefined &&
      outcome.state === want.state &&
      outcome.reason === want.reason &&
      (want.host === undefined || outcome.host === want.host) &&
      (want.code === undefined || (outcome.reply?.code ?? null) === want.code)
    );
  };
  if (outcomes.length === expected.length && outcomes.every(fits)) return;
  const got = outcomes.map(({ recipient, state, reason, host, detail, reply }) =>
    JSON.stringify({ recipient, state, reason, host, code: reply?.code ?? null, detail }),
  );
  failIn(world, `expected ${JSON.stringify(expected)}, got\n${got.join('\n')}`);
}

/** The furthest that any mail of the scenario may come. */
function reachOf({ expected, turns = [] }: Scenario): Reach {
  const order: readonly Reach[] = ['session', 'envelope', 'message', 'clear'];
  const reaches = [expected, ...turns.map((turn) => turn.expected)].map(({ reach, outcomes }): Reach => {
    return reach ?? (outcomes.some(({ state }) => state === 'delivered') ? 'message' : 'session');
  });
  return order.findLast((each) => reaches.includes(each)) ?? 'session';
}

function summarise({ recipient, state, reason, host, status }: Outcome): ScenarioResult['mails'][0][0] {
  return { recipient, state, reason, host, status };
}

function listen(world: World): ScenarioResult['connections'] {
  return world.servers.flatMap((server) =>
    server.connections.map(({ tls, commands }) => ({
      host: server.host,
      tls:
        tls === null
          ? null
          : `${tls.protocol} ${tls.standardName} ${tls.servername ?? '-'}${tls.resumed ? ' resumed' : ''}`,
      heard: commands.map(({ verb, secure }) => `${verb}${secure ? '*' : ''}`),
    })),
  );
}
