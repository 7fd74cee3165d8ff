import { describe, expect, it } from 'vitest';
import { listOf, problemsOf, read, TITLES } from './lists.js';

const head = `<tr>${TITLES.map((title) => `<th>${title}</th>`).join('')}</tr>`;
const row = (...cells: string[]): string => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
const page = (...rows: string[]): string =>
  `<!doctype html>\n<html><body><p>Liste</p>\n<table>\n${[head, ...rows].join('\n')}\n</table></body></html>`;

describe('the list of Bits on a web page', () => {
  it('BITS-5.5: rows of a table with character references, markup and line breaks in cells', () => {
    const list = listOf(
      page(
        row(
          '&Oslash;re &amp; &AElig;re <b>ASA</b>',
          '1',
          '<a href="x>y">a.test</a><br>b.test',
          '2024-02-01',
          'Ja',
        ),
        row('B&#229;t &#xC5; &unknown;', '&nbsp;', 'bl&aring;b&aelig;r.test', ' 2024-02-01 ', 'Nei'),
        row('', '', '', '', ''),
      ),
    );
    expect(list.entries.map(({ domain, company, line }) => [domain, company, line])).toEqual([
      ['a.test', 'Øre & Ære ASA', 5],
      ['b.test', 'Øre & Ære ASA', 5],
      ['xn--blbr-roah.test', 'Båt Å &unknown;', 6],
    ]);
    expect(list).toMatchObject({ rows: 2, accepted: 2, reported: 0 });
  });

  it('BITS-P2: cells that span several rows count in each', () => {
    const list = listOf(
      page(
        '<tr><td rowspan="2">A<td rowspan=2>1<td>a.test<td rowspan="2">2024-02-01<td>Ja',
        '<tr><td>b.test<td>Nei',
        row('C', '3', 'c.test', '2024-03-01', 'Ja'),
      ),
    );
    expect(
      list.entries.map(({ domain, company, enrolled, rejectsPlaintext }) => [
        domain,
        company,
        enrolled,
        rejectsPlaintext,
      ]),
    ).toEqual([
      ['a.test', 'A', '2024-02-01', true],
      ['b.test', 'A', '2024-02-01', false],
      ['c.test', 'C', '2024-03-01', true],
    ]);
    expect(list.reported).toBe(0);
  });

  it('BITS-P2: a title across all columns above the titles is reported', () => {
    const list = listOf(
      page(row('A', '1', 'a.test', '2024-02-01', 'Ja')).replace(
        head,
        `<tr><td colspan=5>Liste</td></tr>${head}`,
      ),
    );
    expect(problemsOf(list)).toEqual(['4 above-titles']);
    expect(list).toMatchObject({ rows: 2, accepted: 1, reported: 1, entries: [{ domain: 'a.test' }] });
  });

  it('BITS-P2: all tables with the titles are the list, tables in and beside it are not', () => {
    const nested = '<table><tr><td>x.test</td></tr></table>';
    const list = listOf(
      `<div><table><tr><td>Menu</td></tr></table>${page(row('A', '1', `a.test${nested}`, '2024-02-01', 'Ja'))}${page(row('B', '2', 'b.test', '2024-02-01', 'Ja'))}</div>`,
    );
    expect(list.entries.map(({ domain }) => domain)).toEqual(['a.test', 'b.test']);
    expect(list).toMatchObject({ rows: 2, otherTables: 2 });
  });

  it('AT-50: what scripts, styles and comments hold is no text', () => {
    const hidden = '<script>"</td>x.test"</script><style>y</style><!-- <tr> z.test -->';
    const list = listOf(page(row('A', '1', `a.test${hidden}`, '2024-02-01', 'Ja')));
    expect(list.entries.map(({ domain }) => domain)).toEqual(['a.test']);
  });

  it.each([
    ['tables 21 deep', `${'<table><tr><td>'.repeat(21)}`],
    ['more than 100 columns', page(`<tr>${'<td>'.repeat(102)}`)],
    ['more than 200 000 rows', `<table>${head}${'<tr>'.repeat(200_002)}`],
    ['cells that span more than they may', page(`<tr>${'<td colspan=99 rowspan=9999>'.repeat(2)}`)],
    ['a very long cell', page(row('x'.repeat(20_000)), row('y'))],
  ])('AT-50: a page with %s is not read', (_title, html) => {
    expect(read(html)).toMatchObject({ kind: 'unreadable' });
  });

  it('AT-50: a page that ends in the middle of a tag, a quote or a comment is read up to there', () => {
    const whole = page(row('A', '1', 'a.test', '2024-02-01', 'Ja'));
    for (const rest of ['<', '<td', '<td x="', '<!--', '<script>', '</', '<>']) {
      expect(listOf(`${whole}${rest}`).entries).toHaveLength(1);
    }
  });
});
