/**
 * Lays out what the demo says: headings, labelled facts, wrapped text; in colour where the stream is a terminal.
 */
import { styleText } from 'node:util';

const NARROWEST = 80;
const WIDEST = 100;

/**
 * Colour of each state; every other text is told apart by weight.
 * @type {Record<import('enforced-tls').State, 'green' | 'yellow' | 'red'>}
 */
const STATES = { delivered: 'green', held: 'yellow', deferred: 'yellow', unknown: 'yellow', failed: 'red' };

/** @typedef {ReturnType<typeof createPage>} Page */

/**
 * A page on a stream.
 * @param {{ write(text: string): unknown, isTTY?: boolean, columns?: number }} stream
 */
export function createPage(stream) {
  const width = Math.min(WIDEST, Math.max(NARROWEST, stream.columns ?? WIDEST));
  const coloured = stream.isTTY === true && !process.env['NO_COLOR'];
  /** @type {(format: Parameters<typeof styleText>[0], text: string) => string} */
  const style = (format, text) => (coloured ? styleText(format, text, { validateStream: false }) : text);
  const line = (text = '') => void stream.write(`${text}\n`);
  return {
    line,
    /** @param {string} text */
    title(text) {
      line();
      line(style('bold', `${text} ${'─'.repeat(Math.max(0, width - text.length - 1))}`));
      line();
    },
    /** Labels on the left, values wrapped on the right. @param {readonly (readonly [string, string])[]} rows */
    facts(rows) {
      const column = 2 + Math.max(...rows.map(([label]) => label.length));
      for (const [label, value] of rows) {
        const [first = '', ...more] = wrap(value, width - 4 - column);
        line(`    ${style('dim', label.padEnd(column))}${first}`);
        for (const part of more) line(' '.repeat(4 + column) + part);
      }
    },
    /** A state in its colour. @param {import('enforced-tls').State} state */
    state: (state) => style(['bold', STATES[state]], state),
    /** @param {string} text */
    strong: (text) => style('bold', text),
    /** @param {string} text */
    faint: (text) => style('dim', text),
    /** `3 held, 1 delivered`. @param {readonly string[]} words */
    count(words) {
      const kinds = [...new Set(words)];
      return kinds.map((kind) => `${words.filter((word) => word === kind).length} ${kind}`).join(', ');
    },
    /** Lines beside a bar, as something quoted. @param {string} text */
    quote(text) {
      for (const each of text.split(/\r?\n/)) {
        for (const part of wrap(each, width - 4)) line(`  ${style('dim', '│')} ${part}`.trimEnd());
      }
    },
  };
}

/** Lines of at most `room` characters, cut at spaces. @param {string} text @param {number} room */
function wrap(text, room) {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.length - 1;
    const joined = lines[last] === '' ? word : `${lines[last]} ${word}`;
    if (joined.length <= room || lines[last] === '') lines[last] = joined;
    else lines.push(word);
  }
  return lines;
}
