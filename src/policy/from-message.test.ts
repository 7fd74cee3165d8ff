import { expect, it } from 'vitest';
import { asksOfMessage, refuseLowering } from './from-message.js';
import { levels } from './compare.js';
import type { Level, Plan } from './plan.js';

const planOf = (level: Level): Plan => ({ level, domain: `${level}.test` }) as Plan;

it.each(levels.flatMap((ask) => levels.map((has) => [ask, has] as const)))(
  'FAQ-7, FI-7, AT-23: minLevel "%s" for a domain that has "%s"',
  (ask, has) => {
    const refuse = (): void => refuseLowering(asksOfMessage({ minLevel: ask }), [planOf(has)]);
    if (levels.indexOf(ask) >= levels.indexOf(has)) expect(refuse).not.toThrow();
    else expect(refuse).toThrowError(expect.objectContaining({ code: 'policy-lowered' }));
  },
);

it('FAQ-7: for several domains it is enough that one of them has no more', () => {
  const ask = asksOfMessage({ minLevel: 'mandatory' });
  expect(() => refuseLowering(ask, [planOf('verified'), planOf('mandatory')])).not.toThrow();
  expect(() => refuseLowering(ask, [planOf('verified'), planOf('verified')])).toThrow(/"verified"/);
});

it('a message that asks nothing asks nothing', () => {
  expect(asksOfMessage({})).toBeNull();
  expect(asksOfMessage({ requireMxAuth: false })).toBeNull();
  expect(() => refuseLowering(null, [planOf('verified')])).not.toThrow();
  expect(() => refuseLowering({ minProtocol: 'TLSv1.3' }, [planOf('verified')])).not.toThrow();
});

it('FAQ-7: a level that nobody knows is refused', () => {
  expect(() => asksOfMessage({ minLevel: 'verifed' as Level })).toThrow(/did you mean "verified"/);
});
