/**
 * Octets of messages in the PostgreSQL queue. A small message goes in with its submission, in one step; a larger one is
 * written part by part beforehand (staged) and belongs to nobody until its submission is put. What a crash leaves staged
 * is removed by `clean`.
 */
import { randomUUID } from 'node:crypto';
import type { Submission } from './driver.js';
import type { Caller } from './postgres-pool.js';
import { packNewJob } from './stored-job.js';
import { factsOf, MAX_IN_MEMORY, openPart, sealedParts, type Sealing } from './stored-message.js';

/** What reading and writing octets needs. */
export interface ContentStore extends Caller {
  /** The schema, quoted. */
  readonly schema: string;
  readonly sealing: Sealing | null;
}

/** A submission as text, and those of its octets that go with it. */
export interface Packed {
  /** The name of its octets; new for each put. */
  readonly content: string;
  readonly text: object;
  /** null: they are staged. */
  readonly octets: Uint8Array | null;
}

/** Makes a submission ready to be put; `from` is where its octets will begin, counted from 1. */
export async function packSubmission(
  store: ContentStore,
  submission: Submission,
  from: number,
): Promise<Packed> {
  const { id, idempotencyKey: key, message, jobs } = submission;
  const content = randomUUID();
  const text = {
    id,
    key,
    content,
    facts: JSON.stringify(factsOf(message)),
    jobs: jobs.map((job) => ({
      id: job.id,
      domain: job.domain,
      priority: job.priority,
      due_at: job.notBefore,
      latest_at: job.latestAt,
      created_at: job.createdAt,
      expires_at: job.expiresAt,
      ...packNewJob(job),
    })),
  };
  const parts = sealedParts(message, store.sealing);
  if (message.size > MAX_IN_MEMORY) {
    const count = await stage(store, content, parts, jobs[0]?.createdAt ?? 0);
    return { content, text: { ...text, parts: count }, octets: null };
  }
  const all: Uint8Array[] = [];
  for await (const part of parts) all.push(part);
  const sizes = all.map(({ length }) => length);
  return { content, text: { ...text, from, sizes }, octets: Buffer.concat(all) };
}

async function stage(
  store: ContentStore,
  content: string,
  parts: AsyncIterable<Uint8Array>,
  now: number,
): Promise<number> {
  let number = 0;
  try {
    for await (const part of parts) {
      const values = [content, number, part, now];
      await store.call(`SELECT ${store.schema}.stage($1, $2, $3, $4)`, () => values);
      number += 1;
    }
  } catch (error) {
    await unstage(store, [content]);
    throw error;
  }
  return number;
}

/** Gives up what was staged and not put. That it fails is no matter: `clean` finds it. */
export async function unstage(store: ContentStore, contents: readonly string[]): Promise<void> {
  for (const content of contents) {
    await store.call(`SELECT ${store.schema}.unstage($1)`, () => [content]).catch(() => undefined);
  }
}

/** The parts after the header section. */
export async function* readBody(
  store: ContentStore,
  content: string,
  sha256: string,
): AsyncGenerator<Uint8Array> {
  for (let number = 1; ; number += 1) {
    const sql = `SELECT octets FROM ${store.schema}.part WHERE content = $1 AND number = $2`;
    const [row] = await store.call(sql, () => [content, number]);
    if (row === undefined) return;
    yield await openPart(row['octets'] as Uint8Array, sha256, number, store.sealing);
  }
}
