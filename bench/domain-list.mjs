/**
 * How long a long list takes: read as text and as a page, and loaded from its file as `bits({ list })` does.
 *
 *   npm run bench:list -- [--rows 100000]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createContext, systemClock } from '../dist/index.js';
import { bits, bitsListFormat, parseDomainList } from '../dist/scheme/index.js';

const { values } = parseArgs({ options: { rows: { type: 'string', default: '100000' } } });
const count = Number(values.rows);
const titles = [
  'Company name',
  'Company Identification number',
  'Domain with forced TLS',
  'Date of enrolment',
  'Requirement 5.2.4 supported?',
];
const rows = Array.from({ length: count }, (_, i) => [
  `Company ${i} AS`,
  String(900_000_000 + i),
  `c${i}.test`,
  '2024-02-01',
  i % 2 === 0 ? 'Ja' : 'Nei',
]);
const csv = Buffer.from([titles, ...rows].map((row) => row.join(';')).join('\r\n'));
const html = Buffer.from(
  `<table>${[titles, ...rows].map((row) => `<tr>${row.map((text) => `<td>${text}</td>`).join('')}</tr>`).join('\n')}</table>`,
);

const folder = mkdtempSync(join(tmpdir(), 'enforced-tls-list-'));
const file = join(folder, 'list.csv');
writeFileSync(file, csv);
try {
  measure('text', () => accepted(csv));
  measure('page', () => accepted(html));
  const begin = performance.now();
  const source = bits({ list: file });
  const asked = await source.find(`c${count - 1}.test`, createContext({ clock: systemClock }));
  report('file, until the first answer', performance.now() - begin, asked.kind === 'asks' ? count : 0);
} finally {
  rmSync(folder, { recursive: true });
}

function accepted(octets) {
  const reading = parseDomainList(octets, { format: bitsListFormat, now: Date.now() });
  if (reading.kind !== 'list') throw new Error(`line ${reading.line}: ${reading.cause}`);
  return reading.list.accepted;
}

function measure(name, run) {
  const begin = performance.now();
  const found = run();
  report(name, performance.now() - begin, found);
}

function report(name, ms, found) {
  if (found !== count) throw new Error(`${name}: ${found} of ${count} rows were accepted`);
  console.log(`${name}: ${found} rows in ${ms.toFixed(0)} ms`);
}
