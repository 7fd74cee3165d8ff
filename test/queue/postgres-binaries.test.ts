/**
 * The PostgreSQL that tests start where none is installed.
 */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, describe, expect, it } from 'vitest';
import { postgresQueue } from '../../src/queue/postgres.js';
import { put, START } from '../../src/testing/queue-suite-mail.js';
import { findPostgres } from './postgres-binaries.js';
import { startPostgres } from './postgres-server.js';

const folder = mkdtempSync(join(tmpdir(), 'finder-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function install(name: string, files = ['initdb', 'pg_ctl', 'postgres']): string {
  const place = join(folder, name);
  mkdirSync(place, { recursive: true });
  for (const file of files) writeFileSync(join(place, file), '');
  return place;
}

describe('the server that tests start', () => {
  const nowhere = { debian: join(folder, 'none'), path: '', embedded: () => null };

  it("is Debian's newest that is whole", () => {
    install('debian/9/bin');
    install('debian/15/bin');
    install('debian/17/bin', ['pg_config']);
    const path = install('local');
    expect(findPostgres({ ...nowhere, debian: join(folder, 'debian'), path })).toEqual({
      kind: 'debian',
      folder: join(folder, 'debian/15/bin'),
    });
  });

  it('else the one on the PATH, where a link leads to the rest of it; else the one of npm; else none', () => {
    const real = install('opt/bin');
    const client = install('client', ['psql']);
    const links = install('links', []);
    symlinkSync(join(real, 'initdb'), join(links, 'initdb'));
    const path = `${client}:${links}`;
    const embedded = (): string => '/npm/native';
    expect(findPostgres({ ...nowhere, path, embedded })).toEqual({ kind: 'path', folder: real });
    expect(findPostgres({ ...nowhere, path: client, embedded })).toEqual({
      kind: 'embedded',
      folder: '/npm/native',
    });
    expect(findPostgres(nowhere)).toBeNull();
  });
});

const embedded = findPostgres({ debian: join(folder, 'none'), path: '' });
if (embedded === null) console.warn('skipped, the PostgreSQL of npm: no package for this platform');

describe.skipIf(embedded === null && process.env['CI'] === undefined)('the PostgreSQL of npm', () => {
  it('Q-8: keeps the queue, and falls over and comes up again like the other one', async () => {
    const server = await startPostgres(embedded);
    const pool = new pg.Pool({ connectionString: server.connectionString });
    pool.on('error', () => undefined);
    try {
      const queue = postgresQueue({ pool });
      await put(queue, { id: 's1' });
      await server.crash();
      const request = { owner: 'w1', now: START, leaseMs: 60_000, limit: 10, perDomain: 10 };
      expect((await queue.lease(request)).map(({ job }) => job.id)).toEqual(['s1.1']);
      await queue.close();
    } finally {
      await pool.end();
      await server.stop();
    }
  }, 60_000);
});
