/**
 * `npm run test:teeth`: do the tests bite? One rule after the other is made to pass always, in a copy of the project, and
 * a test that depends on its file must fail. Each check of the verdict is found by its file name; the other rules are
 * listed below. All these tests must pass before, and the failure must come twice, so that it is the rule's doing.
 *
 *   node scripts/teeth.mjs              all rules
 *   node scripts/teeth.mjs name cipher  only those
 */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createTally } from './tally.mjs';

const run = promisify(execFile);
const project = fileURLToPath(new URL('..', import.meta.url));
const leftOut = /^(?:node_modules|dist|coverage|\.git)$/;

/** Rules outside the verdict's checks: `code` stands in `file` once and becomes `instead`. */
const rules = [
  {
    name: 'admit',
    file: 'src/verdict/admit.ts',
    code: 'return opens ?',
    instead: 'return true ?',
  },
  {
    name: 'admit: only verdicts of judge',
    file: 'src/verdict/registry.ts',
    code: 'return registry().has(verdict);',
    instead: 'return true;',
  },
  {
    name: 'transact: only real passes',
    file: 'src/smtp/admitted.ts',
    code: 'if (registry().has(pass)) return;',
    instead: 'if (pass !== null) return;',
  },
  {
    name: 'no CR, LF or other control in a command',
    file: 'src/smtp/command.ts',
    code: String.raw`if (!isPlain && /[\x00-\x1f\x7f-\x9f]/.test(line)) {`,
    instead: 'if (false) {',
  },
  {
    name: 'nothing between 220 and the handshake',
    file: 'src/smtp/starttls.ts',
    code: 'if (!connection.alive || !connection.bufferEmpty) {',
    instead: 'if (false) {',
  },
  {
    name: 'address guard',
    file: 'src/dns/address-guard.ts',
    code: 'if (found === null) return',
    instead: 'return',
  },
];

const chosen = process.argv.slice(2);
const tally = createTally();
// Two at a time: a broken rule makes tests wait for what never comes.
const copies = [makeCopy(), makeCopy()];
try {
  await biteAll();
} finally {
  for (const copy of copies) rmSync(copy, { recursive: true, force: true });
}
tally.close();

function makeCopy() {
  const copy = mkdtempSync(join(tmpdir(), 'enforced-tls-teeth-'));
  cpSync(project, copy, {
    recursive: true,
    filter: (path) => !leftOut.test(relative(project, path)),
  });
  symlinkSync(join(project, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

async function biteAll() {
  const waiting = [...checksOfTheVerdict(), ...rules].filter(
    ({ name }) => chosen.length === 0 || chosen.includes(name),
  );
  const broken = await failuresOf(copies[0], ['related', '--run', ...waiting.map(({ file }) => file)]);
  if (broken.length > 0) {
    throw new Error(`teeth: these fail with every rule in place:\n${broken.map(describe).join('\n')}`);
  }
  const work = async (copy) => {
    for (let rule = waiting.shift(); rule !== undefined; rule = waiting.shift()) {
      await tally.check(rule.name, () => bite(rule, copy));
    }
  };
  await Promise.all(copies.map(work));
}

async function bite(rule, copy) {
  const failure = await biteOf(rule, copy);
  if (failure === null) throw new Error(`no test fails without this rule (${rule.file})`);
  return describe(failure);
}

/** `check-<name>.ts`: what the function would refuse, it passes; all else it says as before. */
function checksOfTheVerdict() {
  return readdirSync(join(project, 'src/verdict'))
    .filter((file) => /^check-.*(?<!\.test)\.ts$/.test(file))
    .map((base) => {
      const file = `src/verdict/${base}`;
      const text = readFileSync(join(project, file), 'utf8');
      const [code] = /export function check\w+\(evidence: Evidence\): Check \{/.exec(text) ?? [];
      const name = base.slice('check-'.length, -'.ts'.length);
      const instead = `${code}
        const found = look(evidence);
        return found.result === 'fail' || found.result === 'unknown' ? line('${name}', 'pass') : found;
      }
      function look(evidence: Evidence): Check {`;
      return { name, file, code, instead };
    });
}

/** A test that fails while the rule is out of order, or null. One is enough, so the run ends there. */
async function biteOf({ name, file, code, instead }, copy) {
  const path = join(copy, file);
  const text = readFileSync(path, 'utf8');
  if (code === undefined || text.split(code).length !== 2) {
    throw new Error(`teeth: ${name}: its code does not stand in ${file} exactly once`);
  }
  writeFileSync(
    path,
    text.replace(code, () => instead),
  );
  try {
    // The first failure calls off what runs beside it, and that may look like a failure too; so may a slow machine.
    for (let chances = 3; chances > 0; chances -= 1) {
      const bites = await failuresOf(copy, ['related', '--run', '--bail=1', file]);
      if (bites.length === 0) return null;
      // Only the tests that failed: those beside them may wait for what the broken rule never lets come.
      const titles = bites.map(({ own }) => own.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
      const files = new Set(bites.map((bite) => bite.file));
      const again = (await failuresOf(copy, ['run', '-t', titles.join('|'), ...files])).map(describe);
      const failure = bites.find((each) => again.includes(describe(each)));
      if (failure !== undefined) return failure;
    }
    return null;
  } finally {
    writeFileSync(path, text);
  }
}

/** Runs tests in the copy. Files that do not even load are no failures: they would say nothing about the rule. */
async function failuresOf(copy, args) {
  const report = join(copy, 'teeth.json');
  rmSync(report, { force: true });
  const command = [
    join(project, 'node_modules/vitest/vitest.mjs'),
    ...args,
    '--testTimeout=20000',
    '--hookTimeout=20000',
    '--reporter=json',
    `--outputFile=${report}`,
  ];
  const options = { cwd: copy, maxBuffer: 1 << 28 };
  // It ends with a failure where a test fails; what counts is the report.
  const said = await run(process.execPath, command, options).catch((error) => error);
  let results;
  try {
    results = JSON.parse(readFileSync(report, 'utf8')).testResults;
  } catch (error) {
    throw new Error(`teeth: the tests did not run\n${said.stdout}${said.stderr}`, { cause: error });
  }
  return results.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status === 'failed')
      .map(({ fullName, title }) => ({ file: relative(copy, name), title: fullName, own: title })),
  );
}

function describe({ file, title }) {
  return `${file}: ${title}`;
}
