/**
 * Transactions that break: what was answered stands, what was not is lost, and what was complete is unknown.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Message } from '../../src/message/source.js';
import { type Bench, createBench, type Peer } from './scripted-server.js';
import { brief, envelopeOf, messageOf, readContent, rest, sendOnce, until } from './session.js';

let bench: Bench;
beforeAll(async () => {
  bench = await createBench();
});

const GROUPS = [[], ['PIPELINING']] as const;
/** Large enough that the server has the first line long before the client has written the last. */
const large = (): Promise<Message> => messageOf('x'.repeat(70).concat('\r\n').repeat(100_000));

describe('a lost connection', () => {
  for (const [step, result] of [
    ['mail', 'lost@mail:connection-closed'],
    ['rcpt', 'lost@rcpt:connection-closed'],
    ['data', 'lost@data:connection-closed'],
    ['content', 'lost@data:connection-closed'],
    ['final', 'unknown@final:delivery-unknown'],
  ] as const) {
    it(`SC-15, Q-15, AT-11: at the step "${step}" it is ${result}`, async () => {
      for (const keywords of GROUPS) {
        for (const end of [
          (peer: Peer) => void peer.socket.destroy(),
          (peer: Peer) => void peer.socket.resetAndDestroy(),
          (peer: Peer) => void peer.layer.end(),
          // Half a reply is none.
          (peer: Peer) => void peer.layer.end('25'),
        ]) {
          const { results, reusable } = await sendOnce(bench, until(step, end), {
            keywords,
            message: step === 'content' ? await large() : await messageOf(),
          });
          // Octets that nobody has asked for are another fault than their lack.
          expect(brief(results[0] as never).replace('unsolicited-reply', 'connection-closed')).toBe(result);
          expect(reusable).toBe(false);
        }
      }
    });
  }

  it('SC-23, Q-15: who was refused before the loss stays refused', async () => {
    for (const keywords of GROUPS) {
      for (const afterDot of [true, false]) {
        const { results } = await sendOnce(
          bench,
          async (peer) => {
            await peer.line();
            peer.send('250 ok\r\n');
            await peer.line();
            peer.send('550 no\r\n');
            await peer.line();
            peer.send('250 ok\r\n');
            await peer.line();
            if (afterDot) {
              peer.send('354 go\r\n');
              await readContent(peer);
            }
            await rest();
            peer.socket.destroy();
          },
          { keywords, envelope: envelopeOf(2) },
        );
        const second = afterDot ? 'unknown@final:delivery-unknown' : 'lost@data:connection-closed';
        expect(results.map(brief)).toEqual(['refused@rcpt:550', second]);
      }
    }
  });

  it('SC-24, Q-14: what a further transaction loses does not touch the one before', async () => {
    const { results } = await sendOnce(
      bench,
      async (peer) => {
        for (let i = 0; i < 102; i += 1) await peer.line();
        peer.send(`${'250 ok\r\n'.repeat(101)}354 go\r\n`);
        await readContent(peer);
        peer.send('250 taken\r\n');
        await peer.line();
        peer.socket.destroy();
      },
      { keywords: ['PIPELINING'], envelope: envelopeOf(250) },
    );
    expect(new Set(results.slice(0, 100).map(brief))).toEqual(new Set(['accepted@final:250']));
    expect(new Set(results.slice(100).map(brief))).toEqual(new Set(['lost@mail:connection-closed']));
    expect(results).toHaveLength(250);
  });
});

