/**
 * Reads the text of a questionnaire back into the record that it was made from (FI-22, FI-23).
 * Failure: ConfigError `questionnaire-unreadable` with the line; `questionnaire-invalid` for values, as in the record.
 */
import { readMoment } from './finansinspektionen-dates.js';
import {
  authorityTitles,
  companyTitles,
  contactTitles,
  questionnaireTitle,
  readHostLine,
  sectionTitles,
} from './finansinspektionen-form.js';
import { createFormReader, type Line } from './form-read.js';

type SectionKey = keyof typeof sectionTitles;

/** Sections that hold fields with titles. */
const FIELD_TITLES = {
  company: companyTitles,
  administrative: contactTitles,
  technical: contactTitles,
  authority: authorityTitles,
} as const;

/** Reads the form. */
export const questionnaireReader = createFormReader({
  name: 'questionnaire',
  title: questionnaireTitle,
  sections: sectionTitles,
});

/** The record in the text, not yet judged; a section that is absent is absent. @throws ConfigError */
export function readQuestionnaireText(text: string): Readonly<Record<string, unknown>> {
  const sections = questionnaireReader.split(text);
  return Object.fromEntries([...sections].map(([key, lines]) => [key, readSection(key, lines)]));
}

function readSection(key: SectionKey, lines: readonly Line[]): unknown {
  if (key === 'domains') return lines.map((line) => line.text);
  if (key === 'hosts') return lines.map(readHost);
  if (key === 'implementation') return readImplementation(lines);
  return questionnaireReader.fields(FIELD_TITLES[key], lines);
}

function readHost(line: Line): unknown {
  const host = readHostLine(line.text);
  if (host !== null) return host;
  throw questionnaireReader.unreadable(line, 'expected "host, IP: address CN=name Valid until YY:MM:DD"');
}

function readImplementation([line, more]: readonly Line[]): string | undefined {
  if (line === undefined) return undefined;
  if (more !== undefined) throw questionnaireReader.unreadable(more, 'expected one date');
  const moment = readMoment(line.text);
  if (moment === null) throw questionnaireReader.unreadable(line, 'expected "YY:MM:DD HH:MM UTC"');
  return moment;
}
