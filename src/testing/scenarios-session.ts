/**
 * Scenarios of a session and its transaction: greetings, farewells and lost connections at each step, recipients of all
 * kinds, messages that are stored and then lost. A loss before the receipt is never a delivery.
 */
import { deepEqual, equal } from 'node:assert/strict';
import {
  deferred,
  delivered,
  type ExpectedOutcome,
  held,
  MX1,
  MX2,
  one,
  PARTNER,
  playing,
  type Scenario,
  unknown,
} from './scenario.js';
import type { World } from './world.js';

const recipients = (count: number): string[] => Array.from({ length: count }, (_, i) => `r${i}@${PARTNER}`);
/** On the first connection, behind those that went before. */
const stored = (world: World, before: number, expected: readonly boolean[]): void =>
  deepEqual(
    world
      .server(MX1)
      .connections[0]?.messages.slice(before)
      .map(({ accepted }) => accepted),
    expected,
  );

const body = (text: string): Pick<NonNullable<Scenario['mail']>, 'message'> => ({
  message: Buffer.from(
    `Date: Thu, 15 Jan 2026 12:00:00 +0000\r\nFrom: ops@bank.example\r\nMessage-ID: <s@bank.example>\r\n\r\n${text}\r\n`,
  ),
});

const reaching: readonly Scenario[] = [
  playing('refusedPort', ['Q-6'], deferred('connect-refused')),
  playing('unansweredPort', ['SC-37'], deferred('connect-timeout')),
  playing('silentGreeting', ['SC-1', 'SC-37'], deferred('no-greeting'), {
    holds: (world) => equal(world.server(MX1).connections[0]?.clear.length, 0),
  }),
  playing('greet554', ['SC-2', 'SC-17'], one('failed', 'smtp-refused', { code: 554 }), {
    holds: (world) => world.saw('QUIT', 1),
  }),
  {
    name: 'greet554, another server takes the mail',
    says: 'two mail servers: the first greets with 554, the second is honest',
    rules: ['SC-2'],
    zones: { [PARTNER]: { mx: [MX1, MX2] } },
    servers: { [MX1]: { fault: 'greet554' } },
    expected: one('delivered', null, { host: MX2 }),
  },
  playing('closeBeforeGreeting', ['SC-15'], deferred('connection-closed')),
];

const farewells: readonly Scenario[] = [
  playing('421At:connect', ['SC-2', 'SC-14'], deferred('peer-busy')),
  playing('421At:ehlo', ['SC-14'], deferred('peer-busy')),
  playing('421At:starttls', ['SC-14', 'ST-4'], held('starttls-temporarily-unavailable')),
  playing('421At:secure', ['AT-7', 'ST-11'], deferred('peer-busy')),
  playing('421At:ehloInTls', ['SC-14'], deferred('peer-busy')),
  playing('421At:mail', ['SC-14'], deferred('peer-busy', 'envelope')),
  playing('421At:rcpt', ['SC-14'], deferred('peer-busy', 'envelope')),
  playing('421MidSession', ['SC-14'], deferred('peer-busy', 'envelope')),
  playing('421At:data', ['SC-14'], deferred('peer-busy', 'envelope')),
  playing('421At:dot', ['SC-14'], deferred('peer-busy', 'message'), {
    holds: (world, before) => stored(world, before, [false]),
  }),
  playing('421At:quit', ['SC-14', 'SC-17'], delivered),
  playing('closeWithNotify:ehloInTls', ['AT-11', 'SC-15', 'ST-19'], deferred('connection-closed')),
  playing('closeWithNotify:mail', ['AT-11', 'SC-15', 'ST-19'], deferred('connection-closed', 'envelope'), {
    ahead: unknown,
  }),
  playing('closeWithNotify:rcpt', ['AT-11', 'SC-15', 'ST-19'], deferred('connection-closed', 'envelope'), {
    ahead: unknown,
  }),
  playing('closeWithNotify:data', ['AT-11', 'SC-15', 'ST-19'], deferred('connection-closed', 'envelope'), {
    ahead: unknown,
  }),
  playing('closeWithNotify:dot', ['AT-11', 'Q-15', 'ST-19'], unknown),
  playing('closeWithoutNotify:connect', ['SC-15'], deferred('connection-closed')),
  playing('closeWithoutNotify:ehlo', ['SC-15'], deferred('connection-closed')),
  playing('closeWithoutNotify:secure', ['AT-11', 'ST-19'], deferred('connection-closed')),
  playing('closeWithoutNotify:ehloInTls', ['AT-11', 'ST-19'], deferred('connection-closed')),
  playing('closeWithoutNotify:mail', ['AT-11', 'ST-19'], deferred('connection-closed', 'envelope'), {
    ahead: unknown,
  }),
  playing('closeWithoutNotify:rcpt', ['AT-11', 'ST-19'], deferred('connection-closed', 'envelope'), {
    ahead: unknown,
  }),
  playing('closeWithoutNotify:data', ['AT-11', 'ST-19'], deferred('connection-closed', 'envelope'), {
    ahead: unknown,
  }),
  playing('closeWithoutNotify:dot', ['AT-11', 'Q-15', 'ST-19'], unknown),
  playing('closeWithoutNotify:quit', ['SC-17'], delivered),
];

