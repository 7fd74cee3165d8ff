/**
 * The last line of defence before the wire: a lone CR, a lone LF or a NUL is refused here, never sent (AT-20), whether the
 * content goes out behind DATA or BDAT. Octets come in chunks and leave as they came.
 * Standards: RFC 5321 §2.3.8; RFC 3030 §2. SC-30, SC-32.
 */
import { ConfigError } from '../core/errors.js';
import type { Proof } from '../message/proven.js';

const CR = 0x0d;
const LF = 0x0a;

/** Watches the octets of one message. Both throw ConfigError `lone-cr` or `message-malformed`. */
export interface OctetGuard {
  push(octets: Buffer): void;
  /** After the last octet; true where the last line ended. */
  end(): boolean;
}

/** Makes a guard for one message; octets that are proven to be canonical are not looked at once more. */
export function createOctetGuard(proof: Proof | null): OctetGuard {
  let last = -1;
  return {
    push(octets) {
      if (octets.length === 0) return;
      if (proof === null) refuseBadOctets(octets, last === CR);
      last = octets[octets.length - 1] as number;
    },
    end() {
      // SC-32: a dot alone would be a message of nothing.
      if (last === -1) throw refused('message-malformed', 'no octet at all');
      if (last === CR) throw refused('lone-cr', 'a carriage return at the end');
      return last === LF;
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
