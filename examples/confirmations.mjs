/**
 * Confirmations: ask the servers for reports and the reader for a receipt, remember what was sent, and match what comes back.
 */
import {
  askForReadReceipts,
  createReturnAddress,
  matchReport,
  readReport,
  readReturnAddress,
} from 'enforced-tls/dsn';

/**
 * @typedef {Required<import('enforced-tls/dsn').SentMessage>} Remembered
 * @typedef {{ address: string, keys: string[] }} Secret the mailbox that gets reports, and the keys of its tokens
 */

/**
 * Sends one message so that its delivery is confirmed, and its reading by those of `ask`.
 * @param {import('enforced-tls').Sender} sender
 * @param {{ id: string, messageId: string, message: string, to: string[], ask: string[] }} mail
 * @param {Secret} secret
 * @param {number} now
 * @returns {Promise<Remembered>} keep it; reports come for days, receipts for longer
 */
export async function sendWithConfirmations(sender, { id, messageId, message, to, ask }, secret, now) {
  const from = createReturnAddress(id, { ...secret, now, validFor: '30d' });
  const { copies } = askForReadReceipts({ message, from, recipients: to, ask });
  for (const copy of copies) {
    await sender.send({
      from,
      to: copy.recipients.map((address) => ({ address, originalRecipient: `rfc822;${address}` })),
      notify: ['success', 'delay', 'failure'],
      ret: 'headers',
      envelopeId: id,
      message: Buffer.from(copy.message),
      idempotencyKey: `${id} ${copy.asks ? 'asks' : 'plain'}`,
    });
  }
  return { id, envelopeId: id, messageId, recipients: to };
}

/**
 * Reads a mail that came to the mailbox of reports.
 * @param {Uint8Array} octets
 * @param {{ deliveredTo: string, envelopeFrom: string | null }} envelope of that mail
 * @param {(key: { id?: string, envelopeId?: string | null, messageId?: string | null }) => Remembered | null} find looks a
 *   message up by whichever key is there
 * @param {Secret} secret
 * @param {number} now
 */
export function readConfirmation(octets, { deliveredTo, envelopeFrom }, find, secret, now) {
  const report = readReport(octets, { envelopeFrom });
  if (report.kind === 'not-a-report') return { about: null, says: [], proves: report.text };
  const returnAddress = readReturnAddress(deliveredTo, { ...secret, now });
  const sent =
    returnAddress.kind === 'valid'
      ? find({ id: returnAddress.id })
      : report.kind === 'delivery'
        ? find({ envelopeId: report.envelopeId })
        : find({ messageId: report.originalMessageId });
  if (sent === null) return { about: null, says: [], proves: 'It is about no message that was sent here.' };
  const { matched, recipients, proves } = matchReport(report, sent, returnAddress);
  if (matched === 'none') return { about: null, says: [], proves };
  const says = recipients.map(({ recipient, report: found }) =>
    found === null
      ? `${recipient}: ${report.kind === 'disposition' ? report.disposition : ''}`
      : `${recipient}: ${found.action}, ${found.status?.meaning ?? 'no status'}`,
  );
  return { about: sent.id, says, proves };
}
