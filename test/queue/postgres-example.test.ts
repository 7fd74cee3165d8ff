import type { Pool } from 'pg';
import { expect, it } from 'vitest';
import type { Sender } from '../../src/sender.js';
import type { SenderOptions } from '../../src/sender-options.js';
import { createWorld } from '../../src/testing/world.js';
import { buildPackage } from '../examples/built-package.js';
import { usePostgres } from './postgres-fixture.js';

const postgres = usePostgres();

interface Example {
  readonly createSharedSender: (pool: Pool, surroundings: Partial<SenderOptions>) => Sender;
}

it.skipIf(postgres.missing)(
  'Q-8: postgres.mjs: what one sender has put, another one sends',
  async () => {
    const built = await buildPackage();
    const { createSharedSender } = await built.load<Example>('examples/postgres.mjs');
    const world = await createWorld({ zones: { 'partner.example': { mx: ['mx1.partner.example'] } } });
    const {
      ehloName: _,
      queue: __,
      default: ___,
      ...surroundings
    } = world.senderOptions({ work: 'by-call' });
    const message = Buffer.from('From: ops@bank.example\r\nSubject: Report\r\n\r\nThe figures.\r\n');
    const first = createSharedSender(postgres.pool(), surroundings);
    await first.send({ from: 'ops@bank.example', to: ['anna@partner.example'], message });
    await first.close();
    const second = createSharedSender(postgres.pool(), surroundings);
    expect(await second.processOnce()).toBe(1);
    expect(world.server('mx1.partner.example').messages).toMatchObject([{ secure: true }]);
    await second.close();
    await world.close();
    built.remove();
  },
  60_000,
);
