/**
 * The envelope of a message: who gets it and who hears about it. `parseEnvelope` is the only door for what a host hands
 * over; addresses have passed `parseAddress`, and strings here are safe to write into a command.
 *
 * Steps: the reverse-path, then each recipient with its NOTIFY and ORCPT, doubles taken out, then RET and ENVID.
 * Failure: ConfigError `envelope-invalid` or `address-invalid`. Standards: RFC 5321 §3.3, RFC 3461 §4, §5.
 */
import { ConfigError } from '../core/errors.js';
import { refuseUnknownOptions } from '../core/options.js';
import { printable } from '../core/printable.js';
import { type Address, parseAddress } from './address.js';
import { toAsciiForm, toUnicodeForm } from './utf8-address.js';
import { encodeXtext } from './xtext.js';

/** RFC 3461 NOTIFY: never, or any of the three occasions. */
export type Notify = 'never' | readonly ('success' | 'failure' | 'delay')[];

/** One recipient and what its sender wants to hear of it. */
export interface Recipient {
  readonly address: Address;
  /** null: not asked for. */
  readonly notify: Notify | null;
  /** ORCPT, decoded: `rfc822;anna@example.org`, or `utf-8;` and the unicode form of RFC 6533; null: not given. */
  readonly originalRecipient: string | null;
}

/** Reverse-path, recipients and DSN parameters. */
export interface Envelope {
  /** null is the null reverse-path `<>`. */
  readonly from: Address | null;
  readonly recipients: readonly Recipient[];
  /** RFC 3461 RET; null: not given. */
  readonly ret: 'full' | 'headers' | null;
  /** RFC 3461 ENVID, decoded; null: not given. */
  readonly envelopeId: string | null;
}

/** One recipient as a host writes it. */
export interface RecipientInput {
  readonly address: string;
  /** `'never'`, a list of occasions, or the text of a NOTIFY parameter such as `"SUCCESS,FAILURE"`. */
  readonly notify?: readonly string[] | string | null | undefined;
  /**
   * `type;address`, decoded; of an original submission it must be the address itself (DSN-5). Type `rfc822`, or `utf-8` for
   * an address that is not ASCII; relayed, an address of this type may have `\\x{HEX}` in it and keeps it (DSN-42).
   */
  readonly originalRecipient?: string | null | undefined;
}

/** An envelope as a host writes it. */
export interface EnvelopeInput {
  /** null or `''`: the null reverse-path `<>`, to which nothing is ever reported. */
  readonly from: string | null;
  readonly recipients: string | RecipientInput | readonly (string | RecipientInput)[];
  /** NOTIFY of the recipients that name none themselves. */
  readonly notify?: readonly string[] | string | null | undefined;
  /** `'full'`, `'headers'`, or the text of a RET parameter (`"FULL"`, `"HDRS"`). */
  readonly ret?: string | null | undefined;
  /** 1 to 100 printable ASCII characters (spaces allowed); up to 38 travel everywhere. */
  readonly envelopeId?: string | null | undefined;
  /** The message came from elsewhere: ORCPT is passed on as it came and need not be the address (DSN-6). Default false. */
  readonly relayed?: boolean | undefined;
}

const OCCASIONS = ['success', 'failure', 'delay'] as const;
const MAX_RECIPIENTS = 10_000;
const isAscii = (text: string): boolean => /^[ -~]*$/.test(text);

/**
 * Reads the envelope that a host hands over. Doubled recipients become one.
 * @throws ConfigError `envelope-invalid`, `address-invalid`, `option-unknown`
 */
export function parseEnvelope(input: EnvelopeInput): Envelope {
  refuseUnknownOptions(input, ['from', 'recipients', 'notify', 'ret', 'envelopeId', 'relayed'], 'envelope');
  const given = Array.isArray(input.recipients)
    ? (input.recipients as readonly (string | RecipientInput)[])
    : [input.recipients as string | RecipientInput];
  if (given.length === 0 || given.length > MAX_RECIPIENTS) {
    throw invalid('recipients', `expected 1 to ${MAX_RECIPIENTS} of them, got ${given.length}`);
  }
  const byPath = new Map<string, Recipient>();
  for (const one of given) {
    const recipient = parseRecipient(one, input);
    const earlier = byPath.get(recipient.address.path);
    if (earlier === undefined) byPath.set(recipient.address.path, recipient);
    else if (!sameRequests(earlier, recipient)) {
      const shown = printable(recipient.address.text);
      throw invalid('recipients', `${shown} is there twice with different wishes; name it once`);
    }
  }
  return {
    from: input.from === null || input.from === '' ? null : parseAddress(input.from, 'from'),
    recipients: [...byPath.values()],
    ret: parseRet(input.ret ?? null),
    envelopeId: parseEnvelopeId(input.envelopeId ?? null),
  };
}

