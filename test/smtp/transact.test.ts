/**
 * The transaction, against a server that says what it is told: order, groups, and a reply for each recipient.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { createContext } from '../../src/core/context.js';
import { parseEnvelope } from '../../src/message/envelope.js';
import { transact } from '../../src/smtp/transact.js';
import { type Bench, createBench, type Peer, type Script } from './scripted-server.js';
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
} from './session.js';

let bench: Bench;
beforeAll(async () => {
  bench = await createBench();
});

const MAIL = 'MAIL FROM:<a@sender.test>';
const RCPT = (n: number): string => `RCPT TO:<r${n}@partner.test>`;

/** Answers one transaction in order; `rcpt` gives the reply to each recipient. */
function transaction(
  replies: {
    readonly mail?: string;
    readonly rcpt?: readonly string[];
    readonly data?: string;
    readonly final?: string;
  } = {},
): (peer: Peer) => Promise<void> {
  return async (peer) => {
    await peer.answer('MAIL', `${replies.mail ?? '250 ok'}\r\n`);
    for (const reply of replies.rcpt ?? ['250 ok']) await peer.answer('RCPT', `${reply}\r\n`);
    const data = replies.data ?? '354 go';
    await peer.answer('DATA', `${data}\r\n`);
    if (!data.startsWith('354')) return;
    await readContent(peer);
    peer.send(`${replies.final ?? '250 taken'}\r\n`);
  };
}

