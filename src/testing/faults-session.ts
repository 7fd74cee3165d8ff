/**
 * Faults of a session and its transaction: greetings, second greetings, 421 and lost connections at each step, recipients
 * of all kinds, messages that are stored and then lost.
 */
import type { Act, Play, Step } from './play.js';

const TRANSACTION = ['mail', 'rcpt', 'data', 'dot'] as const;
const BUSY_AT = ['connect', 'ehlo', 'starttls', 'secure', 'ehloInTls', ...TRANSACTION, 'quit'] as const;
const FAREWELL_AT = ['ehloInTls', ...TRANSACTION] as const;
const CLOSE_AT = ['connect', 'ehlo', 'secure', 'ehloInTls', ...TRANSACTION, 'quit'] as const;

const busy: Act = (s) => {
  s.say('421 4.3.2 closing, come back later');
  s.end();
};

/** One fault for each step, named `<prefix>:<step>`. */
function atEach<P extends string, S extends Step>(
  prefix: P,
  steps: readonly S[],
  make: (step: S) => Play,
): Record<`${P}:${S}`, Play> {
  return Object.fromEntries(steps.map((step) => [`${prefix}:${step}`, make(step)])) as Record<
    `${P}:${S}`,
    Play
  >;
}

const OTHER_EHLO = ['elsewhere.invalid', 'SIZE 100', 'X-OTHER'];

/** By name. */
export const sessionFaults = {
  refusedPort: { says: 'nothing listens at the port', unreachable: 'refused' },
  unansweredPort: {
    says: 'connections are never answered (for senders that use the dial of the server or the world)',
    unreachable: 'unanswered',
  },
  silentGreeting: {
    says: 'the connection stands and the greeting never comes',
    at: { connect: () => undefined },
  },
  greet554: {
    says: 'the greeting is 554',
    at: { connect: (s) => s.say(`554 ${s.host} no mail service here`) },
  },
  closeBeforeGreeting: {
    says: 'the connection is closed without a greeting',
    at: { connect: (s) => s.end() },
  },
  ...atEach('421At', BUSY_AT, (step) => ({
    says: `421 and the end of the connection at the step "${step}"`,
    at: { [step]: busy },
  })),
  '421MidSession': {
    says: '421 and the end of the connection in answer to the first RCPT',
    at: { rcpt: busy },
  },
  ...atEach('closeWithNotify', FAREWELL_AT, (step) => ({
    says: `the connection is closed in good order, and without a reply, at the step "${step}"`,
    at: { [step]: ((s) => s.end()) satisfies Act },
  })),
  ...atEach('closeWithoutNotify', CLOSE_AT, (step) => ({
    says: `the connection is cut without close_notify at the step "${step}"`,
    at: { [step]: ((s) => s.drop()) satisfies Act },
  })),
  resetAfterDot: {
    says: 'the connection is reset when the message is whole, which is not stored',
    at: { dot: (s) => s.reset() },
  },
  dropDuringData: {
    says: 'the connection is cut when the message begins to come',
    at: { content: (s) => s.drop() },
  },
  dropAfterDot: {
    says: 'the message is stored, and the connection is cut before the receipt',
    at: {
      dot: (s) => {
        s.store();
        s.drop();
      },
    },
  },
  silentAfterDot: {
    says: 'the message is stored, and the receipt never comes',
    at: {
      dot: (s) => {
        s.store();
        s.fallSilent();
      },
    },
  },
  secondGreetingInTls: {
    says: 'the server greets again inside TLS, before anything was asked',
    at: { secure: (s) => s.say(`220 ${s.host} ESMTP again`) },
  },
  starttlsOfferedAgainAfterTls: {
    says: 'STARTTLS is offered inside TLS too',
    at: { ehloInTls: (s) => greetWith(s, [...s.ehloLines(), 'STARTTLS']) },
  },
  differentEhloInTls: {
    says: 'inside TLS the server has another name and other extensions: none, and SIZE 100',
    at: { ehloInTls: (s) => greetWith(s, OTHER_EHLO) },
  },
  ehloAfterTlsWithoutCapabilities: {
    says: 'inside TLS no extension is offered',
    at: { ehloInTls: (s) => greetWith(s, [s.host]) },
  },
  ehloRefusedInTls: {
    says: 'EHLO is not known inside TLS',
    at: { ehloInTls: (s) => s.say('502 5.5.1 command not known') },
  },
  '530BeforeMail': {
    says: 'MAIL is answered with 530: a login is required',
    at: { mail: (s) => s.say('530 5.7.0 authentication required') },
  },
  mail503: {
    says: 'the first MAIL is answered with 503, as if somebody had begun a transaction before',
    at: { mail: (s) => s.say('503 5.5.1 a transaction is open') },
  },
  rcptMixed: {
    says: 'recipients are answered in turn: 250, 550 5.1.1, 451 4.2.1, 452 4.5.3, then 250',
    at: {
      rcpt: (s, proceed) => {
        const reply = [null, '550 5.1.1 nobody here', '451 4.2.1 mailbox locked', '452 4.5.3 too many'][
          s.asked - 1
        ];
        if (typeof reply === 'string') s.say(reply);
        else proceed();
      },
    },
  },
  rcptLimit552: {
    says: 'the 101st recipient and all after it are answered with 552',
    at: {
      rcpt: (s, proceed) => {
        if (s.accepted >= 100) s.say('552 5.5.3 too many recipients');
        else proceed();
      },
    },
  },
  '354WithoutRecipients': {
    says: 'every recipient is refused, and DATA is answered with 354, BDAT with 250 all the same',
    at: {
      rcpt: (s) => s.say('550 5.1.1 nobody here'),
      data: (s) => {
        s.say('354 go ahead');
        s.expectContent();
      },
      bdat: (s) => s.answerChunk('250 2.0.0 taken'),
    },
  },
  laxEndOfData: {
    says: 'LF or CR alone around a dot end a message too, so that smuggled commands are obeyed',
    endOfData: 'lax',
  },
} as const satisfies Record<string, Play>;

function greetWith(s: Parameters<Act>[0], lines: readonly string[]): void {
  s.greet();
  s.sayMany(250, lines);
}
