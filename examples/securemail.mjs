/**
 * A member of SecureMail: what it publishes, how it looks at its own setup, how it sends. How it receives is in
 * smtp-server.mjs, with the profile `securemail`.
 *
 * In a program of yours nothing is passed as `surroundings`: the test of this file puts a small internet in their place.
 */
import { createSender } from 'enforced-tls';
import { checkSecureMailSetup, writeSecureMailSetup } from 'enforced-tls/preflight';
import { createSystemResolver } from 'enforced-tls/route';
import { secureMailProfile, writeSecureMailRecords } from 'enforced-tls/scheme';

const DOMAIN = 'securemail.bank.example';
const ADDRESS = '192.0.2.1';

/** The lines for whoever keeps the zone. */
export function recordsToPublish() {
  return writeSecureMailRecords({
    domain: DOMAIN,
    mode: 'securemail', // or 'best-efforts'
    addresses: [ADDRESS],
    ip: [ADDRESS],
  });
}

/** @param {Partial<import('enforced-tls').SenderOptions>} surroundings */
export function createMemberSender(surroundings = {}) {
  return createSender({
    ehloName: DOMAIN,
    queue: './mail.sqlite',
    complete: true,
    ...secureMailProfile('securemail'),
    ...surroundings,
  });
}

/**
 * What is wrong with the own setup, as text.
 * @param {import('enforced-tls').Sender} sender
 * @param {import('enforced-tls/preflight').SecureMailSetupMeans['resolver']} resolver
 */
export async function lookAtOwnSetup(sender, resolver = createSystemResolver()) {
  const report = await checkSecureMailSetup(
    { domain: DOMAIN, mode: 'securemail', ips: [ADDRESS], ehlo: DOMAIN },
    { resolver, preflight: (domain) => sender.preflight(domain) },
  );
  return writeSecureMailSetup(report);
}

/**
 * Sends to a member. It arrives, or it comes back at once; it never goes in clear.
 * @param {import('enforced-tls').Sender} sender
 * @param {string} to
 */
export async function sendSecurely(sender, to) {
  const receipt = await sender.send({
    from: `ops@${DOMAIN}`,
    to: [to],
    message: Buffer.from(`From: ops@${DOMAIN}\r\nTo: ${to}\r\nSubject: Figures\r\n\r\nSee below.\r\n`),
  });
  const [outcome] = await receipt.attempted;
  return outcome.reason === null ? 'delivered' : `${outcome.state}: ${outcome.reason}`;
}
