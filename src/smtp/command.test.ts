import { describe, expect, it } from 'vitest';
import { type Envelope, type EnvelopeInput, parseEnvelope } from '../message/envelope.js';
import type { Message } from '../message/source.js';
import { type Capabilities, parseEhlo } from './capabilities.js';
import { formatCommand, formatMail, formatRcpt } from './command.js';

const ALL = [
  'SIZE 1000000',
  '8BITMIME',
  'SMTPUTF8',
  'DSN',
  'PIPELINING',
  'CHUNKING',
  'BINARYMIME',
  'REQUIRETLS',
];

const offers = (...lines: readonly string[]): Capabilities =>
  parseEhlo({ code: 250, enhanced: null, lines: ['mx.test', ...lines] });

const message = (facts: Partial<Message> = {}): Message =>
  ({ size: 1234, eightBitHeader: false, eightBitBody: false, ...facts }) as Message;

const envelope = (input: Partial<EnvelopeInput> = {}): Envelope =>
  parseEnvelope({ from: 'a@sender.test', recipients: 'b@partner.test', ...input });

const mail = (input: Partial<EnvelopeInput>, facts: Partial<Message>, ...lines: readonly string[]): string =>
  formatMail(envelope(input), message(facts), offers(...lines));

function rcpt(input: Partial<EnvelopeInput>, ...lines: readonly string[]): string {
  const recipient = envelope(input).recipients[0];
  if (recipient === undefined) throw new Error('no recipient');
  return formatRcpt(recipient, offers(...lines));
}

const invalid = expect.objectContaining({ code: 'command-invalid' });

describe('syntax', () => {
  it('SC-19: no blank around the colon, brackets always, verbs in upper case', () => {
    expect(mail({}, {})).toBe('MAIL FROM:<a@sender.test>\r\n');
    expect(rcpt({})).toBe('RCPT TO:<b@partner.test>\r\n');
  });

  it('SC-19: the null reverse-path is said with its brackets', () => {
    expect(mail({ from: null }, {})).toBe('MAIL FROM:<>\r\n');
  });

  it('SC-21: a local part is quoted only where it must be, and its case is kept', () => {
    expect(rcpt({ recipients: '"a b"@x.test' })).toBe('RCPT TO:<"a b"@x.test>\r\n');
    expect(rcpt({ recipients: '"ab"@x.test' })).toBe('RCPT TO:<ab@x.test>\r\n');
    expect(rcpt({ recipients: 'MiXed@X.test' })).toBe('RCPT TO:<MiXed@x.test>\r\n');
  });

  it('SC-50: a U-label domain with an ASCII local part is said in A-labels', () => {
    expect(rcpt({ recipients: 'b@bücher.test' })).toBe('RCPT TO:<b@xn--bcher-kva.test>\r\n');
  });
});

