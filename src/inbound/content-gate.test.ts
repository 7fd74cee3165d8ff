import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { passContent } from './content-gate.js';
import { accepted, type Refusal } from './session.js';
import { inboundSessionOf } from './smtp-server.js';

interface Passed {
  readonly refusal: Refusal | null;
  /** Header sections that were judged. */
  readonly judged: string[];
  /** What the host got, to its end; null: it got nothing, or not all. */
  readonly taken: string | null;
}

/** Passes content that comes in these pieces. */
async function pass(...pieces: string[]): Promise<Passed> {
  const judged: string[] = [];
  let taken: string | null = null;
  const refusal = await passContent(Readable.from(pieces.map((piece) => Buffer.from(piece, 'latin1'))), {
    judgeHeader: (header) => {
      judged.push(header.toString('latin1'));
      return Promise.resolve(accepted());
    },
    fields: 'X: y\r\n',
    take: (stream: PassThrough) =>
      new Promise((resolve) => {
        let text = '';
        stream.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
        stream.on('end', () => {
          taken = text;
          resolve();
        });
        stream.on('error', () => undefined);
      }),
  });
  return { refusal, judged, taken };
}

describe('the header of a message', () => {
  it.each([
    ['in one piece', ['A: b\r\n\r\nbody\r\n'], 'A: b\r\n'],
    ['cut within its end', ['A: b\r', '\n\r', '\nbody\r\n'], 'A: b\r\n'],
    ['octet by octet', 'A: b\r\nC: d\r\n\r\nx\r\n\r\n'.split(''), 'A: b\r\nC: d\r\n'],
    ['without a body', ['A: b\r\n'], 'A: b\r\n'],
    ['without fields', ['\r\nA: b\r\n\r\nC: d\r\n'], ''],
    ['without fields, octet by octet', '\r\nA: b\r\n\r\nC: d\r\n'.split(''), ''],
    ['without anything', [], ''],
  ])('ING-7, FAQ-10: %s is judged once, and all goes on', async (_title, pieces, header) => {
    expect(await pass(...pieces)).toEqual({
      refusal: null,
      judged: [header],
      taken: `X: y\r\n${pieces.join('')}`,
    });
  });

  it('ING-7: an empty first line ends it at once: nothing waits for a body', async () => {
    const content = new PassThrough();
    const judged = new Promise<string>((resolve) => {
      void passContent(content, {
        judgeHeader: (header) => {
          resolve(header.toString());
          return Promise.resolve(accepted());
        },
        fields: '',
        take: () => Promise.resolve(),
      });
    });
    content.write('\r\nbody');
    expect(await judged).toBe('');
    content.end();
  });
});

describe('content that breaks a rule', () => {
  it.each([
    ['a lone LF', ['A: b\r\n\r\nx\ny\r\n']],
    ['a CR at the very end', ['A: b\r\n\r\nx\r\n', '\r']],
  ])('ING-12: %s is refused, and the host gets no end', async (_title, pieces) => {
    const { refusal, taken } = await pass(...pieces);
    expect([refusal?.code, refusal?.reason, taken]).toEqual([550, 'line-ends', null]);
  });

  it("ING-1: a message that breaks off is nobody's", async () => {
    const content = new PassThrough();
    const passed = passContent(content, {
      judgeHeader: null,
      fields: '',
      take: (stream) => new Promise((resolve) => void stream.on('end', resolve).resume()),
    });
    content.write('A: b\r\n');
    content.destroy(new Error('the client has left'));
    await expect(passed).rejects.toThrow('the client has left');
  });
});

it('ING-3: TLS that no hook has seen is of an unknown kind', () => {
  const session = { remoteAddress: '192.0.2.9', hostNameAppearsAs: false, secure: true } as const;
  expect(inboundSessionOf(session)).toEqual({
    ip: '192.0.2.9',
    ehlo: '',
    tls: { protocol: 'unknown', cipher: 'unknown' },
  });
});
