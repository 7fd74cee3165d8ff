import { expect, it } from 'vitest';
import { freezeDeep } from './frozen.js';

it('BITS-5.2.3: what is frozen on its surface only is frozen to its depth; what is left out stays as it is', () => {
  const value = Object.freeze({ names: ['a.example'], inner: { list: [1] }, store: { anchors: [1] } });
  const loop: { self?: object } = {};
  loop.self = loop;
  expect(freezeDeep(value, ['store'])).toBe(value);
  expect([value.names, value.inner, value.inner.list].every(Object.isFrozen)).toBe(true);
  expect([value.store, value.store.anchors].some(Object.isFrozen)).toBe(false);
  expect(Object.isFrozen(freezeDeep(loop).self)).toBe(true);
});
