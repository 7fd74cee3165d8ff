/**
 * Octets of messages in the SQLite queue, by size:
 *
 *   up to 32 KiB   in one row (`small`)
 *   up to 1 MiB    waits in memory and goes in as parts with its submission, in one transaction
 *   larger         written part by part beforehand (staged); belongs to nobody until its submission is put
 *
 * What a crash leaves staged is removed by `clean`.
 */
import type { Message } from '../message/source.js';
import type { Committer } from './sqlite-commit.js';
import type { Database } from './sqlite-database.js';
import { MAX_IN_MEMORY, octetsMissing, openPart, sealedParts, type Sealing } from './stored-message.js';

const NUMBERS = 2 ** 20;
const MAX_IN_ROW = 32 * 1024;

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

/**
 * Gives staged octets to a submission that is being put; a step of a transaction. The content that holds them, null where
 * they are few: then `adoptSmall` keeps them, once the key of the submission is known.
 */
export function adopt(database: Database, staged: Staged): number | null {
  if (staged.kind === 'stored') {
    database.run('UPDATE content SET staged_at = NULL WHERE id = ?', staged.content);
    return staged.content;
  }
  if (isSmall(staged.parts)) return null;
  const content = database.run('INSERT INTO content (staged_at) VALUES (NULL)').key;
  staged.parts.forEach((part, number) => putPart(database, content * NUMBERS + number, part));
  return content;
}

/** Keeps the octets of a small message; a step of a transaction. */
export function adoptSmall(database: Database, staged: Staged, submission: number): void {
  if (staged.kind === 'stored') return;
  const [header = null, body = null] = staged.parts;
  database.run('INSERT INTO small (submission, header, body) VALUES (?, ?, ?)', submission, header, body);
}

function isSmall(parts: readonly Uint8Array[]): boolean {
  return parts.length <= 2 && parts.reduce((sum, part) => sum + part.length, 0) <= MAX_IN_ROW;
}

/** Gives up what was staged and will not be used. */
export async function unstage({ database, committer }: ContentStore, staged: Staged): Promise<void> {
  if (staged.kind === 'stored') await committer.write(() => dropContent(database, staged.content));
}

function putPart(database: Database, id: number, octets: Uint8Array): void {
  database.run('INSERT INTO part (id, octets) VALUES (?, ?)', id, octets);
}

/** Removes the octets of a submission; a step of a transaction. */
export function dropOctets(database: Database, { submission, content }: Whose): void {
  if (content === null) database.run('DELETE FROM small WHERE submission = ?', submission);
  else dropContent(database, content);
}

function dropContent(database: Database, content: number): void {
  const first = content * NUMBERS;
  database.run('DELETE FROM part WHERE id >= ? AND id < ?', first, first + NUMBERS);
  database.run('DELETE FROM content WHERE id = ?', content);
}

/** Removes what was staged before a time and never put; a step of a transaction. */
export function dropStaged(database: Database, before: number): void {
  const rows = database.all('SELECT id FROM content WHERE staged_at < ?', before);
  for (const { id } of rows) dropContent(database, id as number);
}

/** Which octets: the submission, and the content that holds them; null: they are small. */
export interface Whose {
  readonly submission: number;
  readonly content: number | null;
}

/**
 * The header section of a message.
 * @throws QueueError `job-damaged`
 */
export async function readHeader(store: ContentStore, whose: Whose, sha256: string): Promise<Uint8Array> {
  const header = await readOctets(store, whose, 0);
  if (header !== null) return openPart(header, sha256, 0, store.sealing);
  throw octetsMissing();
}

/** The parts after the header section. */
export async function* readBody(
  store: ContentStore,
  whose: Whose,
  sha256: string,
): AsyncGenerator<Uint8Array> {
  for (let number = 1; ; number += 1) {
    const part = await readOctets(store, whose, number);
    if (part !== null) yield await openPart(part, sha256, number, store.sealing);
    if (part === null || whose.content === null) return;
  }
}

/** One part; null where there is none. */
async function readOctets(
  { database, committer }: ContentStore,
  { submission, content }: Whose,
  number: number,
): Promise<Uint8Array | null> {
  const row = await committer.read(() =>
    content === null
      ? database.get(
          `SELECT ${number === 0 ? 'header' : 'body'} AS octets FROM small WHERE submission = ?`,
          submission,
        )
      : database.get('SELECT octets FROM part WHERE id = ?', content * NUMBERS + number),
  );
  return (row?.['octets'] ?? null) as Uint8Array | null;
}
