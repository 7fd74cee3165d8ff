/**
 * `npm run package:check`: the package as others get it. What is in the tarball, what its files load, and a project that is
 * half ESM and half CommonJS, type-checked with the declarations of the package (skipLibCheck off) and then run.
 * Needs a build; touches no network.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { createTally } from '../../scripts/tally.mjs';
import { installPackage } from './pack.mjs';

const tsc = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));
const installed = installPackage();
const { root, home, files } = installed;
const manifest = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
const built = files.filter((path) => /\.c?js$/.test(path));
const tally = createTally();

await tally.check('the tarball holds the build, its declarations and four documents, nothing else', () => {
  const others = files.filter((path) => !/^dist\/[\w./-]+\.(?:js|cjs|d\.ts|d\.cts)$/.test(path));
  assert.deepEqual(others, ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json']);
  assert.deepEqual(
    files.filter((path) => /\.(?:test|fixture)\b/.test(path)),
    [],
  );
  return `${files.length} files`;
});

await tally.check('nothing is installed with it: no dependencies, every peer is optional', () => {
  for (const key of ['dependencies', 'optionalDependencies', 'bundleDependencies']) {
    assert.equal(manifest[key], undefined, key);
  }
  for (const peer of Object.keys(manifest.peerDependencies)) {
    assert.equal(manifest.peerDependenciesMeta[peer]?.optional, true, peer);
  }
  for (const hook of ['preinstall', 'install', 'postinstall'])
    assert.equal(manifest.scripts[hook], undefined);
});

await tally.check('every target of exports is in the tarball, and every built subpath is exported', () => {
  const targets = Object.values(manifest.exports).flatMap(leaves);
  assert.deepEqual(
    targets.filter((path) => !files.includes(path)),
    [],
  );
  const entries = files.filter((path) => /^dist\/(?:[\w-]+\/)?index\./.test(path));
  assert.deepEqual(
    entries.filter((path) => !targets.includes(path)),
    [],
  );
  return `${targets.length} targets`;
});

await tally.check('the code loads builtins of Node and its own files; optional peers only when used', () => {
  const peers = new Set(Object.keys(manifest.peerDependencies));
  const foreign = built.flatMap((path) =>
    loadsOf(path)
      .filter(({ name, late }) => !/^(?:node:|\.{1,2}\/)/.test(name) && !(late && peers.has(name)))
      .map(({ name }) => `${path}: ${name}`),
  );
  assert.deepEqual(foreign, []);
  return `${built.length} files`;
});

await tally.check('every subpath by import and by require, with the same names, without any peer', () =>
  runNode('subpaths.mjs'),
);
installed.lend();
await tally.check('a message is delivered by the package as installed', () => runNode('deliver.mjs'));
await tally.check('ESM and CommonJS consumers type-check; mail on what was not admitted does not', () =>
  run(process.execPath, [tsc, '-p', '.']),
);
await tally.check('plans, outcomes, errors and passes go between the ESM and the CommonJS copy', () =>
  runNode('out/exchange.mjs'),
);

installed.remove();
tally.close();

/** The paths of one entry of `exports`, relative to the package. */
function leaves(target) {
  return typeof target === 'string' ? [target.replace(/^\.\//, '')] : Object.values(target).flatMap(leaves);
}

/** Modules that a file loads; `late`: inside a function, so when the code gets there. */
function loadsOf(path) {
  const source = ts.createSourceFile(
    path,
    readFileSync(join(home, path), 'utf8'),
    ts.ScriptTarget.Latest,
    true,
  );
  const loads = [];
  visit(source, false);
  return loads;

  function visit(node, late) {
    const name = moduleOf(node);
    if (name !== null) loads.push({ name, late });
    ts.forEachChild(node, (child) => visit(child, late || ts.isFunctionLike(node)));
  }
}

/** The module that this very node loads, or null. */
function moduleOf(node) {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier?.text ?? null;
  if (!ts.isCallExpression(node)) return null;
  const loads =
    node.expression.kind === ts.SyntaxKind.ImportKeyword ||
    (ts.isIdentifier(node.expression) && node.expression.text === 'require');
  return loads ? node.arguments[0].text : null;
}

function runNode(script) {
  return run(process.execPath, [script]);
}

function run(command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  assert.equal(status, 0, `${stdout}${stderr}`);
  return stdout.trim();
}