/** True when the envelope cannot be said without SMTPUTF8 (SC-49). */
export function needsUtf8(envelope: Envelope): boolean {
  return (
    (envelope.from?.needsUtf8 ?? false) ||
    envelope.recipients.some((recipient) => recipient.address.needsUtf8)
  );
}

function parseRecipient(given: string | RecipientInput, input: EnvelopeInput): Recipient {
  const one = typeof given === 'string' ? { address: given } : given;
  if (typeof one !== 'object' || one === null) {
    throw invalid('recipients', `expected addresses, got ${shown(given)}`);
  }
  refuseUnknownOptions(one, ['address', 'notify', 'originalRecipient'], 'recipient');
  const address = parseAddress(one.address, 'recipient');
  return {
    address,
    notify: parseNotify(one.notify === undefined ? (input.notify ?? null) : one.notify),
    originalRecipient: parseOriginal(one.originalRecipient ?? null, address, input.relayed === true),
  };
}

function sameRequests(a: Recipient, b: Recipient): boolean {
  const wishes = (one: Recipient): string => JSON.stringify([one.notify, one.originalRecipient]);
  return wishes(a) === wishes(b);
}

/** RFC 3461 §4.1: NEVER alone, or a list of the others, in any case, without spaces. */
function parseNotify(value: readonly string[] | string | null): Notify | null {
  if (value === null) return null;
  const words = (typeof value === 'string' ? value.split(',') : [...value]).map((word) =>
    String(word).toLowerCase(),
  );
  if (words.length === 1 && words[0] === 'never') return 'never';
  const known = words.every((word) => (OCCASIONS as readonly string[]).includes(word));
  if (words.length === 0 || !known || new Set(words).size !== words.length) {
    throw invalid(
      'notify',
      `expected "never" alone, or a list of "success", "failure" and "delay", got ${shown(value)}`,
    );
  }
  return OCCASIONS.filter((occasion) => words.includes(occasion));
}

/** RFC 3461 §4.3 RET. */
function parseRet(value: string | null): Envelope['ret'] {
  if (value === null) return null;
  const word = String(value).toLowerCase();
  if (word === 'full') return 'full';
  if (word === 'headers' || word === 'hdrs') return 'headers';
  throw invalid('ret', `expected "full" or "headers", got ${shown(value)}`);
}

/** RFC 3461 §4.4, §5.4 ENVID: printable ASCII before it is encoded, 100 characters after. */
function parseEnvelopeId(value: string | null): string | null {
  if (value === null) return null;
  if (typeof value !== 'string' || !/^[ -~]+$/.test(value) || encodeXtext(value).length > 100) {
    throw invalid(
      'envelopeId',
      `expected 1 to 100 printable ASCII characters ("+", "=" and space count three times), got ${shown(value)}`,
    );
  }
  return value;
}

/** RFC 3461 §4.2 ORCPT; RFC 6533 §3 for the type utf-8, whose address is kept in the unicode form (DSN-42). */
function parseOriginal(value: string | null, address: Address, relayed: boolean): string | null {
  if (value === null) return null;
  const [, type = '', given = ''] =
    (typeof value === 'string' ? /^([A-Za-z0-9-]{1,40});([^\p{Cc}\p{Cs}]+)$/u.exec(value) : null) ?? [];
  const isUtf8 = type.toLowerCase() === 'utf-8';
  const kept = isUtf8 && !relayed ? toUnicodeForm(given) : given;
  const encoded = `${type};${isUtf8 ? toAsciiForm(kept) : encodeXtext(kept)}`;
  if (given === '' || encoded.length > 500 || (relayed && !isUtf8 && !isAscii(given))) {
    throw invalid(
      'originalRecipient',
      `expected "rfc822;" and an address in ASCII, or "utf-8;" and any other, at most 500 characters when encoded, got ${shown(value)}`,
    );
  }
  if (relayed) return value;
  const same = isUtf8 || (type.toLowerCase() === 'rfc822' && isAscii(given));
  if (same && [address.text, address.path].includes(given)) return `${type};${kept}`;
  const expected = isAscii(address.path) ? 'rfc822' : 'utf-8';
  throw invalid(
    'originalRecipient',
    `expected "${expected};${printable(address.path)}", the recipient itself (RFC 3461 §4.2), got ${shown(value)}; for mail that came from elsewhere set relayed: true`,
  );
}

function shown(value: unknown): string {
  return printable(JSON.stringify(value) ?? 'nothing', 200);
}

function invalid(field: string, why: string): ConfigError {
  return new ConfigError('envelope-invalid', `${field}: ${why}`);
}
