/**
 * Which tests prove which rules. A test proves a rule when its title, or that of a group around it, bears the rule's id:
 * `it('SC-30, AT-20: ...')`. Titles are read from the syntax tree. In a table (`it.each`) an id may also stand in a row that
 * the title quotes ($id, %s); all ids in the rows then count. `BITS-5.1.3-6` stands for four rules.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';

/** Ids as they stand in titles: SC-30, FI-20, BITS-5.2.3, BITS-A3.10, BITS-5.1.3-6. */
const idPattern =
  /\b(?:MX|SC|ST|CI|CV|Q|DSN|AT|FI|FAQ|BITS|SM)-(?:[AP]?[0-9]+)(?:\.(?:[0-9]+(?:-[0-9]+)?|E))*(?![0-9])/g;

/** Rule -> paths of the test files that prove it. */
export function findProofs(project) {
  const proofs = new Map();
  for (const path of testFiles(project)) {
    for (const title of titlesOf(project, path)) {
      for (const id of (title.match(idPattern) ?? []).flatMap(expand)) {
        if (!proofs.has(id)) proofs.set(id, new Set());
        proofs.get(id).add(path);
      }
    }
  }
  return proofs;
}

/** The tests of a rule as links for a page that lies `depth` folders below the project. */
export function linksTo(paths, depth) {
  return [...paths]
    .sort((a, b) => (a < b ? -1 : 1))
    .map(
      (path) =>
        `[${path.split('/').slice(-2).join('/').replace('.test.ts', '')}](${'../'.repeat(depth)}${path})`,
    )
    .join(', ');
}

function expand(id) {
  const range = /^(.*\.)([0-9]+)-([0-9]+)$/.exec(id);
  if (range === null) return [id];
  const [, start, from, to] = range;
  return Array.from({ length: Number(to) - Number(from) + 1 }, (_, i) => `${start}${Number(from) + i}`);
}

function testFiles(project) {
  return ['src', 'test'].flatMap((folder) =>
    readdirSync(join(project, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
      .map((entry) => relative(project, join(entry.parentPath, entry.name)))
      .sort((a, b) => (a < b ? -1 : 1)),
  );
}

/** The titles of describe, it and test, and the texts of the tables behind `.each`. */
function titlesOf(project, path) {
  const source = ts.createSourceFile(
    path,
    readFileSync(join(project, path), 'utf8'),
    ts.ScriptTarget.Latest,
    true,
  );
  const tables = new Map();
  const titles = [];
  visit(source);
  return titles;

  function visit(node) {
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.initializer !== undefined) {
      tables.set(node.name.text, node.initializer);
    }
    if (ts.isCallExpression(node) && isTestCall(node.expression)) {
      const title = node.arguments[0];
      if (title !== undefined) titles.push(...textsOf(title));
      if (ts.isCallExpression(node.expression) && /[%$]/.test(title?.getText() ?? '')) {
        const [table] = node.expression.arguments;
        const rows = table !== undefined && ts.isIdentifier(table) ? tables.get(table.text) : table;
        if (rows !== undefined) titles.push(...textsOf(rows));
      }
    }
    ts.forEachChild(node, visit);
  }
}

function isTestCall(expression) {
  const callee = ts.isCallExpression(expression) ? expression.expression : expression;
  const root = ts.isPropertyAccessExpression(callee) ? callee.expression : callee;
  return ts.isIdentifier(root) && ['it', 'test', 'describe'].includes(root.text);
}

function textsOf(node) {
  const texts = [];
  const collect = (part) => {
    if (ts.isStringLiteralLike(part) || ts.isTemplateHead(part) || ts.isTemplateMiddleOrTemplateTail(part)) {
      texts.push(part.text);
    }
    ts.forEachChild(part, collect);
  };
  collect(node);
  return texts;
}
