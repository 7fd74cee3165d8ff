/**
 * A form on paper: text to send by mail, Markdown, HTML, and JSON. Values are escaped where the form of the page could take
 * them for its own.
 */
import { refuseUnknownOptions } from '../core/options.js';
import type { Form, FormFormat, Section } from './form.js';

const WRITERS: Readonly<Record<Exclude<FormFormat, 'json'>, (form: Form) => string>> = {
  text: writeText,
  markdown: writeMarkdown,
  html: writeHtml,
};

/**
 * Writes a form; as `json` it is `value`, what the form was made from. Lines end in LF.
 * @throws ConfigError `option-unknown` for another format
 */
export function writeForm(form: Form, value: unknown, format: FormFormat, where: string): string {
  refuseUnknownOptions({ [format]: true }, [...Object.keys(WRITERS), 'json'], `${where}: format`);
  return format === 'json' ? `${JSON.stringify(value, null, 2)}\n` : WRITERS[format](form);
}

/** An indent marks what belongs to the title above. */
function writeText({ title, sections }: Form): string {
  const blocks = sections.map((section) =>
    [
      `${section.title}:`,
      ...section.fields.map(([name, value]) => `  ${name}: ${value}`),
      ...section.lines.map((line) => `  ${line}`),
    ].join('\n'),
  );
  return `${[title, ...blocks].join('\n\n')}\n`;
}

/** A table for fields, a list for lines. */
function writeMarkdown({ title, sections }: Form): string {
  const blocks = sections.map((section) =>
    [
      `## ${section.title}`,
      '',
      ...(section.fields.length === 0 ? [] : ['| | |', '|---|---|']),
      ...section.fields.map(([name, value]) => `| ${name} | ${escapeMarkdown(value)} |`),
      ...section.lines.map((line) => `- ${escapeMarkdown(line)}`),
    ].join('\n'),
  );
  return `${[`# ${title}`, ...blocks].join('\n\n')}\n`;
}

/** One HTML section without styles or scripts, for a page of the host. */
function writeHtml({ title, sections }: Form): string {
  const blocks = sections.map(writeHtmlSection);
  return `<section>\n<h1>${escapeHtml(title)}</h1>\n${blocks.join('\n')}\n</section>\n`;
}

function writeHtmlSection({ title, fields, lines }: Section): string {
  const rows = fields.map(
    ([name, value]) => `<tr><th scope="row">${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`,
  );
  const items = lines.map((line) => `<li>${escapeHtml(line)}</li>`);
  const body = rows.length > 0 ? ['<table>', ...rows, '</table>'] : ['<ul>', ...items, '</ul>'];
  return [`<h2>${escapeHtml(title)}</h2>`, ...body].join('\n');
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
