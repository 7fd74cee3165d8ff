import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createReturnAddress, readReturnAddress } from './return-address.js';

const NOW = Date.UTC(2026, 10, 25, 10, 30);
const HOUR = 3_600_000;
const how = { address: 'Bounces@Example.test', keys: ['0123456789abcdef'], now: NOW };
const made = createReturnAddress('job-7', { ...how, validFor: '2d' });

describe('return addresses with a token', () => {
  it('DSN-50: one that was made here is read as what it was made for, in its time', () => {
    expect(made).toMatch(/^bounces\+job-7-[0-9a-z]{4}[0-9a-v]{20}@example\.test$/);
    const expiresAt = Date.UTC(2026, 10, 27, 11);
    expect(readReturnAddress(made, how)).toEqual({ kind: 'valid', id: 'job-7', expiresAt });
    expect(readReturnAddress(made, { ...how, now: expiresAt - 1 }).kind).toBe('valid');
    expect(readReturnAddress(made, { ...how, now: expiresAt })).toEqual({
      kind: 'expired',
      id: 'job-7',
      expiresAt,
    });
    expect(readReturnAddress(createReturnAddress('x', how), { ...how, now: NOW + 30 * 24 * HOUR }).kind).toBe(
      'valid',
    );
    expect(readReturnAddress(createReturnAddress('x', how), { ...how, now: NOW + 31 * 24 * HOUR }).kind).toBe(
      'expired',
    );
  });

  it('DSN-50: servers that change the case do no harm', () => {
    expect(readReturnAddress(made.toUpperCase(), how).kind).toBe('valid');
  });

  it('DSN-50: whatever is changed in it, or made with another key, is invalid', () => {
    const at = made.indexOf('@');
    for (let place = 0; place < made.length; place += 1) {
      const other = made[place] === '7' ? '8' : '7';
      const changed = made.slice(0, place) + other + made.slice(place + 1);
      expect(readReturnAddress(changed, how).kind, changed).toBe('invalid');
      expect(readReturnAddress(made.slice(0, place) + made.slice(place + 1), how).kind).toBe('invalid');
    }
    expect(readReturnAddress(`${made.slice(0, at)}0${made.slice(at)}`, how).kind).toBe('invalid');
    expect(readReturnAddress(made, { ...how, keys: ['fedcba9876543210'] })).toEqual({
      kind: 'invalid',
      why: expect.stringContaining('keys'),
    });
    expect(readReturnAddress(made, { ...how, address: 'bounces@other.test' }).kind).toBe('invalid');
    expect(readReturnAddress(made, { ...how, address: 'other@example.test' }).kind).toBe('invalid');
  });

  it('DSN-50: no other text is valid, and none makes it fail', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(readReturnAddress(text, how).kind).toBe('invalid');
        expect(readReturnAddress(`bounces+${text}@example.test`, how).kind).toBe('invalid');
      }),
    );
  });

  it('DSN-50: the id is part of what the key vouches for', () => {
    const one = createReturnAddress('a', how);
    expect(one.replace('+a-', '+b-')).not.toBe(createReturnAddress('b', how));
    expect(readReturnAddress(one.replace('+a-', '+a-a-'), how).kind).toBe('invalid');
  });

  it('DSN-50: a key is replaced without a break: the first makes, all read', () => {
    const keys = [Buffer.from('a new secret of the host'), ...how.keys];
    expect(readReturnAddress(made, { ...how, keys }).kind).toBe('valid');
    const renewed = createReturnAddress('job-7', { ...how, keys });
    expect(readReturnAddress(renewed, { ...how, keys }).kind).toBe('valid');
    expect(readReturnAddress(renewed, how).kind).toBe('invalid');
  });

  it('DSN-50: an id may be a UUID without its dashes; what does not fit is refused with its size', () => {
    const uuid = '0123456789abcdef0123456789abcdef';
    const short = { ...how, address: 'bounce@example.test' };
    expect(readReturnAddress(createReturnAddress(uuid, short), short)).toMatchObject({
      kind: 'valid',
      id: uuid,
    });
    expect(() => createReturnAddress(uuid, how)).toThrow(/at most 31 characters.*got 32/);
  });

  it('DSN-50: the host hears of ids, keys and options that cannot be used', () => {
    const refusal = expect.objectContaining({ code: 'return-address-invalid' });
    for (const id of ['', 'A', 'a b', 'a@b', 'a+b'])
      expect(() => createReturnAddress(id, how)).toThrow(refusal);
    for (const keys of [[], ['short'], [new Uint8Array(15)], 'no list' as never]) {
      expect(() => createReturnAddress('a', { ...how, keys })).toThrow(refusal);
      expect(() => readReturnAddress(made, { ...how, keys })).toThrow(refusal);
    }
    for (const now of [Number.NaN, undefined as never, String(NOW) as never]) {
      expect(() => createReturnAddress('a', { ...how, now })).toThrow(refusal);
      expect(() => readReturnAddress(made, { ...how, now })).toThrow(refusal);
    }
    expect(() => createReturnAddress('a', { ...how, validFor: '200000d' })).toThrow(refusal);
    expect(() => createReturnAddress('a', { ...how, validfor: '1d' } as never)).toThrow(
      /did you mean "validFor"/,
    );
    expect(() => createReturnAddress('a', { ...how, address: 'nobody' })).toThrow(/returnAddress/);
  });
});