/** One transaction, then RSET. */
const thenRset =
  (first: (peer: Peer) => Promise<void>): Script =>
  async (peer) => {
    await first(peer);
    await peer.answer('RSET', '250 ok\r\n');
  };

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

  it('SC-43, SC-44: CHUNKING is not used: DATA carries the message and BDAT is never said', async () => {
    const { heard, results } = await sendOnce(bench, transaction(), {
      keywords: ['CHUNKING', 'BINARYMIME'],
    });
    expect(results.map(brief)).toEqual(['accepted@final:250']);
    expect(heard.filter((line) => line.startsWith('DATA'))).toHaveLength(1);
    expect(heard.filter((line) => line.startsWith('BDAT'))).toEqual([]);
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

describe('a reply for each recipient', () => {
  it('SC-16, AT-6: 251 is success and 551 failure, and no address is taken from either', async () => {
    const script = transaction({
      rcpt: ['251 will forward to <evil@elsewhere.test>', '551 try <evil@elsewhere.test>'],
    });
    const { results, heard } = await sendOnce(bench, script, { envelope: envelopeOf(2) });
    expect(results.map(brief)).toEqual(['accepted@final:250', 'refused@rcpt:551']);
    expect(heard.join('\n')).not.toContain('elsewhere');
  });

  it('SC-10, SC-23: unknown codes count by their first digit', async () => {
    const script = transaction({ rcpt: ['259 ok', '459 later', '559 no'], final: '299 fine' });
    const { results } = await sendOnce(bench, script, { envelope: envelopeOf(3) });
    expect(results.map(brief)).toEqual(['accepted@final:299', 'refused@rcpt:459', 'refused@rcpt:559']);
  });

  it('SC-28: the last reply counts for all who were accepted', async () => {
    for (const code of [250, 451, 554]) {
      const { results } = await sendOnce(
        bench,
        transaction({ rcpt: ['250 ok', '550 no', '250 ok'], final: `${code} x` }),
        { envelope: envelopeOf(3), keywords: ['PIPELINING'] },
      );
      const all = `${code === 250 ? 'accepted' : 'refused'}@final:${code}`;
      expect(results.map(brief)).toEqual([all, 'refused@rcpt:550', all]);
    }
  });

  it('SC-39: grouped replies belong to commands by count, whatever they say and however they are cut', async () => {
    const octets = '250-2.1.0 one\r\n250 two\r\n550-RCPT 1\r\n550 no\r\n250 RCPT 2\r\n354-go\r\n354 on\r\n';
    const { results } = await sendOnce(
      bench,
      async (peer) => {
        for (let i = 0; i < 4; i += 1) await peer.line();
        for (const octet of octets) {
          peer.send(octet);
          await new Promise((resolve) => setImmediate(resolve));
        }
        await readContent(peer);
        peer.send('250 taken\r\n');
      },
      { envelope: envelopeOf(2), keywords: ['PIPELINING'] },
    );
    expect(results.map(brief)).toEqual(['refused@rcpt:550', 'accepted@final:250']);
  });

  it('SC-24: what was too many goes in a further transaction at once, in the order of the envelope', async () => {
    for (const tooMany of ['452 too many', '452 4.5.3 too many', '552 5.5.3 too many']) {
      const script = async (peer: Peer): Promise<void> => {
        await transaction({ rcpt: ['250 ok', '250 ok', tooMany, '550 no', tooMany] })(peer);
        await transaction({ rcpt: ['250 ok', '250 ok'], final: '250 again' })(peer);
      };
      const { results, heard } = await sendOnce(bench, script, {
        envelope: envelopeOf(5),
        keywords: ['ENHANCEDSTATUSCODES'],
      });
      const ok = 'accepted@final:250';
      expect(results.map(brief)).toEqual([ok, ok, ok, 'refused@rcpt:550', ok]);
      expect(results.map(({ recipient }) => recipient.address.path[1])).toEqual(['1', '2', '3', '4', '5']);
      expect(heard.filter((line) => line.startsWith('RCPT')).slice(5)).toEqual([RCPT(3), RCPT(5)]);
    }
  });

  it('SC-24: 452 for another reason, or to the only recipient, is left for later', async () => {
    const full = await sendOnce(bench, transaction({ rcpt: ['250 ok', '452 4.2.2 full'] }), {
      envelope: envelopeOf(2),
      keywords: ['ENHANCEDSTATUSCODES'],
    });
    expect(full.results.map(brief)).toEqual(['accepted@final:250', 'refused@rcpt:452']);
    const script: Script = async (peer) => {
      await peer.answer('MAIL', '250 ok\r\n');
      await peer.answer('RCPT', '452 too many\r\n');
      await peer.answer('RSET', '250 ok\r\n');
    };
    expect((await sendOnce(bench, script)).results.map(brief)).toEqual(['refused@rcpt:452']);
  });

  it('SC-24: never more than 100 recipients in a transaction, so 552 at the 101st costs nobody the mail', async () => {
    const limited = async (peer: Peer): Promise<void> => {
      for (const size of [100, 100, 1]) {
        await peer.answer('MAIL', '250 ok\r\n');
        for (let i = 0; i < size; i += 1) await peer.answer('RCPT', '250 ok\r\n');
        await peer.answer('DATA', '354 go\r\n');
        await readContent(peer);
        peer.send('250 taken\r\n');
      }
    };
    const { results } = await sendOnce(bench, limited, {
      envelope: envelopeOf(201),
      keywords: ['PIPELINING'],
    });
    expect(results.filter((each) => brief(each) === 'accepted@final:250')).toHaveLength(201);
  });
});

describe('354 without a recipient', () => {
  it('SC-40: a lone dot ends it, RSET follows, and nothing counts as delivered', async () => {
    for (const last of ['250 taken', '554 no valid recipients']) {
      const { results, heard, reusable } = await sendOnce(
        bench,
        async (peer) => {
          for (let i = 0; i < 4; i += 1) await peer.line();
          peer.send('250 ok\r\n550 no\r\n550 no\r\n354 go\r\n');
          await peer.answer('.', `${last}\r\n`);
          await peer.answer('RSET', '250 ok\r\n');
        },
        { envelope: envelopeOf(2), keywords: ['PIPELINING'] },
      );
      expect(results.map(brief)).toEqual(['refused@rcpt:550', 'refused@rcpt:550']);
      expect(heard).toEqual([MAIL, RCPT(1), RCPT(2), 'DATA', '.', 'RSET']);
      expect(reusable).toBe(true);
    }
  });

  it('SC-40: the same where MAIL itself was refused', async () => {
    const { results, heard } = await sendOnce(
      bench,
      async (peer) => {
        for (let i = 0; i < 3; i += 1) await peer.line();
        peer.send('550 not you\r\n503 no\r\n354 go\r\n');
        await peer.answer('.', '250 taken\r\n');
        await peer.answer('RSET', '250 ok\r\n');
      },
      { keywords: ['PIPELINING'] },
    );
    expect(results.map(brief)).toEqual(['refused@mail:550']);
    expect(heard.slice(-2)).toEqual(['.', 'RSET']);
  });

  it('SC-40: a refused DATA is followed by RSET alone', async () => {
    const script = thenRset(transaction({ rcpt: ['550 no'], data: '554 no valid recipients' }));
    const { heard } = await sendOnce(bench, script, { keywords: ['PIPELINING'] });
    expect(heard.slice(-2)).toEqual(['DATA', 'RSET']);
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
