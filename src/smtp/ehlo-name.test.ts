import { expect, it } from 'vitest';
import { parseEhloName } from './ehlo-name.js';

const refused = (name: string): string | null => {
  try {
    parseEhloName(name);
    return null;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

it('SC-5: a fully qualified name is taken, in its canonical form', () => {
  expect(parseEhloName('out.bank.example')).toBe('out.bank.example');
  expect(parseEhloName('OUT.Bank.Example.')).toBe('out.bank.example');
  expect(parseEhloName('xn--mxa.example')).toBe('xn--mxa.example');
});

it('SC-5: an address literal is taken', () => {
  expect(parseEhloName('[192.0.2.1]')).toBe('[192.0.2.1]');
  expect(parseEhloName('[IPv6:2001:db8::1]')).toBe('[IPv6:2001:db8::1]');
});

it('SC-5: bare labels, underscores, blanks, U-labels and nothing are refused', () => {
  for (const name of ['localhost', 'a_b.test', 'x y', 'bücher.example', '', '.', '-a.test', '192.0.2.1']) {
    expect(refused(name), name).toBe('ehlo-name-invalid');
  }
});

it('SC-5: a literal that is none is refused', () => {
  for (const name of [
    '[192.0.2.300]',
    '[2001:db8::1]',
    '[IPv6:192.0.2.1]',
    '[]',
    '[192.0.2.1',
    '[192.0.2.1] x',
  ]) {
    expect(refused(name), name).toBe('ehlo-name-invalid');
  }
});

it('SC-5, AT-21: line ends and other controls in the name are refused', () => {
  for (const name of [
    'a.test\r\nMAIL FROM:<x@y.test>',
    'a.test\n',
    'a.test\0',
    'a\tb.test',
    '[192.0.2.1]\r\n',
  ]) {
    expect(refused(name), JSON.stringify(name)).toBe('ehlo-name-invalid');
  }
});
