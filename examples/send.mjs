/**
 * A sender with a class for each partner (a to d) and the profile of Finansinspektionen.
 *
 * In a program of yours nothing is passed as `surroundings`: the test of this file puts a small internet in their place.
 */
import { createSender, explainOutcome, summarise } from 'enforced-tls';
import { finansinspektionen } from 'enforced-tls/scheme';

/** @param {Partial<import('enforced-tls').SenderOptions>} surroundings */
export function createBankSender(surroundings = {}) {
  return createSender({
    ehloName: 'out.bank.example',
    queue: './mail.sqlite',
    policies: [
      // fi.se, class d: pinned hosts, one issuer, suites by strength, the Common Name too.
      finansinspektionen(),
      // a: always in clear.
      { match: 'newsletter.example', level: 'plain' },
      // c: always encrypted, with whatever certificate the other side has.
      { match: 'supplier.example', level: 'mandatory' },
      // d: encrypted and verified, and to no other host than these.
      { match: 'partner.example', level: 'verified', mx: ['mx1.partner.example', 'mx2.partner.example'] },
    ],
    // b, everybody else: encrypted where it can be had.
    default: 'opportunistic',
    complete: true,
    reports: {
      language: 'sv',
      onReport: ({ kind, to }) => console.log(`A report (${kind}) for ${to}`),
    },
    onAttempt: (record) => {
      for (const { recipient, state, reason, tls } of summarise(record)) {
        console.log(
          recipient,
          state,
          reason ?? '',
          tls === null ? 'no TLS' : `${tls.protocol} ${tls.verifiedBy}`,
        );
      }
    },
    ...surroundings,
  });
}

/**
 * Sends one mail and says what became of it at the first try, in words. What waits is tried on by the sender.
 * @param {import('enforced-tls').Sender} sender
 * @param {readonly string[]} to
 */
export async function sendReport(sender, to) {
  const receipt = await sender.send({
    from: 'ops@bank.example',
    to,
    message: Buffer.from('From: ops@bank.example\r\nSubject: Report\r\n\r\nThe figures of June.\r\n'),
    // One key for one report: sent again after a crash, it goes out once.
    idempotencyKey: 'report-2026-06',
  });
  const outcomes = await receipt.attempted;
  return outcomes.map((outcome) => explainOutcome(outcome, { now: outcome.at, id: receipt.id }));
}
