/**
 * The transaction, against a server that says what it is told: order, groups, and a reply for each recipient.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { createContext } from '../../src/core/context.js';
import { parseEnvelope } from '../../src/message/envelope.js';
import { transact } from '../../src/smtp/transact.js';
import { type Bench, createBench, type Peer } from './scripted-server.js';
import {
  brief,
  envelopeOf,
  header,
  messageFrom,
  messageOf,
  openSession,
  readContent,
  secured,
  sendOnce,
  thenRset,
  transaction,
} from './session.js';

let bench: Bench;
beforeAll(async () => {
  bench = await createBench();
});

const MAIL = 'MAIL FROM:<a@sender.test>';
const RCPT = (n: number): string => `RCPT TO:<r${n}@partner.test>`;

describe('the order of commands', () => {
  it('SC-18, SC-27: MAIL, RCPT, DATA, and the content behind 354', async () => {
    const { results, heard, reusable } = await sendOnce(bench, transaction({ rcpt: ['250 ok', '250 ok'] }), {
      envelope: envelopeOf(2),
      message: await messageOf('.dot\r\n'),
    });
    expect(results.map(brief)).toEqual(['accepted@final:250', 'accepted@final:250']);
    expect(reusable).toBe(true);
    expect(heard.slice(0, 4)).toEqual([MAIL, RCPT(1), RCPT(2), 'DATA']);
    expect(heard.slice(-2)).toEqual(['..dot', '.']);
  });

  it('SC-38, SC-7: without PIPELINING inside TLS nothing is said before the reply to what was said', async () => {
    const early: string[] = [];
    const careful = async (peer: Peer, verb: string, reply: string): Promise<void> => {
      const line = await peer.line();
      expect(line.startsWith(verb)).toBe(true);
      for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      early.push(peer.rest);
      peer.send(reply);
    };
    await sendOnce(
      bench,
      async (peer) => {
        await careful(peer, 'MAIL', '250 ok\r\n');
        await careful(peer, 'RCPT', '250 ok\r\n');
        await careful(peer, 'RCPT', '250 ok\r\n');
        await careful(peer, 'DATA', '354 go\r\n');
        await readContent(peer);
        peer.send('250 taken\r\n');
      },
      { envelope: envelopeOf(2) },
    );
    expect(early).toEqual(['', '', '', '']);
  });

  it('SC-38, SC-27: with PIPELINING the envelope leaves in one group that DATA ends, and no content is in it', async () => {
    let group = '';
    const { results } = await sendOnce(
      bench,
      async (peer) => {
        const first = await peer.line();
        for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
        group = `${first}\r\n${peer.rest}`;
        for (const _ of ['RCPT', 'RCPT', 'DATA']) await peer.line();
        peer.send('250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n');
        await readContent(peer);
        peer.send('250 taken\r\n');
      },
      { keywords: ['PIPELINING'], envelope: envelopeOf(2) },
    );
    expect(group).toBe(`${MAIL}\r\n${RCPT(1)}\r\n${RCPT(2)}\r\nDATA\r\n`);
    expect(results.map(brief)).toEqual(['accepted@final:250', 'accepted@final:250']);
  });

  it('SC-18, SC-26: no recipient, no DATA; RSET gives the transaction up and the connection is good', async () => {
    const { heard, results, reusable } = await sendOnce(
      bench,
      async (peer) => {
        await peer.answer('MAIL', '250 ok\r\n');
        await peer.answer('RCPT', '550 no\r\n');
        await peer.answer('RCPT', '451 later\r\n');
        await peer.answer('RSET', '250 ok\r\n');
      },
      { envelope: envelopeOf(2) },
    );
    expect(results.map(brief)).toEqual(['refused@rcpt:550', 'refused@rcpt:451']);
    expect(heard).toEqual([MAIL, RCPT(1), RCPT(2), 'RSET']);
    expect(reusable).toBe(true);
  });

  it('SC-18: a connection on which RSET fails is not used again, and the results stand', async () => {
    for (const reset of ['500 what\r\n', '']) {
      const { results, reusable } = await sendOnce(bench, async (peer) => {
        await peer.answer('MAIL', '550 not you\r\n');
        await peer.line();
        if (reset === '') peer.socket.destroy();
        else {
          peer.send(reset);
          await peer.answer('QUIT', '221 bye\r\n');
        }
      });
      expect(results.map(brief)).toEqual(['refused@mail:550']);
      expect(reusable).toBe(false);
    }
  });

  it('SC-47: 452 and 552 to MAIL refuse all recipients, and no RCPT follows', async () => {
    for (const code of [452, 552]) {
      const { heard, results } = await sendOnce(
        bench,
        async (peer) => {
          await peer.answer('MAIL', `${code} no room\r\n`);
          await peer.answer('RSET', '250 ok\r\n');
        },
        { envelope: envelopeOf(2), keywords: ['SIZE 100000'] },
      );
      expect(results.map(brief)).toEqual([`refused@mail:${code}`, `refused@mail:${code}`]);
      expect(heard.at(-1)).toBe('RSET');
      expect(heard).toHaveLength(2);
    }
  });

  it('SC-47: a 250 to MAIL is no promise: 452 and 552 may come to RCPT, DATA and the dot', async () => {
    const late = async (replies: Parameters<typeof transaction>[0], rset: boolean): Promise<string[]> => {
      const script = rset ? thenRset(transaction(replies)) : transaction(replies);
      const { results } = await sendOnce(bench, script, { keywords: ['SIZE 100000', 'PIPELINING'] });
      return results.map(brief);
    };
    expect(await late({ rcpt: ['552 too big'], data: '503 no' }, true)).toEqual(['refused@rcpt:552']);
    expect(await late({ data: '452 no room' }, true)).toEqual(['refused@data:452']);
    expect(await late({ final: '552 too big' }, false)).toEqual(['refused@final:552']);
    expect(await late({ final: '452 no room' }, false)).toEqual(['refused@final:452']);
  });

  it('SC-46: a message over the limit of the EHLO inside TLS is not even begun', async () => {
    const { heard, results, reusable } = await sendOnce(bench, (peer) => peer.closed(), {
      keywords: ['SIZE 10'],
    });
    expect(results).toMatchObject([{ result: 'not-offered', reason: 'message-too-big', phase: 'mail' }]);
    expect(heard).toEqual([]);
    expect(reusable).toBe(true);
  });

  it('SC-48, SC-49, SC-34: what the server cannot take is not begun', async () => {
    const eightBit = await messageFrom(Buffer.concat([header, Buffer.from('å\r\n')]));
    const eightBitHeader = await messageFrom(Buffer.concat([Buffer.from('Subject: å\r\n'), header]));
    const utf8 = parseEnvelope({ from: 'a@sender.test', recipients: 'jürgen@partner.test' });
    for (const [options, reason] of [
      [{ message: eightBit }, '8bitmime-not-offered'],
      [{ message: eightBitHeader, keywords: ['8BITMIME'] }, 'smtputf8-header-not-offered'],
      [{ envelope: utf8, keywords: ['8BITMIME'] }, 'smtputf8-not-offered'],
    ] as const) {
      const { heard, results } = await sendOnce(bench, (peer) => peer.closed(), options);
      expect(results).toMatchObject([{ result: 'not-offered', reason }]);
      expect(heard).toEqual([]);
    }
  });

  it('SC-41: the next transaction begins with the receipt of the one before, without a pause or RSET', async () => {
    const script = async (peer: Peer): Promise<void> => {
      await transaction({ rcpt: Array.from({ length: 100 }, () => '250 ok') })(peer);
      await transaction({ rcpt: Array.from({ length: 50 }, () => '250 ok') })(peer);
    };
    const { results, heard } = await sendOnce(bench, script, {
      envelope: envelopeOf(150),
      keywords: ['PIPELINING'],
    });
    expect(results.every((each) => brief(each) === 'accepted@final:250')).toBe(true);
    const dots = heard.flatMap((line, i) => (line === '.' ? [heard[i + 1]] : []));
    expect(dots).toEqual([MAIL, undefined]);
  });
});

it('a pass that nobody issued opens nothing', async () => {
  await bench.against(
    secured([], (peer) => peer.closed()),
    async (server) => {
      const session = await openSession(server, bench);
      const forged = { ...session };
      await expect(transact(forged, envelopeOf(1), await messageOf(), createContext())).rejects.toMatchObject(
        {
          code: 'not-admitted',
        },
      );
      session.connection.destroy();
      expect(server.heard).toHaveLength(3);
    },
  );
});
