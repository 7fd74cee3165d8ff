/**
 * The package as npm would publish it, and a project in a temporary folder that has it installed. The optional peers and
 * the types of Node are lent from here; nothing else of this project can be reached from there.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('../..', import.meta.url));
const lent = ['pkijs', 'asn1js', 'nodemailer', '@types/node', 'undici-types'];

/**
 * Packs what is built and installs it. `files`: the paths in the tarball; `lend`: adds the peers; call `remove` at the end.
 */
export function installPackage() {
  if (!existsSync(join(project, 'dist/index.js')))
    throw new Error('nothing is built; run npm run build first');
  const root = mkdtempSync(join(tmpdir(), 'enforced-tls-package-'));
  const [{ filename, files }] = JSON.parse(
    execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', root], {
      cwd: project,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  );
  const home = join(root, 'node_modules/enforced-tls');
  mkdirSync(home, { recursive: true });
  execFileSync('tar', ['-xzf', join(root, filename), '-C', home, '--strip-components', '1']);
  cpSync(fileURLToPath(new URL('consumer', import.meta.url)), root, { recursive: true });
  return {
    root,
    home,
    files: files.map(({ path }) => path).sort(),
    lend() {
      for (const name of lent) {
        mkdirSync(dirname(join(root, 'node_modules', name)), { recursive: true });
        symlinkSync(join(project, 'node_modules', name), join(root, 'node_modules', name));
      }
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}
