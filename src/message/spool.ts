/**
 * The only file of this folder that touches the disk: reads a message from a path, and keeps a stream that can be read
 * only once in a file that nobody else can read.
 *
 * Failure: a file that does not exist is ConfigError `message-unreadable` (when it is opened again, its caller takes
 * that for a changed message); other errors of the disk pass as they are, they may be temporary. A spool file is removed
 * when writing it fails.
 */
import { randomUUID } from 'node:crypto';
import { constants, type FileHandle, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BLOCK, takeBlock } from '../core/blocks.js';
import { ConfigError } from '../core/errors.js';
import { messageError } from './line-scan.js';

/** The octets of a regular file, block by block. */
export async function* readFile(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const file = await openRegular(path);
  try {
    for (;;) {
      signal.throwIfAborted();
      const { bytesRead, buffer } = await file.read(takeBlock(BLOCK), 0, BLOCK);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

async function openRegular(path: string): Promise<FileHandle> {
  let file: FileHandle;
  try {
    // Not to wait for a writer where the path is a pipe.
    file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
    throw new ConfigError(
      'message-unreadable',
      `message: there is no file ${JSON.stringify(path)}; keep it until the message has been delivered`,
      error,
    );
  }
  const found = await file.stat();
  if (found.isFile()) return file;
  await file.close();
  throw new ConfigError(
    'message-unreadable',
    `message: ${JSON.stringify(path)} is not a regular file; give a file, or a stream`,
  );
}

/**
 * Writes a stream into a new file with mode 0600, which `dispose` removes.
 * @throws ConfigError `message-too-big`; errors of the disk and of the stream
 */
export async function spoolStream(
  stream: AsyncIterable<Uint8Array>,
  options: { readonly maxSize: number; readonly spoolDirectory?: string },
): Promise<{ readonly path: string; readonly dispose: () => Promise<void> }> {
  const path = join(options.spoolDirectory ?? tmpdir(), `enforced-tls-${randomUUID()}.eml`);
  const file = await open(path, 'wx', 0o600);
  const dispose = (): Promise<void> => rm(path, { force: true });
  try {
    let size = 0;
    for await (const chunk of stream) {
      size += chunk.length;
      if (size > options.maxSize) {
        const limit = options.maxSize;
        throw messageError('message-too-big', `octet ${limit}`, `It is larger than ${limit} octets.`);
      }
      await file.appendFile(chunk);
    }
    await file.sync();
    await file.close();
  } catch (error) {
    await file.close().catch(() => undefined);
    await dispose();
    throw error;
  }
  return { path, dispose };
}
