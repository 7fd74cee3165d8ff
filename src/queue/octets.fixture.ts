/**
 * Octets for tests of durable queues: a seal, and a message that is too large for one step.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { createContext } from '../core/context.js';
import { prepareMessage } from '../message/source.js';
import { makeSubmission } from '../testing/queue-suite-mail.js';
import type { Submission } from './driver.js';
import type { Sealing } from './stored-message.js';

/** AES-256-GCM, the place of a part as additional data. */
export function aesGcm(key: Buffer): Sealing {
  return {
    seal(octets, place) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(place));
      const sealed = Buffer.concat([cipher.update(octets), cipher.final()]);
      return Buffer.concat([nonce, sealed, cipher.getAuthTag()]);
    },
    open(sealed, place) {
      const octets = Buffer.from(sealed);
      const cipher = createDecipheriv('aes-256-gcm', key, octets.subarray(0, 12));
      cipher.setAAD(Buffer.from(place)).setAuthTag(octets.subarray(-16));
      return Buffer.concat([cipher.update(octets.subarray(12, -16)), cipher.final()]);
    },
  };
}

/** One job for `b.example` whose message has at least `size` octets. */
export async function bigSubmission(id: string, size: number): Promise<Submission> {
  const small = await makeSubmission({ id });
  const header = small.message.header;
  const line = Buffer.from(`${'0123456789'.repeat(7)}\r\n`);
  async function* octets(): AsyncGenerator<Uint8Array> {
    yield header;
    for (let written = 0; written < size; written += line.length * 1000)
      yield Buffer.concat(Array(1000).fill(line));
  }
  const message = await prepareMessage(
    () => Readable.from(octets()),
    { messageIdDomain: 'sender.example' },
    createContext(),
  );
  return { ...small, message };
}
