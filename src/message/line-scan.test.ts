import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLineScan, type ScanFacts, type ScanOptions } from './line-scan.js';

const HEAD = 'From: a@x.test\r\n\r\n';

/** What came out and the facts, or the code of the error. */
function scan(chunks: readonly (string | Uint8Array)[], options: ScanOptions = {}) {
  const scanner = createLineScan(options);
  const out = chunks.map((chunk) =>
    scanner.push(typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk),
  );
  const { rest, facts } = scanner.end();
  return { text: Buffer.concat([...out, rest]).toString('latin1'), facts };
}

function outcome(chunks: readonly string[], options: ScanOptions = {}): string {
  try {
    return scan(chunks, options).text;
  } catch (error) {
    return `refused: ${(error as { code: string }).code}`;
  }
}

/** All ways to cut a text into two, into single octets, and whole. */
function splits(text: string): string[][] {
  const all: string[][] = [[text], text.split('')];
  for (let at = 1; at < text.length; at += 1) all.push([text.slice(0, at), text.slice(at)]);
  return all;
}

const evil = 'MAIL FROM:<evil@x.test>\r\n';
const vectors: readonly (readonly [string, string, string])[] = [
  ['LF . LF', '\n.\n', '\r\n.\r\n'],
  ['LF . CRLF', '\n.\r\n', '\r\n.\r\n'],
  ['CRLF . LF', '\r\n.\n', '\r\n.\r\n'],
  ['CR . CR', '\r.\r', 'refused: lone-cr'],
  ['CR . CRLF', '\r.\r\n', 'refused: lone-cr'],
  ['CRLF . CR', '\r\n.\r', 'refused: lone-cr'],
  ['CRLF CR . CRLF', '\r\n\r.\r\n', 'refused: lone-cr'],
  ['CR CRLF', '\r\r\n', 'refused: lone-cr'],
  ['CRLF . CRLF', '\r\n.\r\n', '\r\n.\r\n'],
  ['CRLF . NUL CRLF', '\r\n.\0\r\n', 'refused: message-malformed'],
];

