import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { describeReason, reasonKeys } from '../../src/core/reasons.js';

const project = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(new URL('../../docs/reasons.md', import.meta.url), 'utf8');

it('docs/reasons.md has every reason once, as the table says it', () => {
  for (const key of reasonKeys) {
    const rows = page.split('\n').filter((row) => row.includes(`<a id="${key}"></a>`));
    expect(rows, key).toHaveLength(1);
    const { says, remedy, status } = describeReason(key);
    expect(rows[0]).toContain(`| ${says} | ${remedy} |`);
    expect(rows[0]).toContain(`| ${status} |`);
  }
});

it('docs/reasons.md is up to date', () => {
  execFileSync(process.execPath, ['scripts/reasons-page.mjs', '--check'], { cwd: project, stdio: 'pipe' });
});
