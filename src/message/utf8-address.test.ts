import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromEitherForm, toAsciiForm, toUnicodeForm } from './utf8-address.js';

describe('addresses of the type utf-8', () => {
  it.each([
    ['j\u00f8rn@example.test', 'j\u00f8rn@example.test', String.raw`j\x{F8}rn@example.test`],
    ['a+b=c@x.test', String.raw`a\x{2B}b\x{3D}c@x.test`, String.raw`a\x{2B}b\x{3D}c@x.test`],
    [
      String.raw`"a \" b"@x.test`,
      String.raw`"a\x{20}\x{5C}"\x{20}b"@x.test`,
      String.raw`"a\x{20}\x{5C}"\x{20}b"@x.test`,
    ],
    ['\u65e5\u672c@x.test', '\u65e5\u672c@x.test', String.raw`\x{65E5}\x{672C}@x.test`],
    ['\u{1f4ec}@x.test', '\u{1f4ec}@x.test', String.raw`\x{1F4EC}@x.test`],
  ])('DSN-41, DSN-42: %s has its two forms, and both lead back', (address, unicode, ascii) => {
    expect(toUnicodeForm(address)).toBe(unicode);
    expect(toAsciiForm(unicode)).toBe(ascii);
    expect(fromEitherForm(unicode)).toBe(address);
    expect(fromEitherForm(ascii)).toBe(address);
  });

  it('DSN-42: any text survives, and the ASCII form has nothing in it that ends a parameter', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const ascii = toAsciiForm(toUnicodeForm(text));
        expect(ascii).toMatch(/^[!-*,-<>-~]*$/);
        expect(fromEitherForm(ascii)).toBe(text);
        expect(fromEitherForm(toUnicodeForm(text))).toBe(text);
        expect(toAsciiForm(ascii)).toBe(ascii);
      }),
    );
  });

  it.each([
    String.raw`\x{D800}`,
    String.raw`\x{110000}`,
    String.raw`\x{0F8}`,
    String.raw`\x{F}`,
    String.raw`\x{F8`,
    String.raw`\xF8`,
  ])('DSN-42: %s is no escape and stays', (text) => {
    expect(fromEitherForm(text)).toBe(text);
  });

  it('DSN-42: two to six digits in any case are read', () => {
    expect(fromEitherForm(String.raw`\x{f8}\x{10FFFF}\x{00}`)).toBe('\u00f8\u{10ffff}\0');
  });
});