describe('line scan', () => {
  it.each(vectors)('SC-30, AT-20: %s has one outcome at every split of the stream', (_, bytes, becomes) => {
    const text = `${HEAD}text${bytes}${evil}`;
    const expected = becomes.startsWith('refused') ? becomes : `${HEAD}text${becomes}${evil}`;
    for (const chunks of splits(text)) expect(outcome(chunks)).toBe(expected);
  });

  it.each(vectors)(
    'SC-30, AT-20: %s with lineEndings reject passes only if it was right',
    (_, bytes, becomes) => {
      const text = `${HEAD}text${bytes}${evil}`;
      const refused = becomes.startsWith('refused') ? becomes : 'refused: message-malformed';
      const expected = bytes === becomes ? text : refused;
      for (const chunks of splits(text)) expect(outcome(chunks, { lineEndings: 'reject' })).toBe(expected);
    },
  );

  it('SC-30, AT-20: a CR as the very last octet is refused', () => {
    expect(outcome([HEAD, 'a\r'])).toBe('refused: lone-cr');
    expect(outcome([HEAD, 'a', '\r'])).toBe('refused: lone-cr');
  });

  it('SC-30, AT-20: whatever is not refused has no lone CR, lone LF or NUL, and facts do not depend on the cuts', () => {
    const text = fc.string({ unit: fc.constantFrom('\r', '\n', '.', 'a', '\r\n', '\r\n.', '\0', '\xe5') });
    fc.assert(
      fc.property(text, fc.array(fc.nat(20)), (body, cuts) => {
        const whole = `${HEAD}${body}`;
        const chunks: string[] = [];
        let at = 0;
        for (const cut of cuts) {
          chunks.push(whole.slice(at, at + cut));
          at += cut;
        }
        chunks.push(whole.slice(at));
        const wrong = /\r(?!\n)|\0/.test(whole);
        expect(outcome([whole]).startsWith('refused')).toBe(wrong);
        expect(outcome(chunks).startsWith('refused')).toBe(wrong);
        if (wrong) return;
        const canonical = whole.replaceAll(/\r?\n/g, '\r\n');
        const ended = canonical.endsWith('\r\n') ? canonical : `${canonical}\r\n`;
        expect(outcome(chunks)).toBe(ended);
        expect(scan(chunks).facts).toEqual(scan([whole]).facts);
      }),
      { numRuns: 2000 },
    );
  });

  it('SC-32: a final CRLF is added where it lacks, and only there', () => {
    expect(scan([HEAD, 'a'])).toMatchObject({ text: `${HEAD}a\r\n`, facts: { canonical: false } });
    expect(scan([HEAD, 'a\r\n'])).toMatchObject({ text: `${HEAD}a\r\n`, facts: { canonical: true } });
    expect(scan(['From: a@x.test'])).toMatchObject({ text: 'From: a@x.test\r\n' });
  });

  it('SC-33: 998 octets in a line pass, 999 do not, wherever the stream is cut and however the line ends', () => {
    for (const end of ['\r\n', '\n', '']) {
      const right = `${HEAD}${'x'.repeat(998)}${end}`;
      const wrong = `${HEAD}${'x'.repeat(999)}${end}`;
      for (const at of [20, 500, right.length - end.length, right.length - 1]) {
        expect(scan([right.slice(0, at), right.slice(at)]).facts.longestLine).toBe(998);
        expect(outcome([wrong.slice(0, at), wrong.slice(at)])).toBe('refused: line-too-long');
      }
    }
  });

  it('SC-33, SC-30: the refusal says the line and what to do', () => {
    const second = `${HEAD}one\r\n${'x'.repeat(999)}`;
    expect(() => scan([second])).toThrow(/line 4: .*998 octets.*quoted-printable or base64/);
    expect(() => scan([`${HEAD}one\rtwo`])).toThrow(/line 3: .*carriage return/);
    expect(() => scan([`${HEAD}one\r\ntwo\0`])).toThrow(/line 4: .*NUL/);
  });

  it('SC-33: a line without end is refused before it is kept', () => {
    const scanner = createLineScan();
    expect(() => {
      for (let count = 0; count < 100; count += 1) scanner.push(Buffer.alloc(100, 120));
    }).toThrow(expect.objectContaining({ code: 'line-too-long' }));
  });

  it.each([
    ['a.b\r\n', true],
    ['.\r\n', false],
    ['a\n.b', false],
    ['a\r\n..\r\n', false],
    ['a .\r\n', true],
  ])('SC-31: in %j the fact that no line starts with a dot is %s', (body, dotFree) => {
    for (const chunks of splits(`${HEAD}${body}`)) expect(scan(chunks).facts.dotFree).toBe(dotFree);
  });

  it('SC-34: octets above 127 are told apart by header and body', () => {
    const facts = (header: string, body: string): Partial<ScanFacts> => {
      const [first, ...others] = splits(`Subject: ${header}\r\n\r\n${body}\r\n`).map(
        (chunks) => scan(chunks).facts,
      );
      for (const other of others) expect(other).toEqual(first);
      return first ?? {};
    };
    expect(facts('a', 'b')).toMatchObject({ eightBitHeader: false, eightBitBody: false });
    expect(facts('\xe5', 'b')).toMatchObject({ eightBitHeader: true, eightBitBody: false });
    expect(facts('a', '\xe5')).toMatchObject({ eightBitHeader: false, eightBitBody: true });
    expect(facts('\xe5', '\xff')).toMatchObject({ eightBitHeader: true, eightBitBody: true });
  });

  it('SC-46: size and hash are those of the canonical form, without stuffed dots', () => {
    const canonical = `${HEAD}.dot\r\nlast\r\n`;
    const { facts } = scan([HEAD, '.dot\nlast']);
    expect(facts.size).toBe(canonical.length);
    expect(facts.sha256).toBe(createHash('sha256').update(canonical).digest('hex'));
  });

  it('SC-46: a message over the limit is refused while it comes', () => {
    expect(outcome([HEAD, 'x\r\n'], { maxSize: HEAD.length + 3 })).toBe(`${HEAD}x\r\n`);
    expect(outcome([HEAD, 'x\r\n'], { maxSize: HEAD.length + 2 })).toBe('refused: message-too-big');
  });

  it('SC-36: the header is cut out up to the empty line, in canonical form, at every split', () => {
    const text = 'From: a@x.test\nTo: b@x.test\r\n\nbody\n\n\nmore';
    for (const chunks of splits(text)) {
      expect(scan(chunks).facts.header.toString()).toBe('From: a@x.test\r\nTo: b@x.test\r\n\r\n');
    }
    for (const chunks of splits('From: a@x.test')) {
      expect(scan(chunks).facts.header.toString()).toBe('From: a@x.test\r\n');
    }
    expect(scan(['\r\nbody']).facts.header.toString()).toBe('\r\n');
  });

  it('SC-36: a header without end is refused, not collected', () => {
    const line = `X-Filler: ${'x'.repeat(900)}\r\n`;
    expect(outcome(Array.from({ length: 300 }, () => line))).toBe('refused: message-malformed');
  });

  it('FAQ-10: canonical octets come out as the same memory, uncopied', () => {
    const chunk = Buffer.from(`${HEAD}body\r\n`);
    expect(createLineScan().push(chunk).buffer).toBe(chunk.buffer);
  });
});
