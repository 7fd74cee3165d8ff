/**
 * The direction rule: `node scripts/direction.mjs [ROOT]`, where ROOT holds src/ (default: this project).
 *
 *   1. dependency-cruiser with .dependency-cruiser.cjs: which file may import which.
 *   2. What that cannot see, because it is about names and not files: only smtp/socket and the other marked files take
 *      more than pure functions from node:net; only verdict/admit issues an admission.
 *
 * Prints each violation and ends with status 1 when there is one.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('..', import.meta.url));
const root = resolve(process.argv[2] ?? project);
const problems = [];

const cruise = spawnSync(
  process.execPath,
  [
    join(project, 'node_modules/.bin/depcruise'),
    '--config',
    join(project, '.dependency-cruiser.cjs'),
    '--output-type',
    'err',
    'src',
  ],
  { cwd: root, encoding: 'utf8' },
);
if (cruise.status !== 0) problems.push(cruise.stdout + cruise.stderr);

const pureNames = new Set(['isIP', 'isIPv4', 'isIPv6', 'BlockList', 'SocketAddress']);
const mayOpenSockets = /^src\/(dns\/(system|wire)|tls\/context|smtp\/socket)\.ts$|^src\/testing\//;
const mayIssue = /^src\/(smtp\/admitted|verdict\/admit)\.ts$/;
const isTest = /\.(test|fixture)\.ts$/;

for (const entry of readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })) {
  const path = relative(root, join(entry.parentPath, entry.name));
  if (!entry.isFile() || !path.endsWith('.ts') || isTest.test(path)) continue;
  const text = readFileSync(join(root, path), 'utf8');
  if (!mayOpenSockets.test(path)) problems.push(...impureNetImports(path, text));
  if (!mayIssue.test(path) && /\bissueAdmission\b|['"]~admitted['"]\s*:/.test(text)) {
    problems.push(`${path}: only src/verdict/admit.ts makes an Admitted`);
  }
}

if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exit(1);
}
console.log('direction rule: kept');

function impureNetImports(path, text) {
  const found = [];
  for (const match of text.matchAll(
    /\b(import|export)\s+(type\s+)?([^;'"]*?)\s*from\s*['"](?:node:)?net['"]/g,
  )) {
    if (match[2] !== undefined) continue;
    const names = /^\{([^}]*)\}$/.exec(match[3].trim())?.[1];
    const impure =
      names === undefined
        ? [match[3]]
        : names
            .split(',')
            .map((name) => name.trim())
            .filter((name) => name !== '' && !name.startsWith('type '))
            .filter((name) => !pureNames.has(name.split(/\s+as\s+/)[0]));
    if (impure.length > 0)
      found.push(`${path}: imports ${impure.join(', ')} of node:net; only marked files may`);
  }
  if (/\b(import|require|getBuiltinModule)\s*\(\s*['"](?:node:)?net['"]/.test(text)) {
    found.push(`${path}: loads node:net; only marked files may`);
  }
  return found;
}
