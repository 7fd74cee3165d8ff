/**
 * Lists on disk: one that somebody saved in a file, and the store that keeps every list that was in force.
 *
 * The store is a directory: `journal.jsonl` with one record per line, and `<sha256>.list` for each list. A list is on the
 * disk before the record that names it, so a crash leaves at worst a list that nobody names; a record that a crash cut
 * off is passed over. Files are for their owner alone.
 */
import { constants, type FileHandle, mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type ListRecord, type ListStore, sha256Of } from './domain-list-journal.js';
import { type Fetched, type ListOrigin, LONGEST_LIST } from './domain-list-origin.js';

/** A list in a file. It is as old as the file: who saves the list again, changed or not, has checked it. */
export function fileOrigin(path: string): ListOrigin {
  return {
    place: path,
    async fetch(): Promise<Fetched> {
      try {
        // Not to wait for a writer where the path is a pipe.
        const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
        try {
          return await readWhole(file);
        } finally {
          await file.close();
        }
      } catch (error) {
        return { kind: 'failed', cause: codeOf(error) };
      }
    },
  };
}

async function readWhole(file: FileHandle): Promise<Fetched> {
  const found = await file.stat();
  if (!found.isFile()) return { kind: 'failed', cause: 'not a regular file' };
  if (found.size > LONGEST_LIST) return { kind: 'failed', cause: `more than ${LONGEST_LIST} octets` };
  return { kind: 'content', octets: await file.readFile(), etag: null, asOf: found.mtimeMs };
}

/** Keeps lists in a directory, which is made when it is missing. */
export function diskListStore(directory: string): ListStore {
  const journal = join(directory, 'journal.jsonl');
  const pathOf = (sha256: string): string => join(directory, `${sha256}.list`);
  return {
    async append(record, octets) {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      if (octets !== null) await writeList(pathOf(sha256Of(octets)), octets);
      // A line end first as well: behind a record that a crash cut off the next one begins a new line.
      await withFile(journal, 'a', (file) => file.appendFile(`\n${JSON.stringify(record)}\n`));
    },
    async records() {
      const text = await readFile(journal, 'utf8').catch(emptyWhenMissing);
      return text.split('\n').flatMap(readRecord);
    },
    async octets(sha256) {
      if (!/^[0-9a-f]{64}$/.test(sha256)) return null;
      const octets = await readFile(pathOf(sha256)).catch(() => null);
      return octets !== null && sha256Of(octets) === sha256 ? octets : null;
    },
  };
}

async function writeList(path: string, octets: Uint8Array): Promise<void> {
  await withFile(`${path}.new`, 'w', (file) => file.writeFile(octets));
  await rename(`${path}.new`, path);
}

async function withFile(
  path: string,
  flags: string,
  write: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const file = await open(path, flags, 0o600);
  try {
    await write(file);
    await file.sync();
  } finally {
    await file.close();
  }
}

function readRecord(line: string): ListRecord[] {
  try {
    const record: unknown = JSON.parse(line);
    const isRecord = typeof record === 'object' && record !== null && 'at' in record && 'outcome' in record;
    return isRecord ? [record as ListRecord] : [];
  } catch {
    return [];
  }
}

function emptyWhenMissing(error: unknown): string {
  if (codeOf(error) === 'ENOENT') return '';
  throw error;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
