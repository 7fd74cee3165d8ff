import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import type { JobState } from './driver.js';
import { prepareDatabase, type SqliteHandle } from './sqlite-database.js';
import { countRows } from './sqlite-operate.js';
import { migrate } from './sqlite-schema.js';

it.each<[JobState, string]>([
  ['ready', 'job_ready'],
  ['leased', 'job_leased'],
  ['done', 'job_ended'],
  ['buried', 'job_ended'],
])('Q-10: jobs that are %s are counted down the index %s, not through all jobs', (state, index) => {
  const database = prepareDatabase(new DatabaseSync(':memory:') as SqliteHandle);
  migrate(database);
  const plan: string[] = [];
  const explaining = {
    ...database,
    get(sql: string, ...values: string[]) {
      plan.push(...database.all(`EXPLAIN QUERY PLAN ${sql}`, ...values).map(({ detail }) => String(detail)));
      return database.get(sql, ...values);
    },
  };
  expect(countRows(explaining as typeof database, { state })).toBe(0);
  expect(plan[0]).toMatch(new RegExp(`INDEX ${index}\\b`));
  database.close();
});
