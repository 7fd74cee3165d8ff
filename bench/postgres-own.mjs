/**
 * The PostgreSQL server of the tests, for measurements.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'tsup';

/** Starts a server; `connectionString`, `stop()`. */
export async function startOwnPostgres() {
  // Here, so that it finds the packages of this project.
  const folder = mkdtempSync(join(process.cwd(), 'node_modules/.bench-'));
  try {
    await build({
      entry: { server: 'test/queue/postgres-server.ts' },
      outDir: folder,
      format: 'esm',
      outExtension: () => ({ js: '.mjs' }),
      silent: true,
      dts: false,
      clean: false,
      config: false,
    });
    const { startPostgres } = await import(pathToFileURL(join(folder, 'server.mjs')).href);
    return await startPostgres();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