describe('421', () => {
  for (const [step, result] of [
    ['mail', 'refused@mail:421'],
    ['rcpt', 'refused@rcpt:421'],
    ['data', 'refused@data:421'],
    ['content', 'lost@data:peer-busy'],
    ['final', 'refused@final:421'],
  ] as const) {
    it(`SC-14: at the step "${step}" it ends the session: ${result}`, async () => {
      for (const keywords of GROUPS) {
        for (const closes of [true, false]) {
          const { results, reusable, heard } = await sendOnce(
            bench,
            until(step, async (peer) => {
              peer.send('421 4.3.2 closing\r\n');
              if (closes) peer.layer.end();
              else if (step !== 'content') {
                while ((await peer.line()) !== 'QUIT');
                peer.layer.end('221 bye\r\n');
              }
            }),
            { keywords, message: step === 'content' ? await large() : await messageOf() },
          );
          expect(results.map(brief)).toEqual([result]);
          expect(reusable).toBe(false);
          expect(heard).not.toContain('RSET');
        }
      }
    });
  }

  it('SC-14: 421 to one recipient ends it for all who were not refused before', async () => {
    for (const keywords of GROUPS) {
      const { results } = await sendOnce(
        bench,
        async (peer) => {
          for (const reply of ['250 ok', '250 ok', '550 no', '421 bye']) {
            await peer.line();
            peer.send(`${reply}\r\n`);
          }
          peer.layer.end();
        },
        { keywords, envelope: envelopeOf(4) },
      );
      expect(results.map(brief)).toEqual([
        'refused@rcpt:421',
        'refused@rcpt:550',
        'refused@rcpt:421',
        'refused@rcpt:421',
      ]);
    }
  });
});

describe('replies that do not fit', () => {
  for (const [step, reply, result] of [
    ['mail', '199 what', 'lost@mail:reply-mismatch'],
    ['mail', '600 what', 'lost@mail:reply-mismatch'],
    ['mail', '000 what', 'lost@mail:reply-mismatch'],
    ['mail', '354 go', 'lost@mail:reply-mismatch'],
    ['mail', '503 a transaction is open', 'lost@mail:reply-mismatch'],
    ['rcpt', '199 what', 'lost@rcpt:reply-mismatch'],
    ['rcpt', '354 go', 'lost@rcpt:reply-mismatch'],
    ['data', '199 what', 'lost@data:reply-mismatch'],
    ['data', '250 ok', 'lost@data:reply-mismatch'],
    ['data', '334 go', 'lost@data:reply-mismatch'],
    ['final', '199 what', 'unknown@final:delivery-unknown'],
    ['final', '354 go', 'unknown@final:delivery-unknown'],
    ['mail', '250-ok\r\n550 no', 'lost@mail:reply-malformed'],
    ['rcpt', '250-ok\r\n251 ok', 'lost@rcpt:reply-malformed'],
    ['rcpt', 'ok', 'lost@rcpt:reply-malformed'],
    ['final', '250-ok\r\n550 no', 'unknown@final:delivery-unknown'],
  ] as const) {
    it(`SC-10, SC-9, SC-27, AT-3, AT-7: ${JSON.stringify(reply)} at the step "${step}" is ${result}`, async () => {
      for (const keywords of GROUPS) {
        const { results, reusable } = await sendOnce(
          bench,
          until(step, (peer) => peer.send(`${reply}\r\n`)),
          { keywords },
        );
        expect(results.map(brief)).toEqual([result]);
        expect(reusable).toBe(false);
      }
    });
  }

  it('AT-7, SC-39: one reply too many never stands for the receipt', async () => {
    for (const keywords of GROUPS) {
      for (const extra of ['250 ok\r\n', '250 ok\r\n250 queued\r\n']) {
        const { results, heard } = await sendOnce(
          bench,
          until('rcpt', (peer) => peer.send(`250 ok\r\n${extra}`)),
          { keywords },
        );
        expect(results[0]?.result).toBe('lost');
        expect(['reply-mismatch', 'unsolicited-reply']).toContain(results[0]?.reason);
        expect(heard).not.toContain('.');
      }
    }
  });

  it('AT-7: a receipt that comes with the 354 is no receipt', async () => {
    const { results, heard } = await sendOnce(
      bench,
      until('data', (peer) => peer.send('354 go\r\n250 taken\r\n')),
    );
    expect(results.map(brief)).toEqual(['lost@data:unsolicited-reply']);
    expect(heard).not.toContain('.');
  });
});
