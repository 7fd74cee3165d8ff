/**
 * The message behind DATA: a dot in front of every line that starts with one, and the final dot. It takes canonical
 * octets (CRLF only), and refuses others (`octet-guard.ts`). Chunks go through untouched where there is nothing to stuff.
 * Standards: RFC 5321 §4.5.2, §4.1.1.4; SC-30 to SC-32.
 */
import { insertOctets } from '../core/blocks.js';
import type { Proof } from '../message/proven.js';
import { createOctetGuard } from './octet-guard.js';

const LF = 0x0a;
const DOT = 0x2e;

/** Encodes chunk by chunk; `end` gives what closes the message. */
export interface DotStuffer {
  /** The chunk with its dots; the very chunk where none had to be put in. */
  push(chunk: Uint8Array): Uint8Array;
  /** The final dot, with the line end that the last line may lack. */
  end(): Uint8Array;
}

/**
 * Makes an encoder for one message, of whose octets the proof says what is known already. It throws ConfigError `lone-cr`,
 * `message-malformed` on octets that must not leave.
 */
export function createDotStuffer(proof: Proof | null): DotStuffer {
  const guard = createOctetGuard(proof);
  let atLineStart = true;
  return {
    push(chunk) {
      const octets = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      if (octets.length === 0) return chunk;
      guard.push(octets);
      if (proof?.dotFree === true) return chunk;
      const places = atLineStart && octets[0] === DOT ? [0] : [];
      for (let at = octets.indexOf('\n.'); at >= 0; at = octets.indexOf('\n.', at + 2)) places.push(at + 1);
      atLineStart = octets.at(-1) === LF;
      return places.length === 0 ? chunk : insertOctets(octets, places, DOT);
    },
    end: () => Buffer.from(guard.end() ? '.\r\n' : '\r\n.\r\n'),
  };
}
