/**
 * docs/requirements.md: every rule this project holds itself to, and the tests that prove it; and in docs/schemes/*.md, between
 * the marks, the rows of each scheme with what fulfils them (scheme-rows.json).
 *
 *   node scripts/requirements.mjs           writes the pages anew
 *   node scripts/requirements.mjs --check   fails when a page is stale, or a rule has neither a test nor a place in the list
 *                                           of what comes later or of what only people can do
 *
 * The rules are in requirement-ids.json; how a test says which rules it proves: test-titles.mjs.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProofs, linksTo } from './test-titles.mjs';

const project = fileURLToPath(new URL('..', import.meta.url));
const { groups, later } = readJson('requirement-ids.json');
const schemes = readJson('scheme-rows.json');

const proofs = findProofs(project);
const rules = new Map(groups.flatMap((group) => Object.entries(group.rules)));
const rows = new Map(Object.values(schemes).flatMap(Object.entries));
const postponed = new Map(later.flatMap(({ why, ids }) => ids.map((id) => [id, why])));
const byPeople = new Set([...rows].filter(([, { by }]) => by === undefined).map(([id]) => id));

const pages = new Map([['docs/requirements.md', composePage()]]);
for (const [page, ofScheme] of Object.entries(schemes)) pages.set(page, composeRows(page, ofScheme));

const missing = [...rules.keys()].filter((id) => !proofs.has(id) && !postponed.has(id) && !byPeople.has(id));
if (process.argv.includes('--check')) {
  const problems = findProblems();
  if (problems.length > 0) {
    console.error(problems.map((line) => `requirements: ${line}`).join('\n'));
    process.exit(1);
  }
} else {
  for (const [page, text] of pages) writeFileSync(join(project, page), text);
  if (missing.length > 0) console.log(`without a test: ${missing.join(' ')}`);
}
const proven = [...rules.keys()].filter((id) => proofs.has(id)).length;
console.log(
  `requirements: ${proven} of ${rules.size} have tests, ${postponed.size} may come later, ${byPeople.size} are for people`,
);

function findProblems() {
  const problems = [];
  const report = (what, ids) => ids.length > 0 && problems.push(`${what}: ${ids.join(' ')}`);
  report('without a test', missing);
  report(
    'titles bear ids that no list knows',
    [...proofs.keys()].filter((id) => !rules.has(id)).sort(byNumber),
  );
  report(
    'rows without a rule',
    [...rows.keys()].filter((id) => !rules.has(id)),
  );
  report(
    'rules of a scheme without a row',
    [...rules.keys()].filter((id) => /^(FI|FAQ|BITS|SM)-/.test(id) && !rows.has(id)),
  );
  report(
    'left for people, but tested',
    [...byPeople].filter((id) => proofs.has(id)),
  );
  report('functions of scheme-rows.json that are not public', findUnknownFunctions());
  report(
    'stale, run npm run docs:requirements',
    [...pages.keys()].filter((page) => readPage(page) !== pages.get(page)),
  );
  return problems;
}

/** A row names the functions a host calls as `name()`; each must be public. */
function findUnknownFunctions() {
  const listed = readPage('test/package/api.snap');
  const named = [...rows.values()].flatMap(({ by = '' }) =>
    [...by.matchAll(/`(\w+)\(/g)].map(([, name]) => name),
  );
  return [...new Set(named)].filter((name) => !listed.includes(`function ${name}\n`));
}

function composePage() {
  const lines = [
    '# Requirements and their tests',
    '',
    'Written by `npm run docs:requirements` from the titles of the tests; `npm run check` fails when it is stale. An id in the',
    'title of a test means: that test fails when the rule is taken out of the code.',
    '',
  ];
  for (const group of groups) {
    lines.push(`## ${group.title}`, '', '| id | rule | tests |', '|---|---|---|');
    for (const [id, rule] of Object.entries(group.rules))
      lines.push(`| ${id} | ${rule} | ${proofOf(id, 1)} |`);
    lines.push('');
  }
  lines.push('## Left for later', '', '| ids | why |', '|---|---|');
  lines.push(...later.map(({ why, ids }) => `| ${ids.join(', ')} | ${why} |`), '');
  return lines.join('\n');
}

function composeRows(page, ofScheme) {
  const [before, rest] = readPage(page).split('<!-- rows -->\n');
  const after = rest?.split('<!-- end of rows -->')[1];
  if (after === undefined)
    throw new Error(`${page} has no place for its rows: <!-- rows --> ... <!-- end of rows -->`);
  const lines = ['| row | what it asks | what fulfils it | tests |', '|---|---|---|---|'];
  for (const [id, { by, people }] of Object.entries(ofScheme)) {
    const rule = (rules.get(id) ?? '').replace(/ \[[^\]]*\]$/, '');
    const parts = [by, people === undefined ? undefined : `*people:* ${people}`];
    lines.push(
      `| ${id} | ${rule} | ${parts.filter((part) => part !== undefined).join('; ')} | ${proofOf(id, 2)} |`,
    );
  }
  return `${before}<!-- rows -->\n\n${lines.join('\n')}\n\n<!-- end of rows -->${after}`;
}

function proofOf(id, depth) {
  const found = proofs.get(id);
  if (found !== undefined) return linksTo(found, depth);
  if (byPeople.has(id)) return '*people only*';
  return postponed.has(id) ? '*later*' : '**none**';
}

function readPage(path) {
  try {
    return readFileSync(join(project, path), 'utf8');
  } catch {
    return '';
  }
}

function readJson(name) {
  return JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'));
}

function byNumber(a, b) {
  return a.localeCompare(b, 'en', { numeric: true });
}
