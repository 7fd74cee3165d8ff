/** Every subpath of the package, by import and by require: the same names, and none of them missing. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const manifest = require('enforced-tls/package.json');
const subpaths = Object.keys(manifest.exports).filter((path) => path !== './package.json');
for (const subpath of subpaths) {
  const name = `${manifest.name}${subpath.slice(1)}`;
  const imported = Object.keys(await import(name)).sort();
  const required = Object.keys(require(name)).sort();
  assert.deepEqual(required, imported, `${name}: import and require differ`);
  assert.ok(imported.length > 0, `${name}: exports nothing`);
}
console.log(`${subpaths.length} subpaths`);
