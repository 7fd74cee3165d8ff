/**
 * `npm run package:matrix`: the package as built, under every version of Node that it promises, and under Node 20, where
 * it must load too. `npx` brings the versions that are not at hand. Needs a build.
 */
import { spawnSync } from 'node:child_process';
import assert from 'node:assert/strict';
import { delimiter } from 'node:path';
import { createTally } from '../../scripts/tally.mjs';
import { installPackage } from './pack.mjs';

const versions = ['20', '22.15.0', '24', '26'];
const installed = installPackage();
installed.lend();
const tally = createTally();
for (const version of versions) {
  const node = nodeOf(version);
  await tally.check(`Node ${version}: every subpath by import and by require`, () =>
    run(node, 'subpaths.mjs'),
  );
  await tally.check(`Node ${version}: a message over STARTTLS`, () => run(node, 'deliver.mjs'));
  await tally.check(`Node ${version}: the queue on disk`, () => run(node, 'sqlite.mjs'));
}
installed.remove();
tally.close();

/** The command that is this version of Node: one on the path where there is one, else from the registry. */
function nodeOf(version) {
  const [atHand] = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => `${folder}/node`)
    .filter((path) => `${versionOf(path)}.`.startsWith(`${version}.`));
  return atHand === undefined ? ['npx', '--yes', '--package', `node@${version}`, 'node'] : [atHand];
}

function versionOf(path) {
  return (spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout ?? '').trim().replace(/^v/, '');
}

function run([command, ...args], script) {
  const { status, stdout, stderr } = spawnSync(command, [...args, script], {
    cwd: installed.root,
    encoding: 'utf8',
  });
  assert.equal(status, 0, `${stdout}${stderr}`);
  return stdout.trim();
}
