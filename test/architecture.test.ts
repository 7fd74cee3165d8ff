import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';

const project = fileURLToPath(new URL('..', import.meta.url));

/** Runs the direction rule over a copy of src in which `changes` were added at the ends of files. */
function judgeCopy(changes: readonly { path: string; text: string }[]): { kept: boolean; said: string } {
  const copy = mkdtempSync(join(tmpdir(), 'enforced-tls-direction-'));
  try {
    cpSync(join(project, 'src'), join(copy, 'src'), { recursive: true });
    cpSync(join(project, 'tsconfig.json'), join(copy, 'tsconfig.json'));
    symlinkSync(join(project, 'node_modules'), join(copy, 'node_modules'));
    writeFileSync(join(copy, 'package.json'), '{ "type": "module" }');
    for (const { path, text } of changes) appendFileSync(join(copy, path), `\n${text}\n`);
    const run = spawnSync(process.execPath, [join(project, 'scripts/direction.mjs'), copy], {
      encoding: 'utf8',
    });
    return { kept: run.status === 0, said: run.stdout + run.stderr };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

const forbidden = [
  {
    what: 'core imports a folder to its right',
    path: 'src/core/clock.ts',
    text: "export type { Plan } from '../policy/plan.js';",
    says: 'core-imports-only-to-its-left',
  },
  {
    what: 'smtp imports the policy',
    path: 'src/smtp/reply.ts',
    text: "export type { Plan } from '../policy/plan.js';",
    says: 'smtp-imports-only-to-its-left',
  },
  {
    what: 'queue imports the test world',
    path: 'src/queue/driver.ts',
    text: "export type { Anything } from '../testing/clock.js';",
    says: 'queue-imports-only-to-its-left',
  },
  {
    what: 'a file without a mark reads the disk',
    path: 'src/policy/plan.ts',
    text: "import { readFileSync } from 'node:fs';\nexport const read = readFileSync;",
    says: 'only-marked-files-reach-outside',
  },
  {
    what: 'a file without a mark opens a socket',
    path: 'src/verdict/judge.ts',
    text: "import { connect as dial } from 'node:net';\nexport const open = dial;",
    says: 'imports connect as dial of node:net',
  },
  {
    what: 'a file without a mark starts TLS',
    path: 'src/deliver/open.ts',
    text: "import { connect as secure } from 'node:tls';\nexport const open = secure;",
    says: 'only-marked-files-reach-outside',
  },
  {
    what: 'somebody else issues an admission',
    path: 'src/deliver/open.ts',
    text: "import { issueAdmission } from '../smtp/admitted.js';\nexport const forge = issueAdmission;",
    says: 'only src/verdict/admit.ts makes an Admitted',
  },
  {
    what: 'somebody else forges the shape of an admission',
    path: 'src/deliver/open.ts',
    text: "export const forged = { '~admitted': true };",
    says: 'only src/verdict/admit.ts makes an Admitted',
  },
  {
    what: 'the package needs a dependency',
    path: 'src/core/clock.ts',
    text: "import nodemailer from 'nodemailer';\nexport const mailer = nodemailer;",
    says: 'nothing-needed-at-run-time',
  },
  {
    what: 'two files import each other',
    path: 'src/core/clock.ts',
    text: "export { createContext } from './context.js';",
    says: 'no-circular',
  },
];
describe('ARCHITECTURE: the direction rule', () => {
  let broken = { kept: true, said: '' };
  beforeAll(() => {
    broken = judgeCopy(forbidden);
  });

  it('holds for the tree as it is', () => {
    expect(judgeCopy([])).toMatchObject({ kept: true });
  });

  it('ends with a failure when something is forbidden', () => {
    expect(broken.kept).toBe(false);
  });

  it.each(forbidden)('is broken when $what', ({ path, says }) => {
    const line = broken.said.split('\n').find((text) => text.includes(path) && text.includes(says));
    expect(line, broken.said).toBeDefined();
  });
});
