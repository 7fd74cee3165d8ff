/**
 * TLS with a partner, from the first look to enforcement: a class for each partner (a to d), preflights, warnings before
 * certificates end, a test mail whose returned copy tells how it came.
 *
 * In a program of yours nothing is passed as `surroundings`: the test of this file puts a small internet in their place.
 */
import { createSender, fileOnce, judgeReturned, onEvent, writePreflight } from 'enforced-tls';

/**
 * @param {Partial<import('enforced-tls').SenderOptions>} surroundings
 * @param {string} toldFile where it is kept across restarts what was told once
 */
export function createRolloutSender(surroundings = {}, toldFile = './told') {
  return createSender({
    ehloName: 'out.bank.example',
    queue: './mail.sqlite',
    policies: [
      { match: 'newsletter.example', level: 'plain' }, // a: always in clear
      { match: 'supplier.example', level: 'mandatory' }, // c: always encrypted, any certificate
      { match: 'partner.example', level: 'verified' }, // d: encrypted, and proven to be the partner
      { match: 'next.example', level: 'verified', reportOnly: true }, // d on trial: judged, not enforced
    ],
    default: 'opportunistic', // b: encrypted where it can be had
    once: fileOnce(toldFile),
    ...surroundings,
  });
}

/**
 * Calls `tell` with one line for each thing that a person should know: TLS that is new, certificates that end, mail on trial
 * that would have been held. Returns the function that stops.
 * @param {(line: string) => void} tell
 */
export function watchPartners(tell) {
  const stops = [
    onEvent('tls.first-seen', ({ domain, host }) => tell(`${domain}: TLS works, seen at ${host}`)),
    onEvent('certificate.expiring', ({ whose, domain, host, subject, days }) =>
      tell(`${whose === 'own' ? 'own server' : domain}: ${subject} at ${host} ends in ${days} days`),
    ),
    onEvent('policy.would-refuse', ({ domain, host, reason }) =>
      tell(`${domain}: would be held because of ${reason} at ${host}`),
    ),
  ];
  return () => stops.forEach((stop) => stop());
}

/**
 * Once a day: all partners, the own server, and the certificates that it will send after the next reload. The reports as text
 * for whoever keeps them; what ends soon has been told by then.
 * @param {import('enforced-tls').Sender} sender
 * @param {{ partners: readonly string[], ownServer: string, ownChain: string }} look `ownChain` is PEM
 */
export async function lookAround(sender, { partners, ownServer, ownChain }) {
  const reports = [];
  for (const domain of partners) {
    // As if it were enforced already: that is what both sides want to know before.
    const report = await sender.preflight(domain, { minLevel: 'verified' });
    reports.push(writePreflight(report));
  }
  reports.push(writePreflight(await sender.checkServer({ host: ownServer })));
  await sender.checkCertificates(ownServer, ownChain);
  return reports;
}

/**
 * Sends a test mail. Keep what comes back until the partner has sent the copy.
 * @param {import('enforced-tls').Sender} sender
 * @param {string} to
 */
export async function sendTestMail(sender, to) {
  const { test, receipt } = await sender.sendTest({ from: 'ops@bank.example', to });
  await receipt.attempted;
  return test;
}

/**
 * What the returned copy says.
 * @param {string | Uint8Array} copy
 * @param {import('enforced-tls').TestMail} test
 * @param {readonly string[]} trusted the partner's servers, which are believed
 */
export function readCopy(copy, test, trusted) {
  const { kind, passed, received } = judgeReturned(copy, test, { trusted, sender: 'out.bank.example' });
  if (kind !== 'copy') return `this is no copy of the test mail (${kind})`;
  return passed ? 'came over TLS' : `no proof: ${received?.finding}`;
}
