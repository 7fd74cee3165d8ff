import { describe, expect, it } from 'vitest';
import { createContext } from '../core/context.js';
import { createZoneResolver, type Failures, type Zones } from '../testing/zones.js';
import { findPra, type PraField } from './pra.js';
import { checkSenderId, type SenderIdMode, type SenderIdOutcome } from './sender-id.js';

/** Fields as a header has them, top first. */
function fieldsOf(lines: readonly string[]): PraField[] {
  return lines.map((line) => {
    const colon = line.indexOf(':');
    return { key: line.slice(0, colon).toLowerCase(), value: line.slice(colon + 1).trim() };
  });
}

const pra = (...lines: string[]): string | null => findPra(fieldsOf(lines))?.path ?? null;

describe('the purported responsible address', () => {
  it.each([
    ['the one From', ['From: a@x.test'], 'a@x.test'],
    ['Sender before From', ['From: a@x.test, b@x.test', 'Sender: s@x.test'], 's@x.test'],
    ['two authors and no Sender', ['From: a@x.test, b@x.test'], null],
    ['two From fields', ['From: a@x.test', 'From: b@x.test'], null],
    ['two Sender fields', ['Sender: a@x.test', 'Sender: b@x.test', 'From: c@x.test'], null],
    ['a blank Sender', ['Sender: ', 'From: a@x.test'], 'a@x.test'],
    ['a blank Resent-From', ['Resent-From:', 'From: a@x.test'], 'a@x.test'],
    ['Resent-From', ['Resent-From: r@y.test', 'From: a@x.test'], 'r@y.test'],
    ['Resent-Sender', ['Resent-Sender: q@y.test', 'Resent-From: r@y.test', 'From: a@x.test'], 'q@y.test'],
    [
      'Resent-Sender behind its Resent-From',
      ['Resent-From: r@y.test', 'Subject: x', 'Resent-Sender: q@y.test', 'From: a@x.test'],
      'q@y.test',
    ],
    [
      'Resent-Sender of an earlier journey',
      ['Resent-From: r@y.test', 'Received: by x', 'Resent-Sender: q@z.test', 'From: a@x.test'],
      'r@y.test',
    ],
    [
      'Resent-Sender of an earlier journey behind a Return-Path',
      ['Resent-From: r@y.test', 'Return-Path: <b@x.test>', 'Resent-Sender: q@z.test', 'From: a@x.test'],
      'r@y.test',
    ],
    ['a Sender that is none', ['Sender: <s@>', 'From: a@x.test'], null],
    ['a name', ['From: "Anna, of Bank" <a@x.test>'], 'a@x.test'],
    ['a name that needs quotes and has none', ['From: Anna, of Bank <a@x.test>'], null],
    ['a comment', ['From: a@x.test (Anna <b@y.test>)'], 'a@x.test'],
    ['a group', ['From: friends: a@x.test;'], null],
    ['an address in quotes before the real one', ['From: "b@y.test" <a@x.test>'], 'a@x.test'],
    ['two addresses in brackets', ['From: <b@y.test> <a@x.test>'], null],
    ['a domain in letters of its own', ['From: a@b\u00c3\u00bccher.test'], 'a@xn--bcher-kva.test'],
    ['no header at all', [], null],
  ] as const)('SID-3: %s', (_title, lines, expected) => {
    expect(pra(...lines)).toBe(expected);
  });
});

async function check(
  txt: readonly string[] | null,
  mode: SenderIdMode,
  options: { from?: string; ip?: string; failures?: Failures } = {},
): Promise<SenderIdOutcome> {
  const zones: Zones = txt === null ? {} : { 'x.test': { txt } };
  return checkSenderId(
    { ip: options.ip ?? '192.0.2.9', ehlo: 'client.test' },
    fieldsOf([`From: ${options.from ?? 'a@x.test'}`]),
    mode,
    createZoneResolver(zones, options.failures),
    createContext(),
  );
}

describe('the record of Sender ID', () => {
  const PASS = 'ip4:192.0.2.9 -all';
  it.each([
    ['spf2 with the scope', [`spf2.0/pra ${PASS}`], 'pass', 'pass'],
    ['spf2 with several scopes', [`spf2.0/mfrom,pra ${PASS}`], 'pass', 'pass'],
    ['spf2 in any case', [`SPF2.0/PRA ${PASS}`], 'pass', 'pass'],
    ['spf2 beats spf1', [`spf2.0/pra -all`, `v=spf1 ${PASS}`], 'fail', 'fail'],
    ['spf1 alone', [`v=spf1 ${PASS}`], 'none', 'pass'],
    ['spf2 for the other scope beside spf1', [`spf2.0/mfrom -all`, `v=spf1 ${PASS}`], 'none', 'pass'],
    ['a scope that only begins alike', [`spf2.0/prax ${PASS}`], 'none', 'none'],
    ['another version', [`spf2.1/pra ${PASS}`], 'none', 'none'],
    ['the scope twice', [`spf2.0/pra ${PASS}`, 'spf2.0/mfrom,pra -all'], 'permerror', 'permerror'],
    ['an error', ['spf2.0/pra foo'], 'permerror', 'permerror'],
    ['no record', [], 'none', 'none'],
    ['no match', ['spf2.0/pra ip4:203.0.113.1 ~all'], 'softfail', 'softfail'],
  ] as const)('SID-1, SID-2: %s', async (_title, txt, alone, compatible) => {
    expect((await check(txt, 'spf2-only')).result).toBe(alone);
    expect((await check(txt, 'compatible')).result).toBe(compatible);
  });

  it('SID-4: the domain of the address is asked for, and its macros are those of the address', async () => {
    const outcome = await check(['spf2.0/pra exists:%{l}.%{o}.y.test -all'], 'spf2-only');
    expect(outcome).toMatchObject({
      result: 'fail',
      pra: { path: 'a@x.test' },
      check: { domain: 'x.test', identity: 'pra' },
    });
  });

  it('SID-4: a domain that does not exist is a fail, one without record none', async () => {
    expect((await check(null, 'compatible')).result).toBe('fail');
    expect((await check([], 'compatible')).result).toBe('none');
    expect((await check(null, 'compatible', { failures: { 'x.test/TXT': 'servfail' } })).result).toBe(
      'temperror',
    );
  });

  it('SID-4: only the domain itself: an included one that does not exist is permerror', async () => {
    expect((await check(['spf2.0/pra include:no.test -all'], 'spf2-only')).result).toBe('permerror');
  });

  it('SID-3: nobody responsible', async () => {
    expect(await check([], 'compatible', { from: 'a@x.test, b@x.test' })).toMatchObject({ result: 'no-pra' });
  });
});
