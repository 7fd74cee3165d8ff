/**
 * A report as this project and CPython's email package read it: the same fields in the same groups, the same original.
 */
import { expect } from 'vitest';
import type { DeliveryReport } from '../../src/dsn/parse.js';
import type { ReportAddress } from '../../src/dsn/parse-values.js';
import { readWithPython } from './read-reports.js';

/** The fields as they were read, by lower-case name and in the raw: what Python gives. */
export function compareWithPython(octets: Uint8Array, report: DeliveryReport): void {
  const [python] = readWithPython([octets]);
  if (python === undefined) throw new Error('Python read nothing');
  const [message = {}, ...recipients] = python.groups;
  expect(python.type).toBe('multipart/report');
  expect(report.recipients).toHaveLength(recipients.length);
  expect(textOf(report.reportingMta)).toBe(squeezed(message['reporting-mta']));
  expect(report.envelopeId).toBe(message['original-envelope-id'] ?? null);
  expect(report.arrivalDate).toBe(dateOf(message['arrival-date']));
  report.recipients.forEach((recipient, index) => {
    const group = recipients[index] ?? {};
    const final = squeezed(group['final-recipient']) ?? '';
    // Python shows UTF-8 in the 7-bit type as broken.
    if (!final.includes('\uFFFD')) expect(final).toBe(addressOf(recipient.finalRecipient));
    expect(recipient.action).toBe(group['action']?.toLowerCase());
    expect(recipient.status?.code).toBe(group['status']?.split(' ')[0]);
    expect(textOf(recipient.remoteMta)).toBe(squeezed(group['remote-mta']));
    expect(textOf(recipient.diagnostic)).toBe(squeezed(group['diagnostic-code']));
    expect(recipient.retryUntil).toBe(dateOf(group['will-retry-until']));
  });
  expect(report.original?.messageId ?? null).toBe(python.originalMessageId);
  // Python holds UTF-8 that is called ASCII for broken.
  if (python.text.includes('\uFFFD')) return;
  expect(report.text?.replaceAll(/\s+/g, ' ').trim()).toBe(python.text.replaceAll(/\s+/g, ' ').trim());
}

const squeezed = (value: string | undefined): string | null =>
  value === undefined ? null : value.replaceAll(/\s+/g, ' ').replace(/; ?/, '; ').toLowerCase();
const textOf = (read: { readonly type: string; readonly text: string } | null): string | null =>
  read === null ? null : `${read.type}; ${read.text}`.toLowerCase();
const addressOf = (read: ReportAddress | null): string =>
  read === null ? '' : `${read.type}; ${read.address}`.toLowerCase();
const dateOf = (value: string | undefined): number | null =>
  value === undefined ? null : Date.parse(value.replace(/ \(.*\)$/, ''));
