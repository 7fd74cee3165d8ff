/**
 * Reports as two independent readers see them: the email package of CPython and postal-mime.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import PostalMime from 'postal-mime';

const SCRIPT = fileURLToPath(new URL('read_reports.py', import.meta.url));

/** What one reader made of a report. */
export interface Reading {
  readonly parts: readonly string[];
  readonly text: string;
  readonly subject: string;
  /** Groups of the status part: fields by lower-case name. */
  readonly groups: readonly Readonly<Record<string, string>>[];
}

/** CPython also says what it holds to be wrong. */
export interface PythonReading extends Reading {
  readonly defects: readonly string[];
  readonly type: string;
  readonly reportType: string;
  readonly header: Readonly<Record<string, string>>;
  /** Of the message that it is about. */
  readonly originalMessageId: string | null;
}

interface Told extends Omit<PythonReading, 'groups' | 'subject'> {
  readonly groups: readonly (readonly [name: string, value: string])[][];
}

/** All of them in one run of Python. */
export function readWithPython(reports: readonly Uint8Array[]): PythonReading[] {
  const input = reports.map((report) => `${Buffer.from(report).toString('base64')}\n`).join('');
  const output = execFileSync('python3', [SCRIPT], { input, encoding: 'utf8', maxBuffer: 1 << 28 });
  return output
    .trimEnd()
    .split('\n')
    .map((line) => {
      const told = JSON.parse(line) as Told;
      const groups = told.groups.map((group) =>
        Object.fromEntries(group.map(([name, value]) => [name.toLowerCase(), value])),
      );
      return { ...told, groups, subject: told.header['subject'] ?? '' };
    });
}

/** One report with postal-mime. */
export async function readWithPostalMime(report: Uint8Array): Promise<Reading> {
  const mail = await PostalMime.parse(report);
  const status = mail.attachments.find(({ mimeType }) => mimeType.endsWith('delivery-status'));
  const body = status === undefined ? '' : Buffer.from(status.content as ArrayBuffer).toString();
  return {
    parts: ['text/plain', ...mail.attachments.map(({ mimeType }) => mimeType)],
    text: mail.text ?? '',
    subject: mail.subject ?? '',
    groups: body
      .trimEnd()
      .split(/\r?\n\r?\n/)
      .map(fieldsOf),
  };
}

function fieldsOf(group: string): Record<string, string> {
  const lines = group.replaceAll(/\r?\n[ \t]+/g, ' ').split(/\r?\n/);
  return Object.fromEntries(
    lines
      .filter((line) => line !== '')
      .map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
  );
}
