/**
 * Replies of a server, from octets to values. Pure: octets in, replies out, bounds enforced on the way.
 * A line ends in CRLF and in nothing else; all lines of a reply carry one code. What breaks this is a ProtocolError
 * value, and nothing is read after it. Standards: RFC 5321 §4.2, §4.5.3.1.5; RFC 2034 §4; SC-8 to SC-13.
 */
import { printable } from '../core/printable.js';
import type { Reason } from '../core/reasons.js';

/** One reply, all of its lines. */
export interface Reply {
  readonly code: number;
  /** RFC 2034 code of the text, only when its class fits the reply code (SC-13); null otherwise. */
  readonly enhanced: string | null;
  /** Text of each line, without code and separator; as received. */
  readonly lines: readonly string[];
}

/** Why reading stopped. */
export interface ReplyFault {
  readonly reason: Extract<Reason, 'reply-malformed' | 'reply-too-long'>;
  readonly detail: string;
}

/** Bounds, in octets and lines. */
export interface ReplyLimits {
  readonly maxLine: number;
  readonly maxLines: number;
  readonly maxReply: number;
}

/** SC-12. */
export const REPLY_LIMITS: ReplyLimits = { maxLine: 4096, maxLines: 128, maxReply: 65_536 };

/** Reads replies out of octets as they come. */
export interface ReplyReader {
  /** Takes octets; gives the replies that are complete now, or the fault that ends reading. */
  push(octets: Uint8Array): { readonly replies: readonly Reply[]; readonly fault: ReplyFault | null };
  /** True when no octet of an unfinished reply is held. */
  isEmpty(): boolean;
}

const CR = 0x0d;
const LF = 0x0a;
// SC-8: the first digit 2 to 5 is judged by the caller; SC-10 makes others fatal there.
const LINE = /^\d{3}(?:[ -]|$)/;

/** So many replies of one short line are known again: a server says the same to every message. */
const MAX_KNOWN = 16;
const MAX_KNOWN_LINE = 128;

/** Makes a reader; one for each layer, so that nothing read in clear can be part of a reply inside TLS (AT-2). */
export function createReplyReader(limits: ReplyLimits = REPLY_LIMITS): ReplyReader {
  let held = Buffer.alloc(0);
  let lines: string[] = [];
  let code: string | null = null;
  let size = 0;
  const known = new Map<string, Reply>();

  const readLine = (octets: Buffer, start: number, end: number): Reply | ReplyFault | null => {
    const line = octets.toString('latin1', start, end);
    const before = code === null ? known.get(line) : undefined;
    if (before !== undefined) return before;
    if (line.includes('\r')) return malformed('a CR or LF that is no line end');
    if (!LINE.test(line)) return malformed(`the line "${printable(line, 80)}"`);
    const given = line.slice(0, 3);
    if (code !== null && code !== given) return malformed(`the codes ${code} and ${given} in one reply`);
    code = given;
    size += line.length + 2;
    lines.push(isPlain(line) ? line.slice(4) : octets.toString('utf8', Math.min(start + 4, end), end));
    if (lines.length > limits.maxLines || size > limits.maxReply) return tooLong(limits);
    if (line[3] === '-') return null;
    const reply = { code: Number(code), enhanced: readEnhanced(code, lines[0] ?? ''), lines };
    if (lines.length === 1 && line.length <= MAX_KNOWN_LINE && known.size < MAX_KNOWN) {
      // Given out again: nobody may write on it.
      Object.freeze(lines);
      known.set(line, Object.freeze(reply));
    }
    lines = [];
    code = null;
    size = 0;
    return reply;
  };

  return {
    isEmpty: () => held.length === 0 && lines.length === 0,
    push(given) {
      const fresh = Buffer.from(given.buffer, given.byteOffset, given.length);
      const octets = held.length === 0 ? fresh : Buffer.concat([held, fresh]);
      const replies: Reply[] = [];
      let at = 0;
      for (;;) {
        const feed = octets.indexOf(LF, at);
        const end = feed < 0 ? octets.length : feed - 1;
        // SC-11: an LF without a CR in front of it stands alone.
        if (feed >= 0 && (end < at || octets[end] !== CR))
          return { replies, fault: malformed('a line feed without carriage return') };
        if (end - at > limits.maxLine) return { replies, fault: tooLong(limits) };
        if (feed < 0) break;
        const found = readLine(octets, at, end);
        at = feed + 1;
        if (found === null) continue;
        if ('reason' in found) return { replies, fault: found };
        replies.push(found);
      }
      // A copy: whoever read them may use their memory again.
      held = Buffer.from(octets.subarray(at));
      return { replies, fault: null };
    },
  };
}

function isPlain(text: string): boolean {
  // eslint-disable-next-line no-control-regex
  return !/[^\x00-\x7f]/.test(text);
}

function malformed(what: string): ReplyFault {
  return { reason: 'reply-malformed', detail: `expected a reply as in RFC 5321 §4.2, got ${what}` };
}

function tooLong(limits: ReplyLimits): ReplyFault {
  return {
    reason: 'reply-too-long',
    detail: `more than ${limits.maxLine} octets in a line, ${limits.maxLines} lines or ${limits.maxReply} octets in a reply`,
  };
}

/** SC-13: `class.subject.detail` in front of the text, only where its class is the first digit of the code. */
function readEnhanced(code: string, text: string): string | null {
  const match = /^([245])\.(\d{1,3})\.(\d{1,3})(?= |$)/.exec(text);
  return match !== null && match[1] === code[0] ? match[0] : null;
}
