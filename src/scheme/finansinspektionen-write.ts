/**
 * The questionnaire on paper: text to send by mail, Markdown, HTML, and JSON. Values are escaped where the form of the
 * page could take them for its own.
 */
import { type Questionnaire, type Section, sectionsOf } from './finansinspektionen-form.js';

/** How it can be written; `text` and `json` can be read back. */
export type QuestionnaireFormat = 'text' | 'markdown' | 'html' | 'json';

/** Writes text; lines end in LF, an indent marks what belongs to the title above. */
export function writeText(questionnaire: Questionnaire): string {
  const blocks = sectionsOf(questionnaire).map(({ title, fields, lines }) =>
    [
      `${title}:`,
      ...fields.map(([name, value]) => `  ${name}: ${value}`),
      ...lines.map((line) => `  ${line}`),
    ].join('\n'),
  );
  return `${['Questionnaire', ...blocks].join('\n\n')}\n`;
}

/** Writes Markdown: a table for fields, a list for lines. */
export function writeMarkdown(questionnaire: Questionnaire): string {
  const blocks = sectionsOf(questionnaire).map(({ title, fields, lines }) =>
    [
      `## ${title}`,
      '',
      ...(fields.length === 0 ? [] : ['| | |', '|---|---|']),
      ...fields.map(([name, value]) => `| ${name} | ${escapeMarkdown(value)} |`),
      ...lines.map((line) => `- ${escapeMarkdown(line)}`),
    ].join('\n'),
  );
  return `${['# Questionnaire', ...blocks].join('\n\n')}\n`;
}

/** Writes one HTML section without styles or scripts, for a page of the host. */
export function writeHtml(questionnaire: Questionnaire): string {
  const blocks = sectionsOf(questionnaire).map(writeHtmlSection);
  return `<section>\n<h1>Questionnaire</h1>\n${blocks.join('\n')}\n</section>\n`;
}

function writeHtmlSection({ title, fields, lines }: Section): string {
  const rows = fields.map(
    ([name, value]) => `<tr><th scope="row">${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`,
  );
  const items = lines.map((line) => `<li>${escapeHtml(line)}</li>`);
  const body = rows.length > 0 ? ['<table>', ...rows, '</table>'] : ['<ul>', ...items, '</ul>'];
  return [`<h2>${escapeHtml(title)}</h2>`, ...body].join('\n');
}

/** Writes JSON that says its edition. */
export function writeJson(questionnaire: Questionnaire): string {
  return `${JSON.stringify(questionnaire, null, 2)}\n`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (char) => ENTITIES[char] ?? char);
}

/** CommonMark 2.4: any punctuation of ASCII may be escaped; a host name or address needs none of it. */
function escapeMarkdown(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]<>()#+!|~&$]/g, String.raw`\$&`);
}
