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
import { delivered, type Expected, MX1, PARTNER, type Reach, type Scenario } from './scenario.js';
import type { SmtpServer } from './smtp-server.js';
import { createWorld, deliverTogether, type World, type WorldServerOptions } from './world.js';

/** How to play. */
export interface ScenarioOptions {
  /** Default: a new one. One for all saves time: `createAuthority({ clock: createFakeClock() })`, so that it has the time of the world. */
  readonly authority?: Authority;
  /** Options of the sender; those of the scenario win. */
  readonly sender?: Partial<SenderOptions>;
  /**
   * The servers offer CHUNKING, and a scenario that comes as far as MAIL is played with several messages that are under
   * way on one connection when it happens. Default false: one message at a time, by DATA.
   */
  readonly window?: boolean;
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
  /** Messages that had come whole to a server before the first of them was answered, at most. */
  readonly together: number;
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

/** Messages that open the window, and those that are under way together then. */
const REHEARSAL = { messages: 3, together: 4 };

/**
 * Plays a scenario.
 * @throws AssertionError when something comes of it that must not
 */
export async function runScenario(
  scenario: Scenario,
  options: ScenarioOptions = {},
): Promise<ScenarioResult> {
  const { zones = { [PARTNER]: { mx: [MX1] } } } = scenario;
  const reach = reachOf(scenario);
  const ahead = options.window === true && scenario.ahead !== null && reach !== 'session';
  const world = await createWorld({
    zones,
    servers: serversOf({ ...scenario, zones }, options.window === true, ahead),
    ...(options.authority === undefined ? {} : { authority: options.authority }),
  });
  try {
    const sent = await sendAll(scenario, world, { ...options.sender, ...scenario.options }, ahead);
    const together = Math.max(0, ...world.servers.flatMap(togetherAt));
    if (ahead && together < REHEARSAL.together) failIn(world, `${together} messages were under way together`);
    // What is written ahead comes along with its envelope.
    checkReach(world, ahead && reach === 'envelope' ? 'message' : reach);
    checkTaken(world, sent);
    scenario.holds?.(world, ahead ? REHEARSAL.messages : 0);
    return {
      name: scenario.name,
      mails: sent.map(({ outcomes }) => outcomes.map(summarise)),
      connections: listen(world),
      together,
    };
  } finally {
    await world.close();
  }
}

function togetherAt({ connections }: SmtpServer): number[] {
  return connections.map(({ together }) => together);
}

/** The servers of a scenario; by the window all of them, with what makes it open. */
function serversOf(
  { zones = {}, servers = {} }: Scenario,
  window: boolean,
  ahead: boolean,
): Record<string, WorldServerOptions> {
  if (!window) return servers;
  const named = Object.values(zones).flatMap(({ mx = [] }) => mx);
  const more: WorldServerOptions = ahead ? { rehearsal: REHEARSAL } : { extensions: { chunking: true } };
  return Object.fromEntries(
    [...new Set([...named, ...Object.keys(servers)])].map((host) => [host, { ...more, ...servers[host] }]),
  );
}

/** A mail as it was sent, and what came of it. */
interface Sent {
  readonly from: string;
  readonly outcomes: readonly Outcome[];
}

async function sendAll(
  scenario: Scenario,
  world: World,
  options: Partial<SenderOptions>,
  ahead: boolean,
): Promise<Sent[]> {
  const sender = createSender(world.senderOptions(ahead ? { perHost: 1, ...options } : options));
  const sent: Sent[] = [];
  // Each has a sender of its own, by which the servers' copies are told apart.
  const makeMail = (index: number, more: Partial<Mail>): Mail => ({
    from: `ops+${sent.length + index}@bank.example`,
    to: ['anna@partner.example'],
    message: MESSAGE,
    ...more,
  });
  const deliver = async (count: number, expected: Expected, more: Partial<Mail> = {}): Promise<void> => {
    const mails = Array.from({ length: count }, (_, index) => makeMail(index, more));
    for (const [index, { outcomes }] of (await deliverTogether(sender, mails, world.clock)).entries()) {
      checkOutcomes(world, outcomes, expected);
      sent.push({ from: mails[index]?.from ?? '', outcomes });
    }
  };
  try {
    if (ahead) await deliver(REHEARSAL.messages, delivered);
    const expected = ahead ? (scenario.ahead ?? scenario.expected) : scenario.expected;
    await deliver(ahead ? REHEARSAL.together : 1, expected, scenario.mail);
    for (const turn of scenario.turns ?? []) {
      await turn.change(world);
      await deliver(1, turn.expected, scenario.mail);
    }
  } finally {
    // Kept connections say goodbye, and some servers let them wait for the answer.
    await world.clock.until(sender.close());
  }
  return sent;
}

/** Nothing is reported delivered that no server has taken, and nothing is taken twice, or otherwise than it is reported. */
function checkTaken(world: World, sent: readonly Sent[]): void {
  const taken = world.servers.flatMap(({ messages }) => messages.filter(({ accepted }) => accepted));
  for (const { from, outcomes } of sent) {
    const own = taken.filter((message) => message.from.address === from);
    for (const { recipient, state } of outcomes) {
      const copies = own.filter(({ recipients }) => recipients.some(({ address }) => address === recipient));
      const most = state === 'delivered' || state === 'unknown' ? 1 : 0;
      if (copies.length > most || (state === 'delivered' && copies.length === 0))
        failIn(world, `${recipient} is ${state}, and ${copies.length} copies of ${from} were taken`);
    }
  }
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
