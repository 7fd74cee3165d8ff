import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isConfigError } from '../../src/core/errors.js';
import { aesGcm, bigSubmission } from '../../src/queue/octets.fixture.js';
import { postgresQueue } from '../../src/queue/postgres.js';
import {
  DAY,
  lease,
  leaseOne,
  put,
  readContent,
  settlement,
  START,
} from '../../src/testing/queue-suite-mail.js';
import { queueSuite } from '../../src/testing/queue-suite.js';
import { bound, usePostgres } from './postgres-fixture.js';

const postgres = usePostgres();

describe.skipIf(postgres.missing)('the PostgreSQL queue keeps what every queue promises', () => {
  for (const { name, run } of queueSuite) it(name, () => run(async () => postgres.queue()));
});

describe.skipIf(postgres.missing)('the PostgreSQL queue with sealed octets keeps the same', () => {
  const sealing = aesGcm(randomBytes(32));
  for (const { name, run } of queueSuite) it(name, () => run(async () => postgres.queue({ sealing })));
});

describe.skipIf(postgres.missing)('the schema of a PostgreSQL queue', () => {
  it('Q-8: is made once, however many processes begin together, and kept', async () => {
    const schema = postgres.schema();
    const queues = Array.from({ length: 6 }, () =>
      postgres.queue({ schema, pool: postgres.pool({ max: 2 }) }),
    );
    await Promise.all(queues.map((queue, i) => put(queue, { id: `s${i}` })));
    await Promise.all(queues.map((queue) => queue.close()));
    const again = postgres.queue({ schema });
    expect(await readContent(await leaseOne(again, START))).toContain('Hello.');
    expect(await again.count({})).toBe(6);
    await again.close();
  });

  it('Q-8: of a newer release, or of another program, is refused and left alone', async () => {
    const pool = postgres.pool({ max: 2 });
    const newer = postgres.schema();
    const queue = postgres.queue({ pool, schema: newer });
    await put(queue, { id: 's1' });
    await queue.close();
    await pool.query(`UPDATE ${newer}.about SET version = 99`);
    await expect(put(postgres.queue({ pool, schema: newer }), { id: 's2' })).rejects.toMatchObject({
      code: 'queue-newer',
      message: expect.stringMatching(/version 99.*newer release/),
    });
    const foreign = postgres.schema();
    await pool.query(`CREATE SCHEMA ${foreign}; CREATE TABLE ${foreign}.customers (x integer)`);
    await expect(postgres.queue({ pool, schema: foreign }).count({})).rejects.toMatchObject({
      code: 'queue-foreign',
    });
    const { rows } = await pool.query(
      `SELECT string_agg(relname, ' ') AS names FROM pg_class WHERE relnamespace = to_regnamespace($1)`,
      [foreign],
    );
    expect(rows).toEqual([{ names: 'customers' }]);
  });

  it('Q-8: is used by a role that may not make one', async () => {
    const schema = postgres.schema();
    const owner = postgres.queue({ schema });
    await put(owner, { id: 's1' });
    const pool = postgres.pool({ max: 1 });
    await pool.query(`CREATE ROLE mailer; GRANT USAGE ON SCHEMA ${schema} TO mailer;
      GRANT ALL ON ALL TABLES IN SCHEMA ${schema} TO mailer; SET ROLE mailer`);
    const queue = postgres.queue({ schema, pool, listen: false });
    await put(queue, { id: 's2' });
    expect(await lease(queue, START)).toHaveLength(2);
    await expect(postgres.queue({ pool }).count({})).rejects.toMatchObject({
      code: 'queue-unusable',
      message: expect.stringContaining('privilege'),
    });
    await queue.close();
    await owner.close();
  });

  it('AT-54: a name that is none, no pool, or an option that nobody knows is a mistake', () => {
    const pool = postgres.pool();
    for (const schema of ['', 'Mail', 'a"b', '1st', 'pg_mail', 'x'.repeat(57)]) {
      expect(() => postgresQueue({ pool, schema })).toThrow(expect.toSatisfy(isConfigError));
    }
    expect(() => postgresQueue({} as never)).toThrow(/expected a Pool/);
    expect(() => postgresQueue({ pool, listens: false } as never)).toThrow(/did you mean "listen"/);
  });
});