describe('parameters', () => {
  const wishes = {
    ret: 'full',
    envelopeId: 'e1',
    recipients: {
      address: 'b@partner.test',
      notify: 'SUCCESS',
      originalRecipient: 'rfc822;b@partner.test',
    },
  };

  it('SC-20, DSN-1: what the server does not offer is not said, whatever else it offers', () => {
    expect(mail(wishes, { eightBitBody: true })).toBe('MAIL FROM:<a@sender.test>\r\n');
    expect(rcpt(wishes)).toBe('RCPT TO:<b@partner.test>\r\n');
    const others = ALL.filter((keyword) => keyword !== 'DSN');
    expect(mail(wishes, {}, ...others)).toBe('MAIL FROM:<a@sender.test> SIZE=1234\r\n');
    expect(rcpt(wishes, ...others)).toBe('RCPT TO:<b@partner.test>\r\n');
  });

  it('SC-46: SIZE declares the octets of the message once, also where the server names no limit', () => {
    expect(mail({}, {}, 'SIZE 5000')).toBe('MAIL FROM:<a@sender.test> SIZE=1234\r\n');
    expect(mail({}, {}, 'SIZE')).toBe('MAIL FROM:<a@sender.test> SIZE=1234\r\n');
    expect(mail({}, {})).toBe('MAIL FROM:<a@sender.test>\r\n');
  });

  it('SC-48: BODY=8BITMIME is said for an 8-bit body alone', () => {
    expect(mail({}, { eightBitBody: true }, '8BITMIME')).toBe('MAIL FROM:<a@sender.test> BODY=8BITMIME\r\n');
    expect(mail({}, {}, '8BITMIME')).toBe('MAIL FROM:<a@sender.test>\r\n');
  });

  it('SC-49: SMTPUTF8 is said where address or header need it, without a value, and not otherwise', () => {
    expect(mail({}, { eightBitHeader: true }, 'SMTPUTF8')).toBe('MAIL FROM:<a@sender.test> SMTPUTF8\r\n');
    expect(mail({ recipients: 'jürgen@x.test' }, {}, 'SMTPUTF8')).toBe(
      'MAIL FROM:<a@sender.test> SMTPUTF8\r\n',
    );
    expect(mail({}, { eightBitBody: true }, 'SMTPUTF8')).toBe('MAIL FROM:<a@sender.test>\r\n');
    expect(rcpt({ recipients: 'jürgen@x.test' }, 'SMTPUTF8')).toBe('RCPT TO:<jürgen@x.test>\r\n');
  });

  it('SC-45: BINARYMIME is never said, whatever is offered', () => {
    expect(mail({}, { eightBitBody: true, eightBitHeader: true }, ...ALL)).not.toContain('BINARYMIME');
  });

  it('DSN-1, DSN-3: RET and ENVID are said on MAIL, NOTIFY and ORCPT on RCPT, each once, where DSN is offered', () => {
    expect(mail({ ret: 'headers', envelopeId: 'e1' }, {}, 'DSN')).toBe(
      'MAIL FROM:<a@sender.test> RET=HDRS ENVID=e1\r\n',
    );
    expect(rcpt(wishes, 'DSN')).toBe(
      'RCPT TO:<b@partner.test> NOTIFY=SUCCESS ORCPT=rfc822;b@partner.test\r\n',
    );
    expect(mail({ ret: 'full' }, {}, 'DSN')).toBe('MAIL FROM:<a@sender.test> RET=FULL\r\n');
  });

  it('DSN-2: NOTIFY is NEVER alone or a list without blanks', () => {
    expect(rcpt({ notify: 'never' }, 'DSN')).toBe('RCPT TO:<b@partner.test> NOTIFY=NEVER\r\n');
    expect(rcpt({ notify: ['delay', 'success'] }, 'DSN')).toBe(
      'RCPT TO:<b@partner.test> NOTIFY=SUCCESS,DELAY\r\n',
    );
  });

  it('DSN-4, DSN-7, AT-21: ENVID travels as xtext', () => {
    expect(mail({ envelopeId: 'a b+c=d' }, {}, 'DSN')).toBe(
      'MAIL FROM:<a@sender.test> ENVID=a+20b+2Bc+3Dd\r\n',
    );
  });

  it('DSN-5, DSN-7: ORCPT is a type, a semicolon and xtext', () => {
    const recipients = { address: 'b+c@partner.test', originalRecipient: 'rfc822;b+c@partner.test' };
    expect(rcpt({ recipients }, 'DSN')).toBe(
      'RCPT TO:<b+c@partner.test> ORCPT=rfc822;b+2Bc@partner.test\r\n',
    );
  });

  it('DSN-42: ORCPT of the type utf-8 is in UTF-8 inside SMTPUTF8 and in ASCII everywhere else', () => {
    const address = 'j\u00f8rn+x@x.test';
    const recipients = { address, originalRecipient: `utf-8;${address}` };
    expect(rcpt({ recipients }, 'DSN', 'SMTPUTF8')).toBe(
      `RCPT TO:<${address}> ORCPT=utf-8;j\u00f8rn\\x{2B}x@x.test\r\n`,
    );
    // Nothing here needs SMTPUTF8, so MAIL does not ask for it.
    const idn = { address: 'bo@b\u00fccher.test', originalRecipient: 'utf-8;bo@b\u00fccher.test' };
    for (const offered of [['DSN'], ['DSN', 'SMTPUTF8']]) {
      expect(rcpt({ recipients: idn }, ...offered)).toBe(
        'RCPT TO:<bo@xn--bcher-kva.test> ORCPT=utf-8;bo@b\\x{FC}cher.test\r\n',
      );
    }
    const relayed = { address: 'bo@x.test', originalRecipient: 'utf-8;\u00e5 +=NOTIFY' };
    expect(rcpt({ recipients: relayed, relayed: true }, 'DSN')).toBe(
      'RCPT TO:<bo@x.test> ORCPT=utf-8;\\x{E5}\\x{20}\\x{2B}\\x{3D}NOTIFY\r\n',
    );
  });

  it('DSN-6: parameters that were not given are not invented', () => {
    expect(mail({}, {}, 'DSN')).toBe('MAIL FROM:<a@sender.test>\r\n');
    expect(rcpt({}, 'DSN')).toBe('RCPT TO:<b@partner.test>\r\n');
    const recipients = { address: 'b@partner.test', originalRecipient: 'X-odd;KeepsCase' };
    expect(rcpt({ recipients, relayed: true }, 'DSN')).toBe(
      'RCPT TO:<b@partner.test> ORCPT=X-odd;KeepsCase\r\n',
    );
  });
});

