/**
 * Finds the octets that may end a line, or have no place in a message at all, without looking at each: text has one in
 * about seventy, and what lies between is passed four octets at a time.
 */

/** Octets below this one are found: NUL, CR, LF, and some that are harmless. */
const FIRST_OTHER = 14;
const BELOW = 0x0e0e0e0e;
const HIGH = 0x80808080 | 0;
const NONE = new Int32Array(0);

/** Makes the search through one chunk: where, at `from` or behind it, the next such octet stands; its length: nowhere. */
export function controlFinder(octets: Uint8Array): (from: number) => number {
  const { buffer, byteOffset, length } = octets;
  // Words begin where the memory has its multiples of four.
  const lead = (4 - (byteOffset & 3)) & 3;
  const count = Math.max(0, (length - lead) >> 2);
  const words = count === 0 ? NONE : new Int32Array(buffer, byteOffset + lead, count);
  return (from) => {
    let at = from;
    for (; at < length && (at < lead || ((at - lead) & 3) !== 0); at += 1) {
      if ((octets[at] as number) < FIRST_OTHER) return at;
    }
    // A word has such an octet where taking 14 from each borrows; octets above 127 never count.
    let word = (at - lead) >> 2;
    for (; word < count; word += 1) {
      const four = words[word] as number;
      if (((four - BELOW) & ~four & HIGH) !== 0) break;
    }
    for (at = Math.max(at, lead + word * 4); at < length; at += 1) {
      if ((octets[at] as number) < FIRST_OTHER) return at;
    }
    return length;
  };
}