describe.skipIf(postgres.missing)('octets in a PostgreSQL queue', () => {
  const count = async (schema: string): Promise<number> => {
    const { rows } = await postgres
      .pool({ max: 1 })
      .query(`SELECT count(*)::integer AS n, max(length(octets)) AS most FROM ${schema}.part`);
    expect((rows[0]?.['most'] as number | null) ?? 0).toBeLessThanOrEqual(256 * 1024);
    return rows[0]?.['n'] as number;
  };

  it('Q-1: of a large message are kept in parts, and gone with its last recipient', async () => {
    const schema = postgres.schema();
    const queue = postgres.queue({ schema });
    const submission = await bigSubmission('s1', 5_000_000);
    await queue.put(submission);
    expect(await count(schema)).toBeGreaterThan(18);
    const held = await leaseOne(queue, START);
    expect((await readContent(held)).length).toBe(submission.message.size);
    await queue.settle(held, settlement(held, { kind: 'done' }));
    expect(await count(schema)).toBe(0);
    await queue.close();
  });

  it('Q-8: of a submission that was not put are given up', async () => {
    const schema = postgres.schema();
    const queue = postgres.queue({ schema });
    await put(queue, { id: 's1' });
    await put(queue, { id: 's3', key: 'k' });
    const before = await count(schema);
    await expect(queue.put(await bigSubmission('s1', 2_000_000))).rejects.toMatchObject({
      code: 'submission-id-taken',
    });
    const known = { ...(await bigSubmission('s2', 2_000_000)), idempotencyKey: 'k' };
    expect(await queue.put(known)).toEqual({ id: 's3', existing: true });
    expect(await count(schema)).toBe(before);
    await queue.close();
  });

  it('Q-8: that a crash left behind before their submission was put are removed by clean', async () => {
    const schema = postgres.schema();
    const queue = postgres.queue({ schema });
    await queue.count({});
    const staged = `SELECT ${schema}.stage(gen_random_uuid(), 0, 'x', ${START})`;
    await postgres.pool({ max: 1 }).query(staged);
    await queue.clean(START);
    expect(await count(schema)).toBe(1);
    await queue.clean(START + 1);
    expect(await count(schema)).toBe(0);
    await queue.close();
  });

  it('Q-8: that the server forgot between writing and put are written again', async () => {
    const schema = postgres.schema();
    const pool = postgres.pool();
    let forgot = 0;
    const queue = postgres.queue({
      schema,
      pool: new Proxy(pool, {
        get: (of, key) =>
          key === 'query'
            ? async (text: string, values?: unknown[]) => {
                // What is not waited for can be lost when the server falls over.
                if (text.includes('.put(') && (forgot += 1) === 1)
                  await of.query(`DELETE FROM ${schema}.part WHERE number = 3`);
                return of.query(text, values);
              }
            : bound(of, key),
      }),
    });
    const submission = await bigSubmission('s1', 3_000_000);
    expect(await queue.put(submission)).toEqual({ id: 's1', existing: false });
    expect(forgot).toBe(2);
    expect((await readContent(await leaseOne(queue, START))).length).toBe(submission.message.size);
    await queue.close();
  });

  it('AT-52: are not in the tables when they are sealed', async () => {
    const schema = postgres.schema();
    const queue = postgres.queue({ schema, sealing: aesGcm(randomBytes(32)) });
    await put(queue, { id: 's1' });
    const { rows } = await postgres
      .pool({ max: 1 })
      .query(`SELECT octets FROM ${schema}.part ORDER BY number`);
    expect(rows).toHaveLength(2);
    for (const { octets } of rows) expect(Buffer.from(octets as Buffer).includes('Hello.')).toBe(false);
    await queue.close();
  });

  it('AT-55: that somebody changed in the database are not sent', async () => {
    const schema = postgres.schema();
    const queue = postgres.queue({ schema });
    await put(queue, { id: 's1' });
    await postgres.pool({ max: 1 }).query(`UPDATE ${schema}.part SET octets = 'Goodbye.' WHERE number = 1`);
    const held = await leaseOne(queue, START);
    await expect(readContent(held)).rejects.toMatchObject({ code: 'message-changed' });
    await queue.close();
  });

  it('AT-55: a damaged row keeps no other job back', async () => {
    const schema = postgres.schema();
    const queue = postgres.queue({ schema });
    for (const id of ['s1', 's2']) await put(queue, { id });
    await postgres.pool({ max: 1 }).query(`UPDATE ${schema}.job SET recipients = '[]' WHERE id = 's1.1'`);
    expect((await lease(queue, START)).map(({ job }) => job.id)).toEqual(['s2.1']);
    await queue.close();
  });
});

describe.skipIf(postgres.missing)('the domains of a PostgreSQL queue', () => {
  it('Q-8, Q-10: where nothing waits they are forgotten, and nothing that is put meanwhile is lost', async () => {
    const schema = postgres.schema();
    const queue = postgres.queue({ schema });
    const names = async (): Promise<unknown[]> => {
      const { rows } = await postgres
        .pool({ max: 1 })
        .query(`SELECT name FROM ${schema}.domain ORDER BY name`);
      return rows.map(({ name }) => name);
    };
    await put(queue, { id: 'waits', domains: ['c.example'], notBefore: START + DAY });
    for (let i = 0; i < 60; i += 1) {
      const [, held] = await Promise.all([queue.clean(0), putAndLease(queue, `s${i}`)]);
      await queue.settle(held, settlement(held, { kind: 'done' }));
    }
    await queue.clean(0);
    expect(await names()).toEqual(['c.example']);
    await queue.close();
  });

  async function putAndLease(
    queue: ReturnType<typeof postgresQueue>,
    id: string,
  ): ReturnType<typeof leaseOne> {
    await put(queue, { id });
    return leaseOne(queue, START);
  }
});
