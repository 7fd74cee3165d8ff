/**
 * The octets of a list as text. Lists are saved by spreadsheets, so a byte order mark decides where there is one; without
 * it the octets are UTF-8 when they are valid as such, and otherwise Windows-1252, which Norwegian spreadsheets write.
 * Failure: null for what is no text (a spreadsheet's own file, a compressed one).
 */

/** Reads octets as text, without the byte order mark; null: they are no text. */
export function decodeListText(octets: Uint8Array): string | null {
  const text = new TextDecoder(encodingOf(octets)).decode(octets);
  return text.includes('\0') || text.startsWith('PK\u0003\u0004') ? null : text;
}

function encodingOf(octets: Uint8Array): string {
  if (octets[0] === 0xff && octets[1] === 0xfe) return 'utf-16le';
  if (octets[0] === 0xfe && octets[1] === 0xff) return 'utf-16be';
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(octets);
    return 'utf-8';
  } catch {
    return 'windows-1252';
  }
}
