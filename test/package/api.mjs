/**
 * The public surface: names and kinds of every export of every subpath, read from the built declarations, compared with
 * api.snap beside this file. A difference is a decision somebody must take: `npm run api:update` writes the snapshot anew.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const project = new URL('../../', import.meta.url);
const snapshot = new URL('api.snap', import.meta.url);
const manifest = createRequire(import.meta.url)('../../package.json');

const subpaths = Object.keys(manifest.exports).filter((path) => path !== './package.json');
const files = new Map(
  subpaths.map((path) => [path, fileURLToPath(new URL(manifest.exports[path].import.types, project))]),
);
const missing = [...files.values()].filter((file) => !existsSync(file));
if (missing.length > 0) throw new Error(`api: not built: ${missing.join(', ')}; run npm run build first`);

const program = ts.createProgram([...files.values()], {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  target: ts.ScriptTarget.ES2022,
  types: ['node'],
  skipLibCheck: true,
  noEmit: true,
});
const checker = program.getTypeChecker();

const lines = [];
for (const [path, file] of files) {
  const module = checker.getSymbolAtLocation(program.getSourceFile(file));
  const names = checker
    .getExportsOfModule(module)
    .map((symbol) => `  ${kindOf(symbol)} ${symbol.name}`)
    .sort();
  lines.push(`${manifest.name}${path.slice(1)}`, ...names, '');
}
const now = lines.join('\n');

if (process.argv.includes('--update')) {
  writeFileSync(snapshot, now);
  console.log(`api: ${lines.length} lines written`);
} else {
  const before = existsSync(snapshot) ? readFileSync(snapshot, 'utf8') : '';
  if (before !== now) {
    console.error(
      `api: the public surface differs from api.snap (npm run api:update accepts it)\n${diff(before, now)}`,
    );
    process.exit(1);
  }
  console.log('api: as in api.snap');
}

function kindOf(symbol) {
  const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const { flags } = target;
  if (flags & ts.SymbolFlags.Class) return 'class';
  if (flags & ts.SymbolFlags.Function) return 'function';
  if (flags & ts.SymbolFlags.Variable) {
    const type = checker.getTypeOfSymbolAtLocation(target, target.valueDeclaration);
    return type.getCallSignatures().length > 0 ? 'function' : 'const';
  }
  if (flags & ts.SymbolFlags.Interface) return 'interface';
  if (flags & ts.SymbolFlags.TypeAlias) return 'type';
  throw new Error(`api: ${symbol.name} is of no known kind`);
}

function diff(before, now) {
  const blocks = (text) => {
    let section = '';
    return new Set(
      text.split('\n').flatMap((line) => {
        if (!line.startsWith(' ')) section = line;
        return line.startsWith(' ') ? [`${section}:${line}`] : [];
      }),
    );
  };
  const old = blocks(before);
  const fresh = blocks(now);
  return [
    ...[...old].filter((line) => !fresh.has(line)).map((line) => `- ${line}`),
    ...[...fresh].filter((line) => !old.has(line)).map((line) => `+ ${line}`),
  ].join('\n');
}
