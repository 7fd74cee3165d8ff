/**
 * The example of a sealed queue, against the built package: nothing of the message is in the file, the partner gets it whole,
 * and another key opens nothing.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { QueueDriver } from '../../src/queue/driver.js';
import { leaseOne, put, START } from '../../src/testing/queue-suite-mail.js';
import { createSender } from '../../src/sender.js';
import { createWorld } from '../../src/testing/world.js';
import { type BuiltPackage, buildPackage } from './built-package.js';

interface Example {
  readonly openSealedQueue: (path: string, key?: string) => QueueDriver;
}
const folder = mkdtempSync(join(tmpdir(), 'sealed-'));
const newKey = (): string => randomBytes(32).toString('base64');
let built: BuiltPackage;
let example: Example;
beforeAll(async () => {
  built = await buildPackage();
  example = await built.load<Example>('examples/sealed-queue.mjs');
}, 60_000);
afterAll(() => {
  built.remove();
  rmSync(folder, { recursive: true, force: true });
});

describe('sealed-queue.mjs', () => {
  it('AT-52: a message is not in the file, and reaches the partner whole', async () => {
    const world = await createWorld({ zones: { 'partner.example': { mx: ['mx1.partner.example'] } } });
    const queue = example.openSealedQueue(join(folder, 'mail.sqlite'), newKey());
    const sender = createSender(world.senderOptions({ queue }));
    const text = 'From: a@bank.example\r\nSubject: secret plan\r\n\r\nthe sum is 4711\r\n';
    const mail = { from: 'a@bank.example', to: 'b@partner.example', message: Buffer.from(text) };
    await sender.send({ ...mail, complete: true });
    for (const name of readdirSync(folder)) {
      expect(readFileSync(join(folder, name)).toString('latin1')).not.toMatch(/4711|secret plan/);
    }
    await world.clock.until(sender.processOnce());
    expect(world.server('mx1.partner.example').messages[0]?.content.toString()).toMatch(/the sum is 4711/);
    await sender.close();
    await world.close();
  });

  it('AT-55: another key opens nothing', async () => {
    const path = join(folder, 'other.sqlite');
    const first = example.openSealedQueue(path, newKey());
    await put(first, { id: 's1' });
    await first.close();
    const second = example.openSealedQueue(path, newKey());
    await expect(leaseOne(second, START)).rejects.toThrow(/authenticate/);
    await second.close();
    expect(() => example.openSealedQueue(path)).toThrow(/MAIL_KEY/);
  });
});
