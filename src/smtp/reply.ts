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
  readonly empty: boolean;
}

const CR = 0x0d;
const LF = 0x0a;
// SC-8: the first digit 2 to 5 is judged by the caller; SC-10 makes others fatal there.
const LINE = /^(\d{3})(?:([ -])([^]*))?$/;

/** Makes a reader; one for each layer, so that nothing read in clear can be part of a reply inside TLS (AT-2). */
export function createReplyReader(limits: ReplyLimits = REPLY_LIMITS): ReplyReader {
  let held = Buffer.alloc(0);
  let lines: string[] = [];
  let code: string | null = null;
  let size = 0;

  const readLine = (line: Buffer): Reply | ReplyFault | null => {
    if (line.includes(CR) || line.includes(LF)) return malformed('a CR or LF that is no line end');
    const match = LINE.exec(line.toString('latin1'));
    if (match === null) return malformed(`the line "${printable(line.toString('latin1'), 80)}"`);
    if (code !== null && code !== match[1])
      return malformed(`the codes ${code} and ${match[1]} in one reply`);
    code = match[1] ?? '';
    size += line.length + 2;
    lines.push(line.subarray(Math.min(4, line.length)).toString('utf8'));
    if (lines.length > limits.maxLines || size > limits.maxReply) return tooLong(limits);
    if (match[2] === '-') return null;
    const reply = { code: Number(code), enhanced: readEnhanced(code, lines[0] ?? ''), lines };
    lines = [];
    code = null;
    size = 0;
    return reply;
  };

  return {
    get empty() {
      return held.length === 0 && lines.length === 0;
    },
    push(octets) {
      held = held.length === 0 ? Buffer.from(octets) : Buffer.concat([held, octets]);
      const replies: Reply[] = [];
      for (;;) {
        const end = held.indexOf('\r\n');
        const bare = held.indexOf(LF);
        // SC-11: an LF that comes before the next CRLF stands alone.
        if (bare >= 0 && (end < 0 || bare < end))
          return { replies, fault: malformed('a line feed without carriage return') };
        if (end > limits.maxLine || (end < 0 && held.length > limits.maxLine))
          return { replies, fault: tooLong(limits) };
        if (end < 0) return { replies, fault: null };
        const found = readLine(held.subarray(0, end));
        held = held.subarray(end + 2);
        if (found === null) continue;
        if ('reason' in found) return { replies, fault: found };
        replies.push(found);
      }
    },
  };
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
