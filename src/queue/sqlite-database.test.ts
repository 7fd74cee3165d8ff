/**
 * Opening beside others. Of three processes that open one new file in step, 450 times, SQLite itself turned five away at once
 * in spite of its busy timeout; the real thing is in the crash tests, the rule is here.
 */
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { configureDatabase, type Database, prepareDatabase, type SqliteHandle } from './sqlite-database.js';
import { migrate } from './sqlite-schema.js';

/** A database that says `code` to the first `times` wishes for WAL. */
function refusing(code: number, times: number): { readonly database: Database; wishes(): number } {
  let wishes = 0;
  const exec = (sql: string): void => {
    if (!sql.includes('journal_mode')) return;
    wishes += 1;
    if (wishes <= times) throw Object.assign(new Error('refused'), { errcode: code });
  };
  return { database: { exec } as Database, wishes: () => wishes };
}

it('Q-8: who is turned away because others open the file at the same moment tries again', () => {
  const { database, wishes } = refusing(5, 2);
  configureDatabase(database);
  expect(wishes()).toBe(3);
});

it('Q-8: any other refusal is one', () => {
  const { database, wishes } = refusing(10, 1);
  expect(() => configureDatabase(database)).toThrow('refused');
  expect(wishes()).toBe(1);
});

it('Q-8: SQLite syncs through the cache of the drive, where the system can', () => {
  const database = prepareDatabase(new DatabaseSync(':memory:') as SqliteHandle);
  configureDatabase(database);
  expect(database.get('PRAGMA fullfsync')).toMatchObject({ fullfsync: 1 });
  database.close();
});

it('Q-8: an error that SQLite answers by taking everything back itself is the one that is told', () => {
  const full = Object.assign(new Error('database or disk is full'), { errcode: 13 });
  const exec = (sql: string): void => {
    if (sql.includes('CREATE TABLE')) throw full;
    if (sql === 'ROLLBACK') throw new Error('cannot rollback - no transaction is active');
  };
  const get = (): object => ({ version: 0, application: 0, tables: 0 });
  expect(() => migrate({ exec, get } as unknown as Database)).toThrow(full);
});
