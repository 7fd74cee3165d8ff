/**
 * The queue on disk, where this version of Node has SQLite: a message outlives its process. Where it has none, the error
 * says what to do.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSender, isConfigError } from 'enforced-tls';
import { sqliteQueue } from 'enforced-tls/queue';
import { createWorld } from 'enforced-tls/testing';

const folder = mkdtempSync(join(tmpdir(), 'enforced-tls-sqlite-'));
const path = join(folder, 'queue.db');
try {
  if (process.getBuiltinModule?.('node:sqlite') === undefined) {
    assert.throws(
      () => sqliteQueue({ path }),
      (error) => isConfigError(error) && error.code === 'sqlite-missing' && /22\.15/.test(error.message),
    );
    console.log(`${process.version} has no SQLite, and is told so`);
  } else {
    await outliveTheProcess();
    console.log(process.version);
  }
} finally {
  rmSync(folder, { recursive: true });
}

async function outliveTheProcess() {
  const world = await createWorld({ zones: { 'partner.example': { mx: ['mx1.partner.example'] } } });
  const before = createSender(world.senderOptions({ queue: sqliteQueue({ path }) }));
  const { id } = await before.send({
    from: 'ops@bank.example',
    to: 'anna@partner.example',
    message: Buffer.from('From: ops@bank.example\r\nSubject: Report\r\n\r\nHello\r\n'),
    complete: true,
  });
  await before.close();
  const after = createSender(world.senderOptions({ queue: sqliteQueue({ path }) }));
  assert.equal((await after.status(id))[0].state, 'ready');
  const working = after.processOnce();
  await world.clock.settle();
  assert.equal(await working, 1);
  assert.equal((await after.status(id))[0].state, 'done');
  assert.equal(world.server('mx1.partner.example').messages.length, 1);
  await after.close();
  await world.close();
}
