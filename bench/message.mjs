/**
 * The messages of the benchmarks: number i of a size is always the same octets.
 */
const BLOCK = Buffer.from(
  `${'The quick brown fox jumps over the lazy dog. '.repeat(2).slice(0, 70)}\r\n`.repeat(1000),
);

/** Message i, of about `size` octets. */
export function messageOf(i, size) {
  const header = Buffer.from(
    `Date: Wed, 25 Nov 2026 10:00:00 +0000\r\nFrom: ops@bank.test\r\nTo: anna@sink.test\r\nMessage-ID: <${i}.${size}@bank.test>\r\nSubject: ${i}\r\n\r\n`,
  );
  const body = [];
  let rest = Math.max(72, size - header.length);
  while (rest >= BLOCK.length) {
    body.push(BLOCK);
    rest -= BLOCK.length;
  }
  body.push(BLOCK.subarray(0, rest - (rest % 72)));
  return Buffer.concat([header, ...body]);
}
