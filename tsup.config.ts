import { defineConfig } from 'tsup';

/** One entry for each public subpath; `exports` in package.json names the same ones, and test/package proves it. */
const subpaths = [
  'route',
  'smtp',
  'x509',
  'verdict',
  'policy',
  'scheme',
  'queue',
  'preflight',
  'dsn',
  'received',
  'inbound',
  'nodemailer',
  'testing',
  'selftest',
];

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    ...Object.fromEntries(subpaths.map((name) => [`${name}/index`, `src/${name}/index.ts`])),
  },
  format: ['esm', 'cjs'],
  dts: true,
  clean: true,
  sourcemap: false,
  splitting: true,
  // Syntax that Node 20 reads too: the package must load there, even where a feature then says that it needs more.
  target: 'node20',
  platform: 'node',
  // Without this tsup writes `require("sqlite")` for `node:sqlite`.
  removeNodeProtocol: false,
});