describe('the writer trusts nobody', () => {
  it('AT-21, SC-21: a control anywhere in a command is refused', () => {
    for (const bad of ['\r\n', '\r', '\n', '\0', '\t', '\u0007', '\u007f', '\u0085']) {
      expect(() => formatCommand(`EHLO a.test${bad}QUIT`, true), JSON.stringify(bad)).toThrow(invalid);
    }
  });

  it('SC-21, SC-20: octets above 127 are refused where SMTPUTF8 was not offered', () => {
    expect(() => formatCommand('EHLO bücher.test')).toThrow(invalid);
    expect(() => rcpt({ recipients: 'jürgen@x.test' })).toThrow(invalid);
    expect(() => mail({ from: 'jürgen@x.test' }, {}, '8BITMIME')).toThrow(invalid);
  });

  it('SC-21, AT-21: a forged path cannot leave its brackets', () => {
    const [recipient] = envelope().recipients;
    if (recipient === undefined) throw new Error('no recipient');
    for (const path of [
      'b@x.test> NOTIFY=NEVER',
      'b@x.test>',
      '<b@x.test',
      'b@x.test SIZE=1',
      'b@x.test\r\nRSET',
      'x"y@x.test',
    ]) {
      const forged = { ...recipient, address: { ...recipient.address, path } };
      expect(() => formatRcpt(forged, offers(...ALL)), path).toThrow(invalid);
      expect(
        () => formatMail({ ...envelope(), from: forged.address }, message(), offers(...ALL)),
        path,
      ).toThrow(invalid);
    }
  });

  it('SC-21: commas and blanks inside a quoted local part are text', () => {
    expect(rcpt({ recipients: '"a, b c"@x.test' })).toBe('RCPT TO:<"a, b c"@x.test>\r\n');
  });

  it('AT-21, DSN-7: a line end in ENVID or ORCPT cannot become one on the wire', () => {
    const evil = { ...envelope(), envelopeId: 'x\r\nRSET' };
    expect(formatMail(evil, message(), offers('DSN'))).toBe(
      'MAIL FROM:<a@sender.test> ENVID=x+0D+0ARSET\r\n',
    );
    const [recipient] = envelope().recipients;
    if (recipient === undefined) throw new Error('no recipient');
    for (const originalRecipient of ['rfc822 NOTIFY=NEVER;b', 'rfc822\r\n;b', 'none', ';b']) {
      const forged = { ...recipient, originalRecipient };
      if (originalRecipient === 'none') {
        expect(formatRcpt(forged, offers('DSN'))).toContain('ORCPT=none;');
      } else expect(() => formatRcpt(forged, offers('DSN')), originalRecipient).toThrow(invalid);
    }
  });

  it('SC-22: the longest legal command with all parameters is written, a much longer one is refused', () => {
    const local = 'l'.repeat(64);
    const domain = `${'d'.repeat(63)}.${'d'.repeat(63)}.${'d'.repeat(61)}`;
    const address = `${local}@${domain}`;
    const recipients = {
      address,
      notify: ['success', 'failure', 'delay'],
      originalRecipient: `rfc822;${address}`,
    };
    expect(rcpt({ recipients }, 'DSN').length).toBeGreaterThan(512);
    expect(() => formatCommand(`X ${'x'.repeat(2045)}`)).toThrow(invalid);
    expect(formatCommand(`X ${'x'.repeat(2044)}`)).toHaveLength(2048);
  });
});
