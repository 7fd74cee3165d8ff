/**
 * Return addresses that only this host can make: a report that comes to one is about the message for which it was made, or
 * from somebody who saw that message's return path (DSN-50).
 *
 *   bounces+ID-EEEEMMMMMMMMMMMMMMMMMMMM@example.org   E: hour of expiry, M: 100 bits of an HMAC-SHA256
 *
 * All of it is in lower case, so that servers which change the case of a local part do no harm.
 * Failure: ConfigError for what the host gives; what came from outside is judged by values.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { type Duration, parseDuration } from '../core/duration.js';
import { ConfigError, orNull } from '../core/errors.js';
import { refuseUnknownOptions } from '../core/options.js';
import { printable } from '../core/printable.js';
import { type Address, domainOf, parseAddress } from '../message/address.js';

/** How return addresses are made and read. */
export interface ReturnAddressOptions {
  /** The mailbox that gets the reports, such as `bounces@example.org`; it must take mail for `bounces+anything` too. */
  readonly address: string;
  /** Secrets of at least 16 octets, better 32. The first makes, all read, so that a secret can be replaced. */
  readonly keys: readonly (string | Uint8Array)[];
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What a return address says. */
export type ReturnAddressReading =
  | {
      /** `expired`: it was made here, and its time is over. */
      readonly kind: 'valid' | 'expired';
      readonly id: string;
      /** Milliseconds since the epoch. */
      readonly expiresAt: number;
    }
  | { readonly kind: 'invalid'; /** In words. */ readonly why: string };

const OPTIONS = ['address', 'keys', 'now'];
const HOUR = 3_600_000;
const LEAST_KEY = 16;
const TAIL = /^([a-z0-9._-]+)-([0-9a-z]{4})([0-9a-v]{20})$/;

/**
 * A return address for the message `id` (lower-case letters, digits, `.`, `_`, `-`), valid for 30 days unless `validFor` says
 * otherwise. With `bounces@` an id may have 31 characters, with `bounce@` 32: a UUID without its dashes.
 * @throws ConfigError `return-address-invalid`, `address-invalid`, `duration-invalid`, `option-unknown`
 */
export function createReturnAddress(
  id: string,
  options: ReturnAddressOptions & { readonly validFor?: Duration },
): string {
  refuseUnknownOptions(options, [...OPTIONS, 'validFor'], 'createReturnAddress');
  const base = baseOf(options);
  if (typeof id !== 'string' || !/^[a-z0-9._-]+$/.test(id)) {
    throw invalid(
      'id',
      `expected lower-case letters, digits, ".", "_" and "-", got ${printable(JSON.stringify(id) ?? 'nothing', 100)}`,
    );
  }
  const expiresAt = options.now + parseDuration(options.validFor ?? '30d', 'validFor');
  const expiry = Math.ceil(expiresAt / HOUR)
    .toString(36)
    .padStart(4, '0');
  if (expiry.length > 4) throw invalid('validFor', 'expected an end before the year 2161');
  const [key] = options.keys;
  const local = `${base.local.toLowerCase()}+${id}-${expiry}${sign(key as string, base, id, expiry)}`;
  if (Buffer.byteLength(local) > 64) {
    throw invalid(
      'id',
      `expected at most ${id.length - (Buffer.byteLength(local) - 64)} characters, as a local part has 64 (RFC 5321 §4.5.3.1.1), got ${id.length}`,
    );
  }
  return parseAddress(`${local}@${domainOf(base)}`).path;
}

/**
 * Reads the address to which a report came: its envelope recipient, not the To field.
 * @throws ConfigError `return-address-invalid`, `address-invalid`, `option-unknown`
 */
export function readReturnAddress(address: string, options: ReturnAddressOptions): ReturnAddressReading {
  refuseUnknownOptions(options, OPTIONS, 'readReturnAddress');
  const base = baseOf(options);
  const given = orNull(() => parseAddress(address));
  const prefix = `${base.local.toLowerCase()}+`;
  const local = given?.local.toLowerCase() ?? '';
  if (given === null || domainOf(given) !== domainOf(base) || !local.startsWith(prefix)) {
    return { kind: 'invalid', why: 'It is not an address of the mailbox that gets the reports.' };
  }
  const [, id = '', expiry = '', mac = ''] = TAIL.exec(local.slice(prefix.length)) ?? [];
  const right = options.keys.map((key) => equal(mac, sign(key, base, id, expiry)));
  if (!right.includes(true)) {
    return { kind: 'invalid', why: 'It was not made with any of the keys, or was changed.' };
  }
  const expiresAt = Number.parseInt(expiry, 36) * HOUR;
  return { kind: options.now < expiresAt ? 'valid' : 'expired', id, expiresAt };
}

function baseOf({ address, keys, now }: ReturnAddressOptions): Address {
  const isLong = (key: unknown): boolean =>
    (typeof key === 'string' || key instanceof Uint8Array) && Buffer.from(key).length >= LEAST_KEY;
  if (!Array.isArray(keys) || keys.length === 0 || !keys.every(isLong)) {
    throw invalid('keys', `expected a list of secrets of at least ${LEAST_KEY} octets each`);
  }
  if (!Number.isFinite(now)) throw invalid('now', 'expected milliseconds since the epoch');
  return parseAddress(address, 'returnAddress');
}

function sign(key: string | Uint8Array, base: Address, id: string, expiry: string): string {
  const parts = ['enforced-tls return address', base.local.toLowerCase(), domainOf(base), id, expiry];
  const hex = createHmac('sha256', key).update(parts.join('\n')).digest('hex').slice(0, 25);
  return BigInt(`0x${hex}`).toString(32).padStart(20, '0');
}

/** In constant time for texts of one length. */
function equal(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

function invalid(what: string, why: string): ConfigError {
  return new ConfigError('return-address-invalid', `${what}: ${why}`);
}
