/**
 * The test mail of a rollout (FAQ-13): it carries a token by which it is known again; somebody on the other side sends back
 * the copy that arrived, and its Received fields tell whether it came over TLS (FAQ-25).
 */
import { randomBytes } from 'node:crypto';
import { refuseUnknownOptions } from '../core/options.js';
import { formatMailDate } from '../message/date.js';
import { parseAddress } from '../message/address.js';
import { analyzeReceived, type ReceivedAnalysis, type ReceivedOptions } from '../received/analyze.js';
import { readFieldsNamed } from '../received/fields.js';

/** A test mail. */
export interface TestMail {
  /** 32 hexadecimal digits that nobody can guess. */
  readonly token: string;
  /** With its angle brackets. */
  readonly messageId: string;
  readonly subject: string;
  /** The message, RFC 5322. */
  readonly message: Uint8Array;
}

/**
 * Writes a test mail.
 * @throws ConfigError `address-invalid`
 */
export function composeTestMail(
  { from, to }: { readonly from: string; readonly to: string },
  now: number,
): TestMail {
  const sender = parseAddress(from, 'test mail: from');
  const recipient = parseAddress(to, 'test mail: to');
  const token = randomBytes(16).toString('hex');
  const messageId = `<tls-test.${token}@${sender.literal ? 'localhost.invalid' : sender.domain}>`;
  const subject = `TLS test ${token}`;
  const lines = [
    `Date: ${formatMailDate(now)}`,
    `From: ${sender.text}`,
    `To: ${recipient.text}`,
    `Message-ID: ${messageId}`,
    `Subject: ${subject}`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=us-ascii',
    '',
    'This message tests the encrypted way between our mail servers.',
    'Please send it back as it arrived, header and all: save it to a file and attach that.',
    '',
  ];
  return { token, messageId, subject, message: Buffer.from(lines.join('\r\n')) };
}

/** What came back. */
export interface ReturnedMail {
  /**
   * `copy`: the test mail as it arrived. `enclosed`: it lies inside this message; take it out first. `answer`: a message
   * about it, whose own fields tell of the way back only. `other`: nothing of it.
   */
  readonly kind: 'copy' | 'enclosed' | 'answer' | 'other';
  /** The copy states TLS that is good enough, by a server that is believed. */
  readonly passed: boolean;
  /** Of a copy only. */
  readonly received: ReceivedAnalysis | null;
}

/** Octets of a message in which an enclosed one is looked for. */
const LONGEST_SEARCH = 1_000_000;

/**
 * Judges what came back for a test mail. `trusted` are the partner's servers, `sender` the name with which this host says
 * EHLO, as for `analyzeReceived`.
 * @throws ConfigError `domain-invalid`, `option-unknown`
 */
export function judgeReturned(
  rawMessage: Uint8Array | string,
  test: Pick<TestMail, 'token' | 'messageId' | 'subject'>,
  options: ReceivedOptions = {},
): ReturnedMail {
  refuseUnknownOptions(options, ['trusted', 'sender'], 'judgeReturned');
  const kind = kindOf(rawMessage, test);
  const received = kind === 'copy' ? analyzeReceived(rawMessage, options) : null;
  return { kind, passed: received?.finding === 'tls', received };
}

function kindOf(
  rawMessage: Uint8Array | string,
  { token, messageId, subject }: Pick<TestMail, 'token' | 'messageId' | 'subject'>,
): ReturnedMail['kind'] {
  const values = (name: string): string[] =>
    readFieldsNamed(rawMessage, name).fields.map(({ value }) => value);
  if (values('Message-ID').includes(messageId)) return 'copy';
  const refers = [...values('In-Reply-To'), ...values('References')];
  // Some servers give a message an id of their own; its subject is still the whole one, and it answers nothing.
  if (refers.length === 0 && values('Subject').includes(subject)) return 'copy';
  const text =
    typeof rawMessage === 'string'
      ? rawMessage.slice(0, LONGEST_SEARCH)
      : Buffer.from(rawMessage.subarray(0, LONGEST_SEARCH)).toString('latin1');
  const enclosed = /^Message-ID[\t ]*:\s*(<[^>\s]{1,300}>)/gim;
  if ([...text.matchAll(enclosed)].some(([, id]) => id === messageId)) return 'enclosed';
  return text.includes(token) ? 'answer' : 'other';
}
