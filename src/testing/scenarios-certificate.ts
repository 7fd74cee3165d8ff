/**
 * Scenarios of certificates: chain, dates, names, keys, purposes; and what a waiver or another mode lets through.
 */
import { equal } from 'node:assert/strict';
import { delivered, held, MX1, MX2, one, PARTNER, playing, type Scenario } from './scenario.js';
import type { TableRule } from '../policy/from-table.js';

const rule = (more: Partial<TableRule>): Partial<Scenario> => ({
  options: { policies: [{ match: PARTNER, level: 'verified', ...more }] },
});
const waiving = (check: 'validity' | 'name'): Partial<Scenario> =>
  rule({ waive: [{ check, reason: 'renewal is under way', approvedBy: 'ciso', until: '2027-01-31' }] });

/** By name. */
export const certificateScenarios: readonly Scenario[] = [
  playing('cert:expired', ['CI-7', 'FI-19'], held('certificate-expired')),
  playing('cert:expired', ['FI-19'], delivered, {
    name: 'cert:expired, the dates are waived',
    ...waiving('validity'),
  }),
  playing('cert:expired', ['FAQ-21'], delivered, {
    name: 'cert:expired, class mandatory',
    options: { default: 'mandatory' },
  }),
  playing('cert:notYet', ['CI-7'], held('certificate-not-yet-valid')),
  playing('cert:issuerExpired', ['CI-7'], held('certificate-expired')),
  playing('cert:selfSigned', ['CI-1', 'FAQ-23'], held('certificate-self-signed')),
  playing('cert:selfSigned', ['FAQ-21'], delivered, {
    name: 'cert:selfSigned, class mandatory',
    options: { default: 'mandatory' },
  }),
  playing('cert:wrongHost', ['AT-9', 'CI-12', 'CI-19'], held('certificate-host-mismatch')),
  playing('cert:wrongHost', ['CI-10'], delivered, {
    name: 'cert:wrongHost, the policy names that host',
    ...rule({ verifyAs: 'other.invalid' }),
  }),
  playing('cert:cnOnly', ['AT-9', 'CI-12'], held('certificate-host-mismatch')),
  playing('cert:cnOnly', ['CI-13'], delivered, {
    name: 'cert:cnOnly, mode san-or-cn',
    ...rule({ nameMode: 'san-or-cn' }),
  }),
  playing('cert:cnMatchSanOther', ['AT-9', 'CI-12'], held('certificate-host-mismatch')),
  playing('cert:cnMatchSanOther', ['CI-13'], held('certificate-host-mismatch'), {
    name: 'cert:cnMatchSanOther, mode san-or-cn',
    ...rule({ nameMode: 'san-or-cn' }),
  }),
  playing('cert:sanMatchCnOther', ['CI-12'], delivered),
  playing('cert:sanMatchCnOther', ['CI-14', 'FI-20'], held('certificate-cn-mismatch'), {
    name: 'cert:sanMatchCnOther, mode san-and-cn',
    ...rule({ nameMode: 'san-and-cn' }),
  }),
  playing('cert:emptySubject', ['CI-12'], delivered),
  playing('cert:ipOnly', ['CI-17'], held('certificate-host-mismatch')),
  playing('cert:partialWildcard', ['AT-9', 'CI-16'], held('certificate-host-mismatch')),
  playing('cert:missingIntermediate', ['CI-4'], held('certificate-chain-incomplete')),
  playing('cert:privateRootSent', ['CI-1'], held('certificate-not-trusted')),
  playing('cert:unknownCa', ['CI-1'], held('certificate-unknown-issuer')),
  playing('cert:expiredUnknownCa', ['CI-1', 'CI-7'], held('certificate-unknown-issuer')),
  playing('cert:expiredUnknownCa', ['CI-1', 'CI-7', 'FI-19'], held('certificate-unknown-issuer'), {
    name: 'cert:expiredUnknownCa, the dates are waived',
    ...waiving('validity'),
  }),
  playing('cert:distrustedRoot', ['CI-3'], held('certificate-distrusted-root')),
  playing('cert:ekuClientOnly', ['CI-6'], held('certificate-wrong-purpose')),
  playing('cert:rsa1024', ['CI-9'], held('certificate-weak-key')),
  playing('cert:sha1', ['AT-10', 'CI-9', 'CV-10'], held('certificate-weak-signature')),
  playing('cert:nameConstraint', ['CI-5'], held('certificate-name-constraint')),
  playing('cert:unknownCriticalExtension', ['CI-5'], held('certificate-unknown-critical-extension')),
  playing('cert:issuerNotCa', ['CI-5'], held('certificate-invalid')),
  {
    name: 'the second server shows the certificate of the first',
    says: 'two mail servers: the first is down, the second shows the certificate of the first',
    rules: ['AT-9', 'CI-10'],
    zones: { [PARTNER]: { mx: [MX1, MX2] } },
    servers: { [MX1]: { fault: 'refusedPort' }, [MX2]: { certificate: { dns: [MX1] } } },
    expected: one('deferred', 'connect-refused', { host: MX1 }),
    holds: (world) => equal(world.server(MX2).connections.length, 1),
  },
  {
    name: 'the first server is refused, the second takes the mail',
    says: 'two mail servers: the first shows an expired certificate, the second is honest',
    rules: ['MX-18', 'Q-26', 'ST-13'],
    zones: { [PARTNER]: { mx: [MX1, MX2] } },
    servers: { [MX1]: { certificate: 'expired' } },
    expected: one('delivered', null, { host: MX2 }),
    holds: (world) => world.server(MX1).never('MAIL'),
  },
  {
    name: 'one waiver, two faults',
    says: 'an expired certificate for another host, and only the dates are waived',
    rules: ['CI-19', 'FI-19'],
    servers: {
      [MX1]: {
        certificate: { dns: ['other.invalid'], notBefore: '2025-01-01', notAfter: '2026-01-10' },
      },
    },
    expected: held('certificate-host-mismatch'),
    ...waiving('validity'),
  },
];
