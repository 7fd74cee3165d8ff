/**
 * Octets of messages in the SQLite queue. A message of up to 1 MiB waits in memory and goes in with its submission, in
 * one transaction; a larger one is written part by part beforehand (staged) and belongs to nobody until its submission
 * is put. What a crash leaves staged is removed by `clean`.
 */
import type { Message } from '../message/source.js';
import type { Committer } from './sqlite-commit.js';
import type { Database } from './sqlite-database.js';
import { MAX_IN_MEMORY, octetsMissing, openPart, sealedParts, type Sealing } from './stored-message.js';

const NUMBERS = 2 ** 20;

/** Octets that are ready to become part of a submission. */
export type Staged =
  | { readonly kind: 'memory'; readonly parts: readonly Uint8Array[] }
  | { readonly kind: 'stored'; readonly content: number };

/** What reading and writing octets needs. */
export interface ContentStore {
  readonly database: Database;
  readonly committer: Committer;
  readonly sealing: Sealing | null;
}

/** Makes the octets of a message ready; `now` dates what is staged. */
export async function stage(
  { database, committer, sealing }: ContentStore,
  message: Message,
  now: number,
): Promise<Staged> {
  const parts = sealedParts(message, sealing);
  if (message.size <= MAX_IN_MEMORY) {
    const all: Uint8Array[] = [];
    for await (const part of parts) all.push(part);
    return { kind: 'memory', parts: all };
  }
  const content = await committer.write(
    () => database.run('INSERT INTO content (staged_at) VALUES (?)', now).key,
  );
  try {
    let number = 0;
    for await (const part of parts) {
      const id = content * NUMBERS + number;
      await committer.write(() => putPart(database, id, part));
      number += 1;
    }
  } catch (error) {
    await committer.write(() => dropContent(database, content)).catch(() => undefined);
    throw error;
  }
  return { kind: 'stored', content };
}

/** Makes staged octets belong to a submission; a step of a transaction. */
export function adopt(database: Database, staged: Staged): number {
  if (staged.kind === 'stored') {
    database.run('UPDATE content SET staged_at = NULL WHERE id = ?', staged.content);
    return staged.content;
  }
  const content = database.run('INSERT INTO content (staged_at) VALUES (NULL)').key;
  staged.parts.forEach((part, number) => putPart(database, content * NUMBERS + number, part));
  return content;
}

/** Gives up what was staged and will not be used. */
export async function unstage({ database, committer }: ContentStore, staged: Staged): Promise<void> {
  if (staged.kind === 'stored') await committer.write(() => dropContent(database, staged.content));
}

function putPart(database: Database, id: number, octets: Uint8Array): void {
  database.run('INSERT INTO part (id, octets) VALUES (?, ?)', id, octets);
}

/** Removes octets; a step of a transaction. */
export function dropContent(database: Database, content: number): void {
  const first = content * NUMBERS;
  database.run('DELETE FROM part WHERE id >= ? AND id < ?', first, first + NUMBERS);
  database.run('DELETE FROM content WHERE id = ?', content);
}

/** Removes what was staged before a time and never put; a step of a transaction. */
export function dropStaged(database: Database, before: number): void {
  const rows = database.all('SELECT id FROM content WHERE staged_at < ?', before);
  for (const { id } of rows) dropContent(database, id as number);
}

/**
 * The header section of a message.
 * @throws QueueError `job-damaged`
 */
export async function readHeader(store: ContentStore, content: number, sha256: string): Promise<Uint8Array> {
  const header = await readPart(store, content, 0, sha256);
  if (header !== null) return header;
  throw octetsMissing();
}

/** The parts after the header section. */
export async function* readBody(
  store: ContentStore,
  content: number,
  sha256: string,
): AsyncGenerator<Uint8Array> {
  for (let number = 1; ; number += 1) {
    const part = await readPart(store, content, number, sha256);
    if (part === null) return;
    yield part;
  }
}

async function readPart(
  { database, committer, sealing }: ContentStore,
  content: number,
  number: number,
  sha256: string,
): Promise<Uint8Array | null> {
  const row = await committer.read(() =>
    database.get('SELECT octets FROM part WHERE id = ?', content * NUMBERS + number),
  );
  if (row === null) return null;
  return openPart(row['octets'] as Uint8Array, sha256, number, sealing);
}
