/**
 * The message on the wire: a dot in front of every line that starts with one, and the final dot. It takes canonical
 * octets (CRLF only) and is the last line of defence: a lone CR, a lone LF or a NUL is refused here, never sent
 * (AT-20). Chunks go through untouched where there is nothing to stuff.
 * Standards: RFC 5321 §4.5.2, §4.1.1.4; SC-30 to SC-32.
 */
import { insertOctets } from '../core/blocks.js';
import { ConfigError } from '../core/errors.js';

const CR = 0x0d;
const LF = 0x0a;
const DOT = 0x2e;

/** Encodes chunk by chunk; `end` gives what closes the message. */
export interface DotStuffer {
  /** The chunk with its dots; the same memory where none had to be put in. */
  push(chunk: Uint8Array): Uint8Array;
  /** The final dot, with the line end that the last line may lack. */
  end(): Uint8Array;
}

/** Makes an encoder for one message. It throws ConfigError `lone-cr`, `message-malformed` on octets that must not leave. */
export function createDotStuffer(): DotStuffer {
  let atLineStart = true;
  let afterCr = false;
  let empty = true;
  return {
    push(chunk) {
      const octets = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      if (octets.length === 0) return octets;
      empty = false;
      refuseBadOctets(octets, afterCr);
      const places = atLineStart && octets[0] === DOT ? [0] : [];
      for (let at = octets.indexOf('\n.'); at >= 0; at = octets.indexOf('\n.', at + 2)) places.push(at + 1);
      atLineStart = octets.at(-1) === LF;
      afterCr = octets.at(-1) === CR;
      return places.length === 0 ? octets : insertOctets(octets, places, DOT);
    },
    end() {
      // SC-32: a dot alone would be a message of nothing.
      if (empty) throw refused('message-malformed', 'no octet at all');
      if (afterCr) throw refused('lone-cr', 'a carriage return at the end');
      return Buffer.from(atLineStart ? '.\r\n' : '\r\n.\r\n');
    },
  };
}

function refuseBadOctets(octets: Buffer, afterCr: boolean): void {
  if (octets.includes(0)) throw refused('message-malformed', 'a NUL');
  if (afterCr && octets[0] !== LF) throw refused('lone-cr', 'a carriage return without line feed');
  for (let at = octets.indexOf(LF); at >= 0; at = octets.indexOf(LF, at + 1)) {
    if (at === 0 ? !afterCr : octets[at - 1] !== CR)
      throw refused('message-malformed', 'a line feed without carriage return');
  }
  for (let at = octets.indexOf(CR); at >= 0 && at < octets.length - 1; at = octets.indexOf(CR, at + 1)) {
    if (octets[at + 1] !== LF) throw refused('lone-cr', 'a carriage return without line feed');
  }
}

function refused(code: 'lone-cr' | 'message-malformed', what: string): ConfigError {
  return new ConfigError(
    code,
    `message: expected lines that end in CR LF, got ${what}; nothing of it was completed`,
  );
}
