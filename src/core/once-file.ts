/**
 * What is told once, kept in a file: one key on each line, only ever added to, so that several processes may share it. Two
 * of them that see a thing at the same moment may both tell it.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import type { OnceStore } from './once.js';

/**
 * A store in a file, which is made when the first key comes. Read when the store is made.
 * @throws the error of the file system, when the file is there and cannot be read
 */
export function fileOnce(path: string): OnceStore {
  const known = new Set(readLines(path));
  return {
    first(key) {
      if (known.has(key)) return false;
      for (const line of readLines(path)) known.add(line);
      if (known.has(key)) return false;
      known.add(key);
      appendFileSync(path, `${key}\n`, { mode: 0o600 });
      return true;
    },
  };
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
