/**
 * A reply for each recipient: by count, by code, and what becomes of those whom the server would not take together.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { type Bench, createBench, type Peer, type Script } from './scripted-server.js';
import { brief, envelopeOf, readContent, sendOnce, thenRset, transaction } from './session.js';

let bench: Bench;
beforeAll(async () => {
  bench = await createBench();
});

const MAIL = 'MAIL FROM:<a@sender.test>';
const RCPT = (n: number): string => `RCPT TO:<r${n}@partner.test>`;

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

  it('SC-24, SC-38: nobody else may write on the connection before the last of its transactions is written', async () => {
    let done = 0;
    const seen: number[] = [];
    const sharing = { pass: () => void seen.push(done) };
    const script = async (peer: Peer): Promise<void> => {
      await transaction({ rcpt: ['250 ok', '452 too many', '452 too many'] })(peer);
      done += 1;
      await transaction({ rcpt: ['250 ok', '452 too many'] })(peer);
      done += 1;
      await transaction({ rcpt: ['250 ok'] })(peer);
    };
    const keywords = ['PIPELINING'];
    const { results } = await sendOnce(bench, script, { envelope: envelopeOf(3), keywords, sharing });
    expect(results.map(brief)).toEqual(Array(3).fill('accepted@final:250'));
    expect(seen).toEqual([2]);
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

  it('SC-40, SC-39: the same where MAIL itself was refused, and the replies behind it are read', async () => {
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
