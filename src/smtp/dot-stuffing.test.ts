/**
 * The vectors of AT-20 and SC-31/SC-32, each cut at every position, and a check against a decoder that follows RFC 5321
 * §4.5.2 from the side of the receiver. smtp-server, an independent receiver, agrees in test/smtp/peer.test.ts.
 */
import { describe, expect, it } from 'vitest';
import { isConfigError } from '../core/errors.js';
import type { Proof } from '../message/proven.js';
import { createDotStuffer } from './dot-stuffing.js';

function encode(chunks: readonly string[]): string {
  const stuffer = createDotStuffer(null);
  const out: Uint8Array[] = [];
  for (const chunk of chunks) out.push(stuffer.push(Buffer.from(chunk, 'latin1')));
  out.push(stuffer.end());
  return Buffer.concat(out).toString('latin1');
}

/** Every way to cut `text` into up to three chunks, and octet by octet. */
function* cuts(text: string): Generator<readonly string[]> {
  for (let first = 0; first <= text.length; first += 1) {
    for (let second = first; second <= text.length; second += 1) {
      yield [text.slice(0, first), text.slice(first, second), text.slice(second)];
    }
  }
  yield text.split('');
}

/** What a receiver makes of it: RFC 5321 §4.5.2, written without the encoder in mind. */
function receive(wire: string): { content: string; rest: string } {
  let content = '';
  let at = 0;
  for (;;) {
    const end = wire.indexOf('\r\n', at);
    if (end < 0) throw new Error('the message never ends');
    const line = wire.slice(at, end);
    at = end + 2;
    if (line === '.') return { content, rest: wire.slice(at) };
    content += `${line.startsWith('.') ? line.slice(1) : line}\r\n`;
  }
}

describe('what goes on the wire', () => {
  const vectors: readonly (readonly [string, string])[] = [
    ['a\r\n', 'a\r\n.\r\n'],
    ['a', 'a\r\n.\r\n'],
    ['.\r\n', '..\r\n.\r\n'],
    ['a\r\n.b\r\n', 'a\r\n..b\r\n.\r\n'],
    ['..\r\n', '...\r\n.\r\n'],
    ['a\r\n\r\n', 'a\r\n\r\n.\r\n'],
    ['\r\n.\r\n.\r\n', '\r\n..\r\n..\r\n.\r\n'],
    ['a.b\r\nc.\r\n', 'a.b\r\nc.\r\n.\r\n'],
  ];
  for (const [content, wire] of vectors) {
    it(`SC-31, SC-32: ${JSON.stringify(content)} wherever it is cut`, () => {
      for (const chunks of cuts(content)) expect(encode(chunks), JSON.stringify(chunks)).toBe(wire);
    });
  }

  it('SC-31: the chunks a CR, LF dot, b', () => {
    expect(encode(['a\r', '\n.', 'b\r\n'])).toBe('a\r\n..b\r\n.\r\n');
  });

  it('SC-31: a chunk without anything to stuff goes through as it is, not copied', () => {
    const chunk = Buffer.from('Subject: x\r\n\r\nhello\r\n');
    const out = createDotStuffer(null).push(chunk);
    expect(out.buffer).toBe(chunk.buffer);
    expect(out).toEqual(chunk);
  });

  it('SC-31: a chunk of nothing but dots stays one chunk', () => {
    const out = createDotStuffer(null).push(Buffer.from('.\r\n'.repeat(20_000)));
    expect(Buffer.from(out).equals(Buffer.from('..\r\n'.repeat(20_000)))).toBe(true);
  });

  it('SC-32: a message of nothing is refused, since its dot would be all of it', () => {
    expect(() => encode([])).toThrow(expect.objectContaining({ code: 'message-malformed' }));
    expect(() => encode([''])).toThrow(expect.objectContaining({ code: 'message-malformed' }));
  });

  it('AT-20, SC-31: a receiver gets back what was sent and the command behind it stays content', () => {
    const evil = 'MAIL FROM:<evil@x.test>\r\n';
    for (const content of [
      `a\r\n.\r\n${evil}`,
      `.\r\n${evil}`,
      `a\r\n..\r\n${evil}`,
      `a\r\n.\r\n.\r\n${evil}`,
    ]) {
      for (const chunks of cuts(content)) {
        expect(receive(encode(chunks))).toEqual({ content, rest: '' });
      }
    }
  });
});

describe('what never leaves', () => {
  const vectors: readonly (readonly [string, string, string])[] = [
    ['LF dot LF', 'a\n.\n', 'message-malformed'],
    ['LF dot CRLF', 'a\n.\r\n', 'message-malformed'],
    ['CRLF dot LF', 'a\r\n.\n', 'message-malformed'],
    ['CR dot CR', 'a\r.\r', 'lone-cr'],
    ['CR dot CRLF', 'a\r.\r\n', 'lone-cr'],
    ['CRLF dot CR', 'a\r\n.\rb', 'lone-cr'],
    ['CRLF CR dot CRLF', 'a\r\n\r.\r\n', 'lone-cr'],
    ['CRLF dot NUL CRLF', 'a\r\n.\0\r\n', 'message-malformed'],
    ['a line feed in front', '\na\r\n', 'message-malformed'],
    ['CR at the very end', 'a\r', 'lone-cr'],
    ['CR CR LF', 'a\r\r\n', 'lone-cr'],
  ];
  for (const [name, octets, code] of vectors) {
    it(`SC-30, AT-20: ${name} is refused wherever it is cut`, () => {
      const content = octets === 'a\r' ? octets : `${octets}MAIL FROM:<evil@x.test>\r\n`;
      for (const chunks of cuts(content)) {
        expect(() => encode(chunks), JSON.stringify(chunks)).toThrow(expect.objectContaining({ code }));
      }
    });
  }
});

describe('octets of which something is known', () => {
  const wire = (proof: Proof | null, text: string): string => {
    const stuffer = createDotStuffer(proof);
    return `${Buffer.from(stuffer.push(Buffer.from(text))).toString()}${Buffer.from(stuffer.end()).toString()}`;
  };

  it('SC-31: lines that start with a dot are stuffed unless it is known that there are none', () => {
    expect(wire({ dotFree: false }, 'a\r\n.b\r\n')).toBe('a\r\n..b\r\n.\r\n');
    expect(wire({ dotFree: true }, 'a\r\nb\r\n')).toBe('a\r\nb\r\n.\r\n');
  });

  it('AT-20, SC-32: nothing known, nothing let through; of nothing at all there is no message either way', () => {
    for (const text of ['a\nb\r\n', 'a\rb\r\n', 'a\0\r\n']) {
      expect(() => wire(null, text)).toThrow(expect.toSatisfy(isConfigError));
    }
    for (const proof of [null, { dotFree: true }]) {
      expect(() => wire(proof, '')).toThrow(expect.toSatisfy(isConfigError));
    }
  });
});
