/**
 * docs/reasons.md: every reason why a mail was not delivered, with its remedy, from the one table in src/core/reasons.ts.
 *
 *   node scripts/reasons-page.mjs           writes the page anew
 *   node scripts/reasons-page.mjs --check   fails when the page is stale
 *
 * Needs the Node of this project (24), which reads TypeScript: `npx node scripts/reasons-page.mjs`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { describeReason, reasonKeys } from '../src/core/reasons.ts';

const page = new URL('../docs/reasons.md', import.meta.url);
const source = readFileSync(new URL('../src/core/reasons.ts', import.meta.url), 'utf8');

const WHO = {
  sender: 'you',
  recipient: 'the recipient',
  network: 'the network between',
  policy: 'who set the policy',
};
const MAIL = { hold: 'held', retry: 'deferred', fail: 'failed', unknown: 'unknown' };

const text = compose();
if (!process.argv.includes('--check')) {
  writeFileSync(page, text);
} else if (readPage() !== text) {
  console.error('reasons: docs/reasons.md is stale: run npx node scripts/reasons-page.mjs');
  process.exitCode = 1;
}

function compose() {
  const lines = [
    '# Reasons',
    '',
    'Why a mail was not delivered is always one of these keys: `outcome.reason`, the `code` of an error of the Nodemailer',
    'transport, the first word of `explainOutcome`, and the `Diagnostic-Code` of a report. A key never changes its meaning.',
    'Written from `src/core/reasons.ts` by `scripts/reasons-page.mjs`.',
    '',
    '| the mail is | which means |',
    '|---|---|',
    '| held | a policy refuses the session; tried again until it passes or the time is over, then reported |',
    '| deferred | a passing trouble; tried again on the same schedule, then reported |',
    '| failed | final; reported at once |',
    '| unknown | the other side may have it; sent again under the same Message-ID |',
    '',
    "*Status* is the enhanced status (RFC 3463) in the report; where the host has chosen `onPolicyFailure: 'bounce'`, a held",
    'mail fails at once and its status begins with 5. Ids such as CI-7 stand in [requirements.md](requirements.md).',
    '',
  ];
  for (const { title, keys } of sections()) {
    lines.push(
      `## ${title}`,
      '',
      '| reason | what is wrong | what to do | by whom | the mail is | status | source |',
    );
    lines.push('|---|---|---|---|---|---|---|');
    for (const key of keys) {
      const { says, remedy, fixer, effect, status, cite } = describeReason(key);
      const cells = [`<a id="${key}"></a>\`${key}\``, says, remedy, WHO[fixer], MAIL[effect], status, cite];
      lines.push(`| ${cells.join(' | ')} |`);
    }
    lines.push('');
  }
  return lines.join('\n');
}

/** The table is read from the module; only its headings stand nowhere but in its comments. */
function sections() {
  /** @type {{ title: string, keys: string[] }[]} */
  const found = [];
  for (const [, title, quoted, plain] of source.matchAll(/^ {2}(?:\/\/ (.+)|'([^']+)': \[|(\w+): \[)/gm)) {
    const key = quoted ?? plain;
    if (title !== undefined) found.push({ title, keys: [] });
    else if (reasonKeys.includes(key)) found.at(-1)?.keys.push(key);
  }
  const listed = found.flatMap(({ keys }) => keys);
  const lost = reasonKeys.filter((key) => !listed.includes(key));
  if (lost.length > 0) throw new Error(`no heading stands above ${lost.join(', ')} in src/core/reasons.ts`);
  return found.filter(({ keys }) => keys.length > 0);
}

function readPage() {
  try {
    return readFileSync(page, 'utf8');
  } catch {
    return '';
  }
}
