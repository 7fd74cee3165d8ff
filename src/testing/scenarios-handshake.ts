/**
 * Scenarios of TLS itself: versions, suites, groups, client certificates, tickets, broken handshakes. None of them leads
 * to a lower version, a weaker suite or clear text.
 */
import { deepEqual, equal } from 'node:assert/strict';
import { secureMailSuites, finansinspektionenSuites } from '../tls/suite-profiles.js';
import { deferred, delivered, held, MX1, PARTNER, playing, type Scenario } from './scenario.js';

const floor13 = { options: { policies: [{ match: PARTNER, minProtocol: 'TLSv1.3' }] } } as const;
const withSuites = (ciphers: typeof secureMailSuites): Partial<Scenario> => ({
  options: { policies: [{ match: PARTNER, level: 'verified', ciphers }] },
});

/** By name. */
export const handshakeScenarios: readonly Scenario[] = [
  playing('tls10Only', ['AT-8', 'CV-1', 'CV-3'], held('no-common-protocol')),
  playing('tls11Only', ['AT-8', 'CV-1', 'CV-3'], held('no-common-protocol')),
  playing('tls11Only', ['CV-4'], held('no-common-protocol'), {
    name: 'tls11Only, class mandatory',
    options: { default: 'mandatory' },
  }),
  playing('tls12Only', ['CV-2'], delivered),
  playing('tls12Only', ['CV-1'], held('no-common-protocol'), {
    name: 'tls12Only, floor TLS 1.3',
    ...floor13,
  }),
  playing('tls13Only', ['CV-2'], delivered, { ...floor13 }),
  playing('cipherOnly:AES128-SHA', ['AT-10', 'CV-6'], held('handshake-alert')),
  playing('cipherOnly:AES128-SHA', ['CV-20', 'FI-11'], delivered, {
    name: 'cipherOnly:AES128-SHA, suites of Finansinspektionen',
    ...withSuites(finansinspektionenSuites),
  }),
  playing('cipherOnly:AES128-GCM-SHA256', ['AT-10', 'CV-6'], held('handshake-alert')),
  playing('cipherOnly:ECDHE-ECDSA-AES128-SHA', ['AT-10', 'CV-6'], held('handshake-alert')),
  playing('weakSuiteOnly', ['AT-10', 'CV-6', 'FI-13'], held('handshake-alert')),
  playing('weakSuiteOnly', ['AT-10', 'CV-6', 'FI-13'], held('handshake-alert'), {
    name: 'weakSuiteOnly, suites of Finansinspektionen',
    ...withSuites(finansinspektionenSuites),
  }),
  playing('anonymousSuiteOnly', ['AT-10', 'CV-9'], held('handshake-alert')),
  playing('dhe1024', ['AT-10', 'CV-6'], held('handshake-alert')),
  playing('dhe1024', ['AT-10', 'CV-10'], held('weak-dh'), {
    name: 'dhe1024, suites with DHE allowed',
    servers: { [MX1]: { fault: 'dhe1024', tls: { ciphers: 'DHE-RSA-AES256-GCM-SHA384' } } },
    ...withSuites(secureMailSuites),
  }),
  playing('dhe1024', ['CV-10', 'SM-7'], delivered, {
    name: 'DHE of 2048 bits, suites with DHE allowed',
    servers: {
      [MX1]: { fault: 'dhe1024', tls: { ciphers: 'DHE-RSA-AES256-GCM-SHA384', dhGroup: 'modp14' } },
    },
    ...withSuites(secureMailSuites),
  }),
  playing('forgedHello:SSLv3', ['AT-8', 'CV-1'], held('no-common-protocol')),
  playing('forgedHello:RC4', ['AT-10', 'CV-6', 'FI-13'], held('handshake-alert')),
  playing('forgedHello:3DES', ['AT-10', 'CV-6'], held('handshake-alert')),
  playing('forgedHello:EXPORT', ['AT-10', 'CV-6', 'FI-13'], held('no-common-protocol')),
  playing('alertInHandshake', ['AT-8', 'ST-13'], held('handshake-alert')),
  playing('unrecognizedName', ['ST-13'], held('handshake-alert')),
  playing('noiseInHandshake', ['AT-2', 'ST-5'], held('plaintext-after-starttls')),
  playing('truncatedHandshake', ['AT-11', 'ST-13'], held('handshake-closed')),
  playing('clientCertRequested', ['ST-8'], delivered, {
    holds: (world) => equal(world.server(MX1).connections[0]?.tls?.clientCertificate, null),
  }),
  playing('clientCertRequired:tls12', ['ST-13'], held('handshake-alert')),
  playing('clientCertRequired:tls13', ['ST-13'], held('client-certificate-required')),
  playing('ticketsOffered', ['AT-9', 'AT-12', 'ST-21'], delivered, {
    turns: [
      {
        // Longer than a connection is kept.
        change: (world) => world.clock.advance('10m'),
        expected: delivered,
      },
    ],
    holds: (world) =>
      deepEqual(
        world.server(MX1).connections.map(({ tls }) => tls?.resumed),
        [false, false],
      ),
  }),
  playing(['ticketsOffered', 'tls12Only'], ['AT-9', 'AT-12', 'ST-21'], delivered, {
    turns: [{ change: (world) => world.clock.advance('10m'), expected: delivered }],
    holds: (world) =>
      deepEqual(
        world.server(MX1).connections.map(({ tls }) => tls?.resumed),
        [false, false],
      ),
  }),
  playing('renegotiation', ['CV-11'], deferred('connection-closed'), {
    holds: (world) => equal(world.server(MX1).connections[0]?.handshakes, 1),
  }),
];
