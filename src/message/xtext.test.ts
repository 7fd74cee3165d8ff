import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeXtext, encodeXtext } from './xtext.js';

describe('xtext', () => {
  it.each([
    ['a+b=c@x.test', 'a+2Bb+3Dc@x.test'],
    ['job 7', 'job+207'],
    ['"a b"@x.test', '"a+20b"@x.test'],
    ['\r\n', '+0D+0A'],
    ['é', '+C3+A9'],
    ['~!', '~!'],
  ])('DSN-7: %j becomes %s and comes back', (text, xtext) => {
    expect(encodeXtext(text)).toBe(xtext);
    expect(decodeXtext(xtext)).toBe(text);
  });

  it.each(['a+2bb', 'a+', 'a b', 'a+2', 'a=b', 'a\r\nRCPT TO:<x@y.test>', '+FF', 'ä'])(
    'DSN-7: decoding %j is an error that quotes it',
    (xtext) => {
      expect(() => decodeXtext(xtext)).toThrow(expect.objectContaining({ code: 'xtext-invalid' }));
    },
  );

  it('DSN-7, AT-21: any text survives, and what is written holds no space or control', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const xtext = encodeXtext(text);
        expect(xtext).toMatch(/^[!-~]*$/);
        expect(decodeXtext(xtext)).toBe(text);
      }),
    );
  });
});
