/**
 * The result of a self-test on paper.
 */
import { formatDay } from '../scheme/domain-list-dates.js';
import { fieldSection, type FormFormat, lineSection } from '../scheme/form.js';
import { writeForm } from '../scheme/form-write.js';
import type { SelfTestResult } from './run.js';

/** Writes a result. @throws ConfigError `option-unknown` for another format */
export function writeSelfTest(result: SelfTestResult, format: FormFormat): string {
  const { at, passed, digest, groups, pending, findings } = result;
  const titles = {
    result: 'Result',
    at: 'Made at',
    digest: 'Configuration',
    pending: 'Not yet enforced',
  } as const;
  const sections = [
    fieldSection('Self-test', titles, {
      result: passed ? 'passed' : 'FAILED',
      at: new Date(at).toISOString(),
      digest,
      pending: pending.length === 0 ? 'none' : pending.join(', '),
    }),
    lineSection(
      'Tried',
      groups.map(({ tried, domains, trials }) => `${tried}, for ${domains} domains: ${trials} trials`),
    ),
    lineSection(
      'Findings',
      findings.length === 0
        ? ['none']
        : findings.map(
            ({ kind, domain, trial, says, seen }) => `${kind}: ${domain}, ${trial} (${says}): ${seen}`,
          ),
    ),
  ];
  return writeForm({ title: `Self-test of ${formatDay(at)}`, sections }, result, format, 'writeSelfTest');
}
