/**
 * A message in a file passes through in pieces: a process of its own sends one of 25 MB and one of 250 MB, and what its
 * memory rises by is the same.
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { describeInterop, interop } from './suite.js';
import type { ServerName } from './servers.js';

const MB = 1_000_000;

describeInterop.each<ServerName>(['postfix', 'exim'])('%s gets a large message', (name) => {
  it('FAQ-10: 250 MB need at most 16 MB more than 25 MB', async () => {
    const small = await measure(name, 25 * MB);
    const large = await measure(name, 250 * MB);
    const text = (rise: number): string => `${(rise / MB).toFixed(1)} MB`;
    console.log(`${name}: peak above idle ${text(small)} for 25 MB, ${text(large)} for 250 MB`);
    expect(large - small).toBeLessThan(16 * MB);
  }, 180_000);
});

/** Octets by which the memory of a process rises while it sends a message of this size. */
async function measure(name: ServerName, size: number): Promise<number> {
  const server = interop()[name];
  const path = join(interop().folder, `large.${size}.eml`);
  await writeMessage(path, size);
  const args = [server.host, server.addr, String(server.port), server.trust, path];
  const { stdout } = await promisify(execFile)(process.execPath, ['measured.mjs', ...args], {
    cwd: interop().app,
  });
  unlinkSync(path);
  const { state, idle, peak } = JSON.parse(stdout) as { state: string; idle: number; peak: number };
  expect(state).toBe('delivered');
  return peak - idle;
}

async function writeMessage(path: string, size: number): Promise<void> {
  const file = createWriteStream(path);
  file.write(
    'Date: Wed, 25 Nov 2026 10:00:00 +0000\r\nFrom: anna@sender.test\r\nMessage-ID: <large@sender.test>\r\n\r\n',
  );
  const block = Buffer.from(
    `${'QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNk'.padEnd(76, 'x')}\r\n`.repeat(10_000),
  );
  for (let written = 0; written < size; written += block.length) {
    if (!file.write(block)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
}
