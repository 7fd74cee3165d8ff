/**
 * Replies that a test puts into the mouth of a mock server.
 */
import type { ReplyKey } from './conversation.js';

/**
 * Replies by command, with code and text (`'550 5.1.1 nobody'`). One text answers every time; a list is used up one by
 * one over the life of the server, after which the usual replies come back; `null` in a list is the usual reply.
 * A reply of several lines has `\r\n` between them.
 */
export type Replies = Partial<Readonly<Record<ReplyKey, string | readonly (string | null)[]>>>;

/** The replies that are left. */
export interface Script {
  /** The next scripted reply; null: the usual one. */
  next(key: ReplyKey, address?: string): string | null;
}

/** Starts a script. */
export function createScript(
  replies: Replies,
  recipients: Readonly<Record<string, string | readonly (string | null)[]>>,
): Script {
  const used = new Map<string, number>();
  const take = (name: string, given: string | readonly (string | null)[] | undefined): string | null => {
    if (given === undefined || typeof given === 'string') return given ?? null;
    const index = used.get(name) ?? 0;
    used.set(name, index + 1);
    return given[index] ?? null;
  };
  return {
    next(key, address) {
      const single = key === 'RCPT' && address !== undefined ? recipients[address] : undefined;
      return single === undefined ? take(key, replies[key]) : take(`RCPT ${address}`, single);
    },
  };
}
