import { describe, expect, it } from 'vitest';
import { createReplyReader, type Reply } from './reply.js';

function readAll(...chunks: readonly string[]): {
  replies: Reply[];
  reason: string | null;
  empty: boolean;
} {
  const reader = createReplyReader();
  const replies: Reply[] = [];
  let reason: string | null = null;
  for (const chunk of chunks) {
    const found = reader.push(Buffer.from(chunk, 'latin1'));
    replies.push(...found.replies);
    reason ??= found.fault?.reason ?? null;
  }
  return { replies, reason, empty: reader.isEmpty() };
}

const codes = (...chunks: readonly string[]): readonly number[] =>
  readAll(...chunks).replies.map((reply) => reply.code);

describe('the grammar of replies', () => {
  it('SC-8: the text may lack, with and without the blank', () => {
    expect(readAll('250\r\n').replies).toEqual([{ code: 250, enhanced: null, lines: [''] }]);
    expect(readAll('250 \r\n').replies[0]?.lines).toEqual(['']);
    expect(readAll('250 ok\r\n').replies[0]?.lines).toEqual(['ok']);
  });

  it('SC-8: a line without three digits in front is no reply', () => {
    for (const line of ['25 ok', '2500 ok', 'ok', '', ' 250 ok', '250_ok', '-250 ok', '25a ok']) {
      expect(readAll(`${line}\r\n`).reason, line).toBe('reply-malformed');
    }
  });

  it('SC-8: a code whose second digit is beyond 5 is still read', () => {
    expect(codes('299 ok\r\n')).toEqual([299]);
  });

  it('SC-3: several lines are one reply, and the last one ends it', () => {
    const { replies } = readAll('220-mx.test\r\n220-take care\r\n220 ready\r\n');
    expect(replies).toEqual([{ code: 220, enhanced: null, lines: ['mx.test', 'take care', 'ready'] }]);
  });

  it('SC-8: a hyphen continues and the end of the line ends, also without text', () => {
    expect(readAll('250-\r\n250\r\n').replies[0]?.lines).toEqual(['', '']);
    expect(codes('250-a\r\n')).toEqual([]);
  });

  it('SC-9: two codes in one reply are a fault, and the reply is not given out', () => {
    const { replies, reason } = readAll('250-a\r\n550 b\r\n');
    expect(replies).toEqual([]);
    expect(reason).toBe('reply-malformed');
  });

  it('SC-10: codes outside of what is known are read as they are, for the caller to judge', () => {
    expect(codes('259 x\r\n459 x\r\n559 x\r\n199 x\r\n600 x\r\n')).toEqual([259, 459, 559, 199, 600]);
  });

  it('SC-39: several replies in one segment are several replies, in order', () => {
    expect(codes('250-a\r\n250 b\r\n354 go\r\n')).toEqual([250, 354]);
  });

  it('RFC 5321 §4.2: the same replies come out wherever the octets are cut', () => {
    const octets = '250-a\r\n250 b\r\n550 5.1.1 no\r\n';
    for (let first = 0; first <= octets.length; first += 1) {
      for (let second = first; second <= octets.length; second += 1) {
        const cut = [octets.slice(0, first), octets.slice(first, second), octets.slice(second)];
        expect(codes(...cut)).toEqual([250, 550]);
      }
    }
  });
});

describe('line ends', () => {
  it('SC-11: a bare line feed is a fault, not a line end', () => {
    expect(readAll('250 ok\n')).toMatchObject({ replies: [], reason: 'reply-malformed' });
    expect(readAll('250-a\n250 b\r\n')).toMatchObject({ replies: [], reason: 'reply-malformed' });
    expect(readAll('250 o', 'k\n').reason).toBe('reply-malformed');
  });

  it('SC-11: a bare carriage return is a fault, not a line end', () => {
    expect(codes('250 ok\r')).toEqual([]);
    expect(readAll('250 a\r250 b\r\n')).toMatchObject({ replies: [], reason: 'reply-malformed' });
    expect(readAll('250 a\r\r\n').reason).toBe('reply-malformed');
  });

  it('SC-11: what stood before the fault still counts', () => {
    expect(readAll('220 a\r\n250 b\n')).toMatchObject({
      replies: [{ code: 220 }],
      reason: 'reply-malformed',
    });
  });

  it('AT-11: an unfinished line is no reply', () => {
    expect(readAll('25')).toMatchObject({ replies: [], reason: null, empty: false });
    expect(readAll('250 ok\r')).toMatchObject({ replies: [], reason: null, empty: false });
  });

  it('ST-5, AT-2: the reader knows whether it holds octets, of half a line or of an unfinished reply', () => {
    expect(readAll('220 go\r\n').empty).toBe(true);
    expect(readAll('220 go\r\n2').empty).toBe(false);
    expect(readAll('220 go\r\n250-mx\r\n').empty).toBe(false);
  });
});

describe('bounds', () => {
  it('SC-12, AT-13: a line of 4096 octets is read and a longer one is refused', () => {
    expect(codes(`250 ${'x'.repeat(4092)}\r\n`)).toEqual([250]);
    expect(readAll(`250 ${'x'.repeat(4093)}\r\n`).reason).toBe('reply-too-long');
  });

  it('SC-12, AT-13: a line that never ends is refused before it ends', () => {
    expect(readAll('250 ', 'x'.repeat(4096)).reason).toBe('reply-too-long');
  });

  it('SC-12, AT-13: 128 lines are read and 129 are refused', () => {
    expect(codes(`${'250-x\r\n'.repeat(127)}250 x\r\n`)).toEqual([250]);
    expect(readAll(`${'250-x\r\n'.repeat(128)}250 x\r\n`)).toMatchObject({
      replies: [],
      reason: 'reply-too-long',
    });
  });

  it('SC-12, AT-13: a reply of more than 64 KiB is refused', () => {
    const line = `250-${'x'.repeat(3994)}\r\n`;
    expect(readAll(line.repeat(16)).reason).toBe(null);
    expect(readAll(line.repeat(17)).reason).toBe('reply-too-long');
  });

  it('SC-12: the count starts anew with each reply', () => {
    const reply = `${'250-x\r\n'.repeat(127)}250 x\r\n`;
    expect(codes(reply.repeat(3))).toEqual([250, 250, 250]);
  });
});

describe('enhanced status codes', () => {
  const enhanced = (line: string): string | null | undefined => readAll(`${line}\r\n`).replies[0]?.enhanced;

  it('SC-13: the code in front of the text is read', () => {
    expect(enhanced('550 5.1.1 no such user')).toBe('5.1.1');
    expect(enhanced('250 2.0.0')).toBe('2.0.0');
    expect(enhanced('451 4.123.999 later')).toBe('4.123.999');
  });

  it('SC-13: a class that is not the first digit of the reply is ignored', () => {
    expect(enhanced('550 4.1.1 x')).toBe(null);
    expect(enhanced('250 5.0.0 x')).toBe(null);
    expect(enhanced('354 3.0.0 x')).toBe(null);
  });

  it('SC-13: only a whole code at the start of the text counts', () => {
    expect(enhanced('550 5.1.1x no')).toBe(null);
    expect(enhanced('550 no 5.1.1')).toBe(null);
    expect(enhanced('550 5.1 no')).toBe(null);
    expect(enhanced('550 5.1.1234 no')).toBe(null);
  });
});
