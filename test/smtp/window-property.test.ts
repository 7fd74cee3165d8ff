/**
 * The window under all replies that there are, in pieces and broken off anywhere: the whole line from a mail to its outcome
 * against a server that knows what it has taken.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createEngine } from '../../src/engine.js';
import { createFakeClock } from '../../src/testing/clock.js';
import { createZoneResolver } from '../../src/testing/zones.js';
import { type Act, createWindowServer, type ServerScript } from './window-server.js';

const KEYWORDS = ['PIPELINING', 'CHUNKING', 'SIZE', '8BITMIME', 'ENHANCEDSTATUSCODES'];
/** The more it takes, the wider the window opens. */
const actOf = (taken: number): fc.Arbitrary<Act> =>
  fc.oneof(
    { weight: taken, arbitrary: fc.constant<Act>('take') },
    {
      weight: 8,
      arbitrary: fc.constantFrom<Act>('defer', 'refuse', 'goodbye', 'drop before', 'drop after', 'nonsense'),
    },
    { weight: 2, arbitrary: fc.constant<Act>('take against itself') },
  );
const acts = fc
  .constantFrom(60, 300, 1000)
  .chain((taken) => fc.array(actOf(taken), { maxLength: 400, size: 'max' }));
const script: fc.Arbitrary<ServerScript> = fc.record({
  keywords: fc.oneof(
    { weight: 8, arbitrary: fc.constant(KEYWORDS) },
    { weight: 2, arbitrary: fc.subarray(KEYWORDS) },
  ),
  acts,
  splits: fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 6 }),
});
const mail = fc.record({
  recipients: fc.integer({ min: 1, max: 3 }),
  lines: fc.oneof({ weight: 19, arbitrary: fc.nat(40) }, { weight: 1, arbitrary: fc.constant(5000) }),
});

function contentOf(id: number, lines: number): string {
  const header = `Date: Wed, 25 Nov 2026 10:00:00 +0000\r\nFrom: a@sender.test\r\nMessage-ID: <${id}@sender.test>\r\n\r\n`;
  return `${header}${`.${id} ${'x'.repeat(60)}\r\n`.repeat(lines)}`;
}

interface Run {
  readonly script: ServerScript;
  readonly mails: readonly { readonly recipients: number; readonly lines: number }[];
  readonly window: number;
  readonly perHost: number;
}

/** Sends all mails at the same time; what became of each, beside what the server has. */
async function play({ script: given, mails, window, perHost }: Run) {
  const server = createWindowServer(given);
  const engine = createEngine({
    ehloName: 'out.sender.test',
    default: 'plain',
    clock: createFakeClock(),
    resolver: createZoneResolver({
      'partner.test': { mx: ['mx.partner.test'] },
      'mx.partner.test': { a: ['192.0.2.1'] },
    }),
    allowPrivateAddresses: true,
    dial: () => server.dial(),
    window,
    perHost,
  });
  const sent = await Promise.all(
    mails.map(async ({ recipients, lines }, id) => {
      const to = Array.from({ length: recipients }, (_, i) => `r${i}.${id}@partner.test`);
      const from = `s${id}@sender.test`;
      const content = contentOf(id, lines);
      const records = await engine.deliverOnce({ from, to, message: Buffer.from(content) });
      return { from, content, outcomes: records.flatMap(({ outcomes }) => outcomes) };
    }),
  );
  await engine.close();
  return { server, sent };
}

it('SC-54, SC-39, Q-15: nothing is reported delivered that was not taken, nothing is lost, nothing goes out twice', async () => {
  let deepest = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        script,
        mails: fc.array(mail, { minLength: 1, maxLength: 60, size: 'max' }),
        window: fc.oneof(
          { weight: 3, arbitrary: fc.constant(16) },
          { weight: 1, arbitrary: fc.integer({ min: 1, max: 16 }) },
        ),
        perHost: fc.integer({ min: 1, max: 3 }),
      }),
      async (run) => {
        const { server, sent } = await play(run);
        deepest = Math.max(deepest, server.deepest);
        expect(server.offences).toEqual([]);
        expect(server.deepest).toBeLessThanOrEqual(run.window);
        for (const { from, content, outcomes } of sent) {
          const copies = server.taken.filter((each) => each.content === content);
          for (const { recipient, state } of outcomes) {
            const own = copies.filter((each) => !each.against && each.to.includes(recipient));
            expect(own.every((each) => each.from === from)).toBe(true);
            if (state === 'unknown') expect(own.length).toBeLessThanOrEqual(1);
            else expect([recipient, own.length]).toEqual([recipient, state === 'delivered' ? 1 : 0]);
          }
          expect(outcomes.length).toBeGreaterThan(0);
        }
        // Every content that came is that of some mail, whole and unchanged.
        const contents = new Set(sent.map(({ content }) => content));
        expect(server.taken.every((each) => each.against || contents.has(each.content))).toBe(true);
      },
    ),
    { numRuns: 100 },
  );
  // The window was really open in some of these.
  expect(deepest).toBeGreaterThan(8);
}, 120_000);
