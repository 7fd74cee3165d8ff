import { describe, expect, it } from 'vitest';
import { type EnvelopeInput, needsUtf8, parseEnvelope } from './envelope.js';

const refusal = expect.objectContaining({ name: 'ConfigError', code: 'envelope-invalid' });
const base = { from: 'ops@bank.test', recipients: ['anna@fi.test'] } as const;
const of = (more: Partial<EnvelopeInput>) => parseEnvelope({ ...base, ...more });

describe('parseEnvelope', () => {
  it('SC-19: reverse-path and recipients become paths; nothing asked for stays null', () => {
    const envelope = parseEnvelope({ from: 'Ops@Bank.Test', recipients: 'anna@fi.test' });
    expect(envelope.from?.path).toBe('Ops@bank.test');
    expect(envelope.recipients).toEqual([expect.objectContaining({ notify: null, originalRecipient: null })]);
    expect(envelope).toMatchObject({ ret: null, envelopeId: null });
  });

  it.each([null, ''])('DSN-10: from %j is the null reverse-path', (from) => {
    expect(of({ from }).from).toBeNull();
  });

  it('SC-25: a recipient named twice gets one copy, whatever the case of its domain', () => {
    const envelope = of({ recipients: ['a@x.test', 'a@X.TEST', 'A@x.test', '"a"@x.test'] });
    expect(envelope.recipients.map((one) => one.address.path)).toEqual(['a@x.test', 'A@x.test']);
  });

  it('DSN-2: two different wishes for one recipient are refused, not guessed', () => {
    expect(() => of({ recipients: ['a@x.test', { address: 'a@x.test', notify: 'never' }] })).toThrow(refusal);
  });

  it.each([
    ['never', 'never'],
    ['NEVER', 'never'],
    [['never'], 'never'],
    ['Success,FAILURE', ['success', 'failure']],
    [
      ['delay', 'success'],
      ['success', 'delay'],
    ],
    [['failure'], ['failure']],
    [null, null],
  ])('DSN-2: NOTIFY %j is read as %j', (notify, read) => {
    expect(of({ notify: notify as string }).recipients[0]?.notify).toEqual(read);
  });

  it.each([
    'never,failure',
    'success, failure',
    'success,success',
    '',
    'always',
    'failure\r\nRCPT TO:<x@y.test>',
    [],
  ])('DSN-2: NOTIFY %j is refused', (notify) => {
    expect(() => of({ notify: notify as string })).toThrow(refusal);
  });

  it('DSN-2: what a recipient asks itself goes before the default of the message', () => {
    const envelope = of({
      notify: 'never',
      recipients: [
        'a@x.test',
        { address: 'b@x.test', notify: ['failure'] },
        { address: 'c@x.test', notify: null },
      ],
    });
    expect(envelope.recipients.map((one) => one.notify)).toEqual(['never', ['failure'], null]);
  });

  it('DSN-3: RET is FULL or HDRS, in any case, and nothing else', () => {
    expect(['full', 'FULL', 'hdrs', 'headers'].map((ret) => of({ ret }).ret)).toEqual([
      'full',
      'full',
      'headers',
      'headers',
    ]);
    for (const ret of ['', 'body', 'FULL ', 'HDRS\r\n']) expect(() => of({ ret })).toThrow(refusal);
  });

  it('DSN-4: ENVID is printable ASCII, at most 100 characters when encoded', () => {
    expect(of({ envelopeId: 'job 7' }).envelopeId).toBe('job 7');
    expect(of({ envelopeId: 'x'.repeat(100) }).envelopeId).toHaveLength(100);
    for (const envelopeId of ['', 'x'.repeat(101), '+'.repeat(34), 'å', 'a\r\nb', 'a\tb', 'a\0']) {
      expect(() => of({ envelopeId })).toThrow(refusal);
    }
  });

  it('DSN-5: ORCPT of an original submission is the recipient itself, at most 500 characters', () => {
    const orcpt = (originalRecipient: string, relayed = false) =>
      of({ relayed, recipients: [{ address: 'a+b@x.test', originalRecipient }] }).recipients[0]
        ?.originalRecipient;
    expect(orcpt('rfc822;a+b@x.test')).toBe('rfc822;a+b@x.test');
    for (const bad of ['rfc822;c@x.test', 'rfc822;A+B@x.test', 'x400;a+b@x.test', 'a+b@x.test', 'rfc822;']) {
      expect(() => orcpt(bad)).toThrow(refusal);
    }
    expect(() => orcpt(`rfc822;${'x'.repeat(494)}`, true)).toThrow(refusal);
    expect(() => orcpt('rfc822;a@x.test\r\nDATA', true)).toThrow(refusal);
  });

  it('DSN-5, DSN-42: an address beyond ASCII is of the type utf-8, kept in its unicode form', () => {
    const orcpt = (address: string, originalRecipient: string, relayed = false) =>
      of({ relayed, recipients: [{ address, originalRecipient }] }).recipients[0]?.originalRecipient;
    expect(orcpt('j\u00f8rn@x.test', 'utf-8;j\u00f8rn@x.test')).toBe('utf-8;j\u00f8rn@x.test');
    expect(orcpt('a+\u00f8@x.test', 'UTF-8;a+\u00f8@x.test')).toBe(
      String.raw`UTF-8;a\x{2B}\u00f8@x.test`.replace(String.raw`\u00f8`, '\u00f8'),
    );
    expect(orcpt('bo@b\u00fccher.test', 'utf-8;bo@b\u00fccher.test')).toBe('utf-8;bo@b\u00fccher.test');
    // Relayed: as it came.
    const came = String.raw`utf-8;j\x{F8}rn@x.test`;
    expect(orcpt('new@x.test', came, true)).toBe(came);
    expect(() => orcpt('j\u00f8rn@x.test', 'rfc822;j\u00f8rn@x.test')).toThrow(/"utf-8;j\u00f8rn@x.test"/);
    expect(() => orcpt('j\u00f8rn@x.test', 'utf-8;bo@x.test')).toThrow(refusal);
    expect(() => orcpt('new@x.test', `utf-8;${'\u00f8'.repeat(90)}`, true)).toThrow(refusal);
    expect(() => orcpt('new@x.test', 'utf-8;a\u0085b@x.test', true)).toThrow(refusal);
  });

  it('DSN-6: parameters received from elsewhere are passed on as they came, and none is invented', () => {
    const envelope = of({
      relayed: true,
      recipients: [{ address: 'new@x.test', originalRecipient: 'RFC822;Old@Y.test' }, 'b@x.test'],
    });
    expect(envelope.recipients.map((one) => one.originalRecipient)).toEqual(['RFC822;Old@Y.test', null]);
    expect(envelope.recipients.map((one) => one.notify)).toEqual([null, null]);
    expect(envelope).toMatchObject({ ret: null, envelopeId: null });
  });

  it('SC-49: SMTPUTF8 is needed when any path has a local part above ASCII', () => {
    expect(needsUtf8(of({}))).toBe(false);
    expect(needsUtf8(of({ from: 'jörn@x.test' }))).toBe(true);
    expect(needsUtf8(of({ recipients: ['a@x.test', 'jörn@x.test'] }))).toBe(true);
  });

  it('SC-50: a U-label domain needs none', () => {
    expect(needsUtf8(of({ recipients: ['anna@bücher.test'] }))).toBe(false);
  });

  it('AT-21: unknown or empty input is an error that says what to do', () => {
    expect(() => of({ recipients: [] })).toThrow(refusal);
    expect(() => of({ notifyy: 'never' } as object)).toThrow(/did you mean "notify"/);
    expect(() => of({ recipients: [null as unknown as string] })).toThrow(refusal);
    expect(() => of({ recipients: 'a@x.test, b@x.test' })).toThrow(
      expect.objectContaining({ code: 'address-invalid' }),
    );
  });
});