const losses: readonly Scenario[] = [
  playing('resetAfterDot', ['AT-11', 'Q-15'], unknown, {
    holds: (world, before) => stored(world, before, [false]),
  }),
  playing('dropDuringData', ['AT-11', 'Q-15'], unknown, {
    holds: (world, before) => stored(world, before, []),
  }),
  playing('dropAfterDot', ['Q-15'], one('unknown', 'delivery-unknown', { reach: 'message', code: null }), {
    holds: (world, before) => stored(world, before, [true]),
  }),
  playing('silentAfterDot', ['Q-15', 'SC-37'], unknown),
];

const insideTls: readonly Scenario[] = [
  playing('secondGreetingInTls', ['AT-7', 'ST-11'], deferred('reply-mismatch')),
  playing('starttlsOfferedAgainAfterTls', ['ST-10'], delivered, {
    holds: (world) => world.saw('STARTTLS', 1),
  }),
  playing('differentEhloInTls', ['AT-4', 'AT-6', 'SC-46', 'ST-9'], one('failed', 'message-too-big')),
  playing('ehloAfterTlsWithoutCapabilities', ['AT-4', 'SC-7', 'SC-20', 'ST-9'], delivered, {
    ahead: null,
    holds: (world) => deepEqual(world.server(MX1).messages[0]?.from.parameters, []),
  }),
  playing('ehloAfterTlsWithoutCapabilities', ['SC-48', 'ST-9'], one('failed', '8bitmime-not-offered'), {
    name: 'ehloAfterTlsWithoutCapabilities, a message with eight bits',
    mail: body('Grüße'),
  }),
  playing('ehloRefusedInTls', ['SC-4', 'ST-12'], delivered, {
    ahead: null,
    holds: (world) => equal(world.saw('HELO', 1)[0]?.secure, true),
  }),
];

const code = (
  state: ExpectedOutcome['state'],
  reason: ExpectedOutcome['reason'],
  reply: number,
): ExpectedOutcome => ({
  state,
  reason,
  code: reply,
});

const transactions: readonly Scenario[] = [
  playing('530BeforeMail', ['SC-10'], one('failed', 'sender-rejected', { reach: 'envelope', code: 530 })),
  playing('mail503', ['AT-3'], deferred('reply-mismatch', 'envelope'), { ahead: unknown }),
  playing(
    'rcptMixed',
    ['SC-23', 'SC-24'],
    {
      outcomes: [
        code('delivered', null, 250),
        code('failed', 'recipient-rejected', 550),
        code('deferred', 'recipient-deferred', 451),
        code('delivered', null, 250),
        code('delivered', null, 250),
      ],
    },
    { mail: { to: recipients(5) } },
  ),
  playing(
    'rcptLimit552',
    ['SC-24'],
    { outcomes: recipients(101).map(() => code('delivered', null, 250)) },
    {
      mail: { to: recipients(101) },
      // More than a server must take at once go in steps.
      ahead: null,
      holds: (world) =>
        deepEqual(
          world.server(MX1).messages.map((message) => message.recipients.length),
          [100, 1],
        ),
    },
  ),
  playing(
    '354WithoutRecipients',
    ['SC-26', 'SC-40'],
    one('failed', 'recipient-rejected', { reach: 'envelope' }),
    {
      ahead: unknown,
      // A lone dot for 354 (SC-40); in a window the content has come along, and is nobody's.
      holds: (world, before) =>
        deepEqual(
          world
            .server(MX1)
            .messages.slice(before)
            .map(({ content }) => content.length),
          before === 0 ? [0] : [],
        ),
    },
  ),
  playing('laxEndOfData', ['AT-20', 'SC-30', 'SC-31'], delivered, {
    mail: body('a\n.\nMAIL FROM:<evil@x.example>\r\n.\nRCPT TO:<c@d.example>\n.\r\n.\r\nend'),
    holds: (world, before) => world.saw('MAIL', before === 0 ? 1 : 7),
  }),
];

/** By name. */
export const sessionScenarios: readonly Scenario[] = [
  ...reaching,
  ...farewells,
  ...losses,
  ...insideTls,
  ...transactions,
];
