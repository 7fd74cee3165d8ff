/**
 * Reports that somebody wrote to do harm: mutations of real ones, and large ones made to take time. Whatever comes is read as
 * something, without an error and without an end of patience (the time limit of the test).
 */
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchReport } from '../../src/dsn/match.js';
import { readReport } from '../../src/dsn/parse.js';

const SAMPLES = new URL('../data/reports/', import.meta.url);
const samples = readdirSync(SAMPLES)
  .filter((file) => file.endsWith('.eml'))
  .map((file) => readFileSync(new URL(file, SAMPLES)));
const RECEIPT = Buffer.from(
  'Content-Type: multipart/report; report-type=disposition-notification; boundary="b"\r\n\r\n--b\r\n\r\nwords\r\n--b\r\nContent-Type: message/disposition-notification\r\n\r\nReporting-UA: a; b\r\nFinal-Recipient: rfc822;bo@example.test\r\nOriginal-Message-ID: <q1@sender.test>\r\nDisposition: manual-action/MDN-sent-manually; displayed/error\r\n\r\n--b--\r\n',
);
const KINDS = ['delivery', 'disposition', 'not-a-report'];

/** Reads, lays beside a message, and sees that what is shown is safe to show. */
function survive(octets: Uint8Array | string): string {
  const report = readReport(octets);
  expect(KINDS).toContain(report.kind);
  if (report.kind !== 'not-a-report') {
    const match = matchReport(
      report,
      { id: 'm1', envelopeId: 'never given', recipients: ['bo@example.test'] },
      { kind: 'valid', id: 'm1', expiresAt: 0 },
    );
    expect(['token', 'none']).toContain(match.matched);
  }
  const shown = JSON.stringify(report, (key, value: unknown) => (key === 'octets' ? null : value));
  // The line ends of the text for people are the only controls.
  expect(shown.replaceAll(String.raw`\n`, '')).not.toMatch(
    /\\u00[01]|[\u007f-\u009f\u202a-\u202e\u2066-\u2069]/,
  );
  return report.kind;
}

/** One change of a few octets. */
const change = fc.record({
  at: fc.nat(),
  remove: fc.nat(12),
  put: fc.oneof(
    fc.uint8Array({ maxLength: 8 }),
    fc
      .constantFrom(
        '\r\n',
        '\n',
        '\r',
        '\r\n\r\n',
        ':',
        ';',
        '=',
        '"',
        '\\',
        '(',
        ')',
        '--',
        ' ',
        '\t',
        '\0',
        'ø',
        '=0D=0A',
        '\\x{0A}',
      )
      .map((text) => Buffer.from(text)),
    fc.nat().map((from) => {
      const [sample = RECEIPT] = samples.slice(from % samples.length);
      return sample.subarray(from % sample.length, (from % sample.length) + 40);
    }),
  ),
});

describe('hostile reports', () => {
  it('DSN-51, AT-22, AT-50: 5,000 mutations of real reports and a receipt', () => {
    const kinds = new Set<string>();
    fc.assert(
      fc.property(
        fc.constantFrom(...samples, RECEIPT),
        fc.array(change, { minLength: 1, maxLength: 6 }),
        (sample, changes) => {
          let octets: Buffer = sample;
          for (const { at, remove, put } of changes) {
            const place = at % (octets.length + 1);
            octets = Buffer.concat([octets.subarray(0, place), put, octets.subarray(place + remove)]);
          }
          kinds.add(survive(octets));
        },
      ),
      { numRuns: 5000 },
    );
    // The mutations are small enough that reports remain among them.
    expect([...kinds].sort()).toEqual([...KINDS].sort());
  });

  it('DSN-51: any octets at all', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (octets) => void survive(octets)),
      { numRuns: 1000 },
    );
  });

  const SIZE = 10 * 1024 * 1024;
  const filled = (piece: string, before = '', after = ''): Buffer =>
    Buffer.from(
      before + piece.repeat(Math.ceil((SIZE - before.length - after.length) / piece.length)) + after,
      'latin1',
    );
  const head = (boundary: string): string =>
    `Content-Type: multipart/report; report-type=delivery-status; boundary="${boundary}"\r\n\r\n`;
  const status = `${head('b')}--b\r\n\r\nx\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; a\r\n\r\n`;
  const encoded = (how: string): string =>
    status.replace(
      'delivery-status\r\n\r\nRep',
      `delivery-status\r\nContent-Transfer-Encoding: ${how}\r\n\r\nRep`,
    );

  it.each([
    ['line ends', filled('\n')],
    ['folds', filled(' \n', 'X: y\n')],
    ['a folded field', filled('  x\n', 'Content-Type: multipart/report;\n')],
    ['fields', filled('a:b\n')],
    ['one line', filled('a')],
    ['colons', filled(':')],
    ['open comments', filled('(', 'Content-Type: ')],
    ['parameters', filled(';a=b', 'Content-Type: multipart/report')],
    ['open quotes', filled('"', 'Content-Type: multipart/report; boundary=')],
    ['boundaries', filled('--b\n', head('b'))],
    ['boundaries in one line', filled('--b', head('b'))],
    ['dashes', filled('-', head('-'.repeat(60)))],
    ['boundaries with spaces behind', filled(`--b${' '.repeat(1000)}x\n`, head('b'))],
    ['nested multiparts', filled('Content-Type: multipart/mixed; boundary=b\n\n--b\n', `${head('b')}--b\n`)],
    ['groups', filled('Final-Recipient: rfc822; a@b.test\nAction: failed\n\n', status)],
    ['a group of folds', filled(' \n', `${status}Final-Recipient: rfc822; a@b.test\nAction: failed\n`)],
    ['comments in an address', filled('()', `${status}Action: failed\nFinal-Recipient: rfc822; `)],
    ['equal signs, quoted-printable', filled('= ', encoded('quoted-printable'))],
    ['base64', filled('QUJD', encoded('base64'))],
    [
      'a long original',
      filled(
        'x: y\n',
        `${status}Final-Recipient: rfc822; a@b.test\nAction: failed\n--b\nContent-Type: message/rfc822\n\n`,
      ),
    ],
    ['escapes', filled('\\x{', `${status}Action: failed\nFinal-Recipient: utf-8; `)],
    ['statuses', filled('5.', `${status}Action: failed\nFinal-Recipient: rfc822; a@b.test\nStatus: `)],
  ])('DSN-51: 10 MiB of %s', (_what, octets) => {
    survive(octets);
  });

  it('DSN-51: what is too much is said, and what comes before it is read', () => {
    const group = 'Final-Recipient: rfc822; a@b.test\nAction: failed\n\n';
    const report = readReport(filled(group, status));
    if (report.kind !== 'delivery') throw new Error(report.kind);
    expect(report.recipients).toHaveLength(1999);
    expect(report.remarks).toEqual(
      expect.arrayContaining([
        'only the first 2000 groups are read',
        'the machine-readable part is longer than what is read',
      ]),
    );
    expect(readReport(Buffer.concat([filled('x', `${status}${group}`), Buffer.from('y')]))).toMatchObject({
      remarks: expect.arrayContaining(['it is longer than what is read']),
    });
    const parts = readReport(`${status}${group}${'--b\r\n\r\nx\r\n'.repeat(30)}--b--\r\n`);
    expect(parts).toMatchObject({
      remarks: expect.arrayContaining([expect.stringContaining('more than are read')]),
    });
    const fields = readReport(`${'X: y\n'.repeat(1001)}${status}${group}`);
    expect(fields.kind).toBe('not-a-report');
  });
});
