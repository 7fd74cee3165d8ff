import { describe, expect, it } from 'vitest';
import { nearest, refuseUnknownOptions } from './options.js';

describe('unknown options', () => {
  it('AT-54: an option that nobody knows is refused, and the nearest known one is named', () => {
    expect(() => refuseUnknownOptions({ minProtcol: 'TLSv1.3' }, ['minProtocol', 'level'], 'rule 3')).toThrow(
      expect.objectContaining({
        code: 'option-unknown',
        message:
          'rule 3: unknown option "minProtcol"; did you mean "minProtocol"? Known options: minProtocol, level',
      }),
    );
    expect(() => refuseUnknownOptions({ colour: 1 }, ['level'], 'x')).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('did you mean') }),
    );
    expect(() => refuseUnknownOptions({ level: undefined }, ['level'], 'x')).not.toThrow();
  });

  it('AT-54: near is what a slip of the pen makes, case aside', () => {
    expect(nearest('VERIFYED', ['verified', 'plain'])).toBe('verified');
    expect(nearest('mandatry', ['mandatory', 'opportunistic'])).toBe('mandatory');
    expect(nearest('xyz', ['level', 'match'])).toBeNull();
    expect(nearest('a'.repeat(100_000), ['level'])).toBeNull();
    expect(nearest('level', [])).toBeNull();
  });
});
