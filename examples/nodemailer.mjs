/**
 * Nodemailer composes the message, enforced-tls delivers it: at once (direct mode) or through a queue (queue mode).
 */
import { enforcedTls } from 'enforced-tls/nodemailer';
import nodemailer from 'nodemailer';

/**
 * Direct mode: one attempt now. `sendMail` rejects when nobody has the message, and nothing is tried again.
 * @param {Partial<import('enforced-tls').EngineOptions>} surroundings for tests
 */
export function createDirectTransport(surroundings = {}) {
  return nodemailer.createTransport(
    enforcedTls({ ehloName: 'out.bank.example', default: 'verified', ...surroundings }),
  );
}

/**
 * Queue mode: `sendMail` resolves when the message is kept, and the sender does the rest, reports included.
 * @param {import('enforced-tls').Sender} sender
 */
export function createQueueTransport(sender) {
  return nodemailer.createTransport(enforcedTls({ sender }));
}

/**
 * Sends an invoice at once and says how it went.
 * @param {ReturnType<typeof createDirectTransport>} transport
 * @param {string} to
 */
export async function sendInvoice(transport, to) {
  try {
    const info = await transport.sendMail({
      from: 'Bank <ops@bank.example>',
      to,
      subject: 'Invoice',
      text: 'The invoice is attached.',
      attachments: [{ filename: 'invoice.csv', content: 'number,amount\n4711,100\n' }],
    });
    const [receipt] = info.receipts;
    return { sent: true, proof: `${receipt.tls?.protocol}, verified by ${receipt.tls?.verifiedBy}` };
  } catch (error) {
    // `code` is a key of the table of reasons, the message says who can mend it and how.
    const { code, message } = /** @type {import('enforced-tls/nodemailer').DeliveryError} */ (error);
    return { sent: false, code, message };
  }
}
