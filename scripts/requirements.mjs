/**
 * docs/requirements.md: every rule this project holds itself to, and the tests that prove it.
 *
 *   node scripts/requirements.mjs           writes the page anew
 *   node scripts/requirements.mjs --check   fails when the page is stale, or a rule has neither a test nor a place in the
 *                                           list of what comes later
 *
 * A test proves a rule when its title, or that of a group around it, bears the rule's id: `it('SC-30, AT-20: ...')`. Titles
 * are read from the syntax tree. In a table (`it.each`) an id may also stand in a row that the title quotes ($id, %s); all
 * ids in the rows then count. The rules themselves are in requirement-ids.json.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const project = fileURLToPath(new URL('..', import.meta.url));
const page = join(project, 'docs/requirements.md');
const { groups, later } = JSON.parse(readFileSync(new URL('requirement-ids.json', import.meta.url), 'utf8'));

/** Ids as they stand in titles: SC-30, FI-20, BITS-5.2.3. */
const idPattern = /\b(?:MX|SC|ST|CI|CV|Q|DSN|AT|FI|FAQ|BITS|SM)-[0-9P]+(?:\.[0-9]+)*\b/g;

const tests = new Map(); // id -> titles with their file
for (const path of testFiles()) {
  for (const title of titlesOf(path)) {
    for (const id of new Set(title.match(idPattern) ?? [])) {
      if (!tests.has(id)) tests.set(id, new Set());
      tests.get(id).add(path);
    }
  }
}

const known = new Set(groups.flatMap(({ rules }) => Object.keys(rules)));
const postponed = new Map(later.flatMap(({ why, ids }) => ids.map((id) => [id, why])));
const missing = [...known].filter((id) => !tests.has(id) && !postponed.has(id));
const others = [...tests.keys()].filter((id) => !known.has(id)).sort(byNumber);
const strangers = others.filter((id) => !/^(BITS|SM)-/.test(id));
const text = compose();

if (process.argv.includes('--check')) {
  const problems = [];
  if (missing.length > 0) problems.push(`${missing.length} without a test: ${missing.join(' ')}`);
  if (strangers.length > 0) problems.push(`titles bear ids that no list knows: ${strangers.join(' ')}`);
  if (readPage() !== text) problems.push('docs/requirements.md is stale: run npm run docs:requirements');
  if (problems.length > 0) {
    console.error(problems.map((line) => `requirements: ${line}`).join('\n'));
    process.exit(1);
  }
} else {
  writeFileSync(page, text);
  if (missing.length > 0) console.log(`without a test: ${missing.join(' ')}`);
}
const proven = [...known].filter((id) => tests.has(id)).length;
console.log(`requirements: ${proven} of ${known.size} have tests, ${postponed.size} may come later`);

function compose() {
  const lines = [
    '# Requirements and their tests',
    '',
    'Written by `npm run docs:requirements` from the titles of the tests; `npm run check` fails when it is stale. An id in the',
    'title of a test means: that test fails when the rule is taken out of the code.',
    '',
  ];
  for (const { title, rules } of groups) {
    lines.push(`## ${title}`, '', '| id | rule | tests |', '|---|---|---|');
    for (const [id, rule] of Object.entries(rules)) lines.push(`| ${id} | ${rule} | ${proof(id)} |`);
    lines.push('');
  }
  if (others.length > 0) {
    lines.push('## Rules of two further schemes that have tests already', '', '| id | tests |', '|---|---|');
    lines.push(...others.map((id) => `| ${id} | ${proof(id)} |`), '');
  }
  lines.push('## Left for later', '', '| ids | why |', '|---|---|');
  lines.push(...later.map(({ why, ids }) => `| ${ids.join(', ')} | ${why} |`), '');
  return lines.join('\n');
}

function proof(id) {
  const found = tests.get(id);
  if (found === undefined) return postponed.has(id) ? '*later*' : '**none**';
  return [...found]
    .sort((a, b) => (a < b ? -1 : 1))
    .map((path) => `[${path.split('/').slice(-2).join('/').replace('.test.ts', '')}](../${path})`)
    .join(', ');
}

function readPage() {
  try {
    return readFileSync(page, 'utf8');
  } catch {
    return '';
  }
}

function testFiles() {
  return ['src', 'test'].flatMap((folder) =>
    readdirSync(join(project, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
      .map((entry) => relative(project, join(entry.parentPath, entry.name)))
      .sort((a, b) => (a < b ? -1 : 1)),
  );
}

/** The titles of describe, it and test, and the texts of the tables behind `.each`. */
function titlesOf(path) {
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

function byNumber(a, b) {
  return a.localeCompare(b, 'en', { numeric: true });
}
