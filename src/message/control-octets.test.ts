import fc from 'fast-check';
import { expect, it } from 'vitest';
import { controlFinder } from './control-octets.js';

it('SC-30, AT-20: finds every octet below 14, wherever it lies in memory and whatever stands around it', () => {
  const octet = fc.oneof(
    fc.constantFrom(0, 9, 10, 13, 14, 15, 0x7f, 0x80, 0x8a, 0x8d, 0xff),
    fc.integer({ min: 0, max: 255 }),
  );
  fc.assert(
    fc.property(fc.array(octet, { maxLength: 40 }), fc.nat(7), (values, offset) => {
      const memory = new Uint8Array(offset + values.length + 5);
      memory.set(values, offset);
      const octets = memory.subarray(offset, offset + values.length);
      const find = controlFinder(octets);
      for (let from = 0; from <= octets.length; from += 1) {
        const first = values.findIndex((value, at) => at >= from && value < 14);
        expect(find(from)).toBe(first === -1 ? octets.length : first);
      }
    }),
    { numRuns: 5000 },
  );
});
