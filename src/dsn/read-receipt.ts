/**
 * Asks for read receipts: puts `Disposition-Notification-To` on a message, for all of its recipients or for some, who then get
 * a copy of their own (DSN-60, DSN-61, DSN-63).
 * Failure: ConfigError `read-receipt-invalid` with what to do; nothing is changed. Standard: RFC 8098 §2.1.
 */
import { ConfigError } from '../core/errors.js';
import { refuseUnknownOptions } from '../core/options.js';
import { printable } from '../core/printable.js';
import { parseAddress } from '../message/address.js';
import { fieldOf, readPart } from './mime.js';
import { readMessageId } from './parse-values.js';

/** A message whose readers are asked. */
export interface ReadReceiptRequest {
  /** RFC 5322, with its Message-ID, by which the receipt is matched. */
  readonly message: Uint8Array | string;
  /** Its return path. */
  readonly from: string;
  /** All of its envelope recipients. */
  readonly recipients: readonly string[];
  /** Who of them is asked. Default: everybody. */
  readonly ask?: readonly string[];
  /** Where receipts go. Default: `from`, and with another address far fewer come. */
  readonly to?: string;
}

/** What to send in place of the message. */
export interface ReadReceiptCopies {
  /** One, or two where only some are asked: each is sent by itself, under the same Message-ID. */
  readonly copies: readonly ReadReceiptCopy[];
  /** What will not go as hoped, in words. */
  readonly warnings: readonly string[];
}

/** A copy of the message and who gets it. */
export interface ReadReceiptCopy {
  readonly message: Uint8Array;
  readonly recipients: readonly string[];
  readonly asks: boolean;
}

/**
 * Makes the copies.
 * @throws ConfigError `read-receipt-invalid`, `address-invalid`, `option-unknown`
 */
export function askForReadReceipts(request: ReadReceiptRequest): ReadReceiptCopies {
  refuseUnknownOptions(request, ['message', 'from', 'recipients', 'ask', 'to'], 'askForReadReceipts');
  const message = Buffer.from(request.message);
  refuseUnfit(message);
  if (request.from === '') {
    throw invalid('from', 'a message without return path is a report or a receipt, and those ask for none');
  }
  const from = parseAddress(request.from, 'from').path;
  const to = parseAddress(request.to ?? request.from, 'to').path;
  const asked = new Set((request.ask ?? request.recipients).map(pathOf));
  const known = new Set(request.recipients.map(pathOf));
  const stranger = [...asked].find((path) => !known.has(path));
  if (asked.size === 0 || stranger !== undefined) {
    throw invalid('ask', `expected some of the recipients, got ${stranger ?? 'nobody'}`);
  }
  const lineEnd = /\r?\n/.exec(message.toString('latin1'))?.[0] ?? '\r\n';
  const field = Buffer.from(`Disposition-Notification-To: <${to}>${lineEnd}`);
  const [some, others] = [true, false].map((asks) =>
    request.recipients.filter((recipient) => asked.has(pathOf(recipient)) === asks),
  ) as [string[], string[]];
  const copies: ReadReceiptCopy[] = [
    { message: Buffer.concat([field, message]), recipients: some, asks: true },
  ];
  if (others.length > 0) copies.push({ message, recipients: others, asks: false });
  return { copies, warnings: to === from ? [] : [otherAddress(to, from)] };
}

const pathOf = (address: string): string => parseAddress(address, 'recipient').path;

/** What must not ask, and what cannot be matched. */
function refuseUnfit(message: Buffer): void {
  const { fields, type } = readPart(message.toString('latin1'));
  if (type.name === 'multipart/report') {
    throw invalid('message', 'a report or a receipt must not ask for a receipt (RFC 8098 §2.1)');
  }
  if (fields.some(({ key }) => key === 'disposition-notification-to')) {
    throw invalid('message', 'it asks already; a message may ask once (RFC 8098 §2.1)');
  }
  if (readMessageId(fieldOf(fields, 'message-id')) === null) {
    throw invalid(
      'message',
      'it needs a Message-ID such as <id@example.org>, or its receipts cannot be told from others',
    );
  }
}

function otherAddress(to: string, from: string): string {
  return `Disposition-Notification-To ${printable(to)} is not the return path ${printable(from)}: mail programs must then ask their user and never answer by themselves (RFC 8098 §2.1). Expect few receipts.`;
}

function invalid(what: string, why: string): ConfigError {
  return new ConfigError('read-receipt-invalid', `${what}: ${why}`);
}
