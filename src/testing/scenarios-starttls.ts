/**
 * Scenarios around STARTTLS in clear: stripping, refusing, closing, injecting. An enforced class holds the mail at each.
 */
import { deepEqual, equal } from 'node:assert/strict';
import { deferred, delivered, held, MX1, one, PARTNER, playing, type Scenario } from './scenario.js';
import type { World } from './world.js';

const opportunistic = { options: { default: 'opportunistic' } } as const;
const inClear = one('delivered', null, { reach: 'clear' });

/** CV-3: a handshake that breaks is made once more, with older key shares, and no third time. */
function triesTwice(world: World): void {
  world.saw('STARTTLS', 2);
}

/** By name. */
export const starttlsScenarios: readonly Scenario[] = [
  {
    name: 'plain STARTTLS delivery',
    says: 'an honest server offers STARTTLS and shows a good certificate',
    rules: ['ST-3', 'ST-9', 'ST-14', 'SC-18'],
    expected: one('delivered', null, { host: MX1, code: 250 }),
    holds: (world, before) => {
      const [connection] = world.server(MX1).connections;
      equal(connection?.tls?.servername, MX1);
      const verbs = connection?.commands.map(({ verb, secure }) => `${verb}${secure ? '*' : ''}`) ?? [];
      const content = before === 0 ? 'DATA*' : 'BDAT*';
      deepEqual(verbs.slice(0, 6), ['EHLO', 'STARTTLS', 'EHLO*', 'MAIL*', 'RCPT*', content]);
      // SC-54: of several messages each begins with RSET.
      const between = before === 0 ? [] : ['RSET*', 'MAIL*', 'RCPT*', content];
      deepEqual(verbs.slice(-1 - between.length), [...between, 'QUIT*']);
    },
  },
  playing('noStarttls', ['AT-1', 'ST-1'], held('starttls-not-supported'), {
    holds: (world) => world.never('STARTTLS'),
  }),
  playing('strippedXXXX', ['AT-1', 'ST-1'], held('starttls-stripped'), {
    holds: (world) => world.never('STARTTLS'),
  }),
  playing('starttlsOnFirstLine', ['AT-1', 'SC-6'], held('starttls-not-supported'), {
    holds: (world) => world.never('STARTTLS'),
  }),
  playing('ehlo502', ['SC-4'], held('starttls-not-supported'), {
    holds: (world) => world.never('HELO'),
  }),
  playing('starttls454', ['AT-1', 'ST-4'], held('starttls-temporarily-unavailable')),
  playing('starttls501', ['AT-1', 'ST-4'], held('starttls-refused')),
  playing('starttls502', ['AT-1', 'ST-4'], held('starttls-refused')),
  playing('closeAfterStarttls', ['AT-1', 'SC-15'], deferred('connection-closed')),
  playing('resetAfterStarttls', ['AT-1', 'SC-15'], deferred('connection-closed')),
  playing('closeAfter220', ['AT-1', 'AT-8', 'CV-3', 'ST-13'], held('handshake-closed'), {
    holds: triesTwice,
  }),
  playing('hangAfter220', ['AT-1', 'AT-8', 'CV-3', 'ST-13', 'SC-37'], held('handshake-timeout'), {
    holds: triesTwice,
  }),
  playing('plaintextAfter220', ['AT-2', 'ST-5'], held('plaintext-after-starttls')),
  playing('multiLine220', ['ST-6'], delivered),
  playing('injectAfter220', ['AT-2', 'ST-5'], held('plaintext-after-starttls')),
  playing('injectQueuedAfter220', ['AT-2', 'ST-5'], held('plaintext-after-starttls')),
  playing('injectPartialLine', ['AT-2', 'ST-5'], held('plaintext-after-starttls')),
  playing('injectNextSegment', ['AT-2', 'ST-5'], held('plaintext-after-starttls')),
  playing('injectBefore220', ['AT-2', 'AT-7', 'SC-39'], deferred('unsolicited-reply'), {
    holds: (world) => world.never('STARTTLS'),
  }),
  playing('implicitTlsOn25', ['SC-1'], deferred('no-greeting'), {
    // The server waits for TLS, and so much as one octet of SMTP would break its handshake.
    holds: (world) => equal(world.server(MX1).connections[0]?.tlsError, null),
  }),
  playing('noStarttls', ['ST-1', 'FAQ-21'], held('starttls-not-supported'), {
    name: 'noStarttls, class mandatory',
    options: { default: 'mandatory' },
  }),
  playing('noStarttls', ['FAQ-20'], inClear, { name: 'noStarttls, class opportunistic', ...opportunistic }),
  playing('closeAfter220', ['ST-13', 'FAQ-20'], inClear, {
    name: 'closeAfter220, class opportunistic',
    ...opportunistic,
    holds: (world) => {
      // ST-13: clear text goes over a connection of its own, on which TLS was never tried.
      const [clear] = world.server(MX1).connections.filter(({ messages }) => messages.length > 0);
      deepEqual(clear?.commands.map(({ verb }) => verb).slice(0, 2), ['EHLO', 'MAIL']);
    },
  }),
  playing('injectAfter220', ['AT-2', 'ST-5'], held('plaintext-after-starttls'), {
    name: 'injectAfter220, class opportunistic',
    ...opportunistic,
  }),
  playing('noStarttls', ['FAQ-8', 'FAQ-21'], held('starttls-not-supported'), {
    name: 'noStarttls, a rule for the domain asks more than the default',
    options: { default: 'opportunistic', policies: [{ match: PARTNER, level: 'mandatory' }] },
  }),
];
