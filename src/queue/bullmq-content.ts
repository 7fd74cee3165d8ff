/**
 * Octets of messages in the BullMQ queue: one hash of parts per message, beside the keys of BullMQ. It expires after a day
 * until the script that keeps its submission makes it stay, so what a crash leaves behind goes by itself.
 */
import { randomUUID } from 'node:crypto';
import type { Message } from '../message/source.js';
import type { Opened } from './bullmq-store.js';
import type { StoredOctets } from './stored-job.js';
import { MAX_IN_MEMORY, octetsMissing, openPart, sealedParts, type Sealing } from './stored-message.js';

const ORPHAN_MS = 86_400_000;

/** Octets on their way to Redis. */
export interface Staged {
  /** The name under which they wait for their submission. */
  readonly content: string;
  readonly parts: number;
  /** Resolves when Redis has answered; what is sent after them is done after them. */
  readonly written: Promise<unknown>;
}

/** Sends the octets of a message; of a large one, part after part. */
export async function stage(opened: Opened, message: Message, sealing: Sealing | null): Promise<Staged> {
  const { redis, base } = opened;
  const content = randomUUID();
  const key = `${base}octets:${content}`;
  const pending: Promise<unknown>[] = [];
  let parts = 0;
  try {
    for await (const part of sealedParts(message, sealing)) {
      const sent = Promise.all([redis.hset(key, String(parts), part), redis.pexpire(key, ORPHAN_MS)]);
      if (message.size > MAX_IN_MEMORY) await sent;
      pending.push(sent);
      parts += 1;
    }
  } catch (error) {
    await unstage(opened, content);
    throw error;
  }
  const written = Promise.all(pending);
  // Whoever keeps the submission waits for it; nobody may be there yet when it fails.
  written.catch(() => undefined);
  return { content, parts, written };
}

/** Gives up what was staged and will not be used; where that fails, it expires. */
export async function unstage({ redis, base }: Opened, content: string): Promise<void> {
  await redis.del(`${base}octets:${content}`).catch(() => undefined);
}

/** Reads the octets of a message again. */
export function octetsOf({ redis, base }: Opened, content: string, sealing: Sealing | null): StoredOctets {
  const readPart = async (sha256: string, number: number): Promise<Uint8Array | null> => {
    const octets = await redis.hgetBuffer(`${base}octets:${content}`, String(number));
    return octets === null ? null : openPart(octets, sha256, number, sealing);
  };
  return {
    async header(sha256) {
      const header = await readPart(sha256, 0);
      if (header === null) throw octetsMissing();
      return header;
    },
    async *body(sha256) {
      for (let number = 1; ; number += 1) {
        const part = await readPart(sha256, number);
        if (part === null) return;
        yield part;
      }
    },
  };
}
