import { expect, it } from 'vitest';
import { routedDomains } from './source-route.js';

it.each<[string, string[]]>([
  ['anna', []],
  ['anna.berg+tag', []],
  ['listed.example', []],
  ['anna%listed.example', ['listed.example']],
  ['anna@LISTED.example.', ['listed.example']],
  ['a.example!b.example!anna', ['a.example', 'b.example']],
  ['anna%a.example%b.example', ['a.example', 'b.example']],
  ['@a.example,@b.example:anna', ['a.example', 'b.example']],
  ['anna% bücher.example ', ['xn--bcher-kva.example']],
  ['100%', []],
  ['anna%localhost', []],
])('BITS-5.2.3: the local part %j names %j', (local, domains) => {
  expect(routedDomains(local)).toEqual(domains);
});
