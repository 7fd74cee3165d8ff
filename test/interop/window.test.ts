/**
 * Messages written ahead of their replies to the real Postfix and the real Exim, over a long line, some refused in the
 * middle: each that is stored has its own sender, its own recipients and its own body, once, and each outcome says so.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Outcome } from '../../src/deliver/outcome.js';
import { compose, shapes } from './contents.js';
import { type Line, openLine } from './line.js';
import { makeSender } from './senders.js';
import { type MailServer, readLog, type ServerName, startServer, stopServer } from './servers.js';
import { describeInterop, interop } from './suite.js';

const MESSAGES = 500;
const DELAY_MS = 10;

/** One file of a store. */
interface Copy {
  readonly from: string;
  readonly to: string;
  /** Number of the message, and its octets from its first field on. */
  readonly n: number;
  readonly message: string;
}

function readStore({ maildir }: MailServer): Copy[] {
  return readdirSync(maildir).map((name) => {
    const text = readFileSync(join(maildir, name), 'latin1');
    const at = text.search(/^X-Interop: /m);
    return {
      from: /^Return-path: <(.*)>$/im.exec(text)?.[1] ?? '?',
      to: /^(?:Delivered-To|Envelope-to): (.*)$/im.exec(text)?.[1] ?? '?',
      n: Number(/^X-Interop: \D+(\d+)$/m.exec(text)?.[1]),
      message: text.slice(at),
    };
  });
}

async function waitForStore(server: MailServer, count: number): Promise<Copy[]> {
  const isThere = (): void => expect(readdirSync(server.maildir).length).toBeGreaterThanOrEqual(count);
  await vi.waitFor(isThere, { timeout: 240_000, interval: 100 });
  return readStore(server);
}

const mailOf = (name: string, n: number) => {
  const content = compose(shapes['leading dots'], `${name}.window.${n}`, 1500 + (n % 13) * 100);
  const to =
    n % 5 === 0
      ? ['reject@example.test']
      : n % 11 === 0
        ? [`r${n}@example.test`, 'reject@example.test', `q${n}@other.test`]
        : [`r${n}@example.test`];
  return { content, from: n % 7 === 0 ? 'refused@sender.test' : `s${n}@sender.test`, to };
};

/** What must become of a recipient of message n. */
function fateOf(n: number, recipient: string): string {
  if (n % 7 === 0) return 'failed sender-rejected 550';
  return recipient.startsWith('reject@') ? 'failed recipient-rejected 550' : 'delivered null 250';
}

const fate = ({ recipient, state, reason, reply }: Outcome): string =>
  `${recipient} ${state} ${reason} ${reply?.code}`;

describeInterop.each<ServerName>(['postfix', 'exim'])('%s and a window', (name) => {
  let server: MailServer;
  let line: Line;
  beforeAll(async () => {
    server = await startServer(name, interop().folder);
    line = await openLine(server, DELAY_MS);
  });
  afterAll(async () => {
    await line.close();
    await stopServer(server, interop().folder);
  });

  it('SC-54, SC-43, SC-41, SC-18: 500 messages, every fifth without a recipient, every seventh without a sender', async () => {
    const sender = makeSender(line.server);
    const mails = Array.from({ length: MESSAGES }, (_, n) => mailOf(name, n));
    try {
      const receipts = await Promise.all(
        mails.map(({ from, to, content }) => sender.send({ from, to, message: content.octets })),
      );
      const outcomes = await Promise.all(receipts.map(({ attempted }) => attempted));
      // One domain after the other.
      expect(outcomes.map((each) => each.map(fate).toSorted())).toEqual(
        mails.map(({ to }, n) => to.map((recipient) => `${recipient} ${fateOf(n, recipient)}`).toSorted()),
      );
    } finally {
      await sender.close();
    }
    const expected = mails.flatMap(({ from, to, content }, n) =>
      to
        .filter((recipient) => fateOf(n, recipient).startsWith('delivered'))
        .map((recipient) => ({ from, to: recipient, n, message: content.stored.toString('latin1') })),
    );
    const copies = await waitForStore(server, expected.length);
    const inOrder = (all: readonly Copy[]): Copy[] =>
      all.toSorted((a, b) => a.n - b.n || (a.to < b.to ? -1 : 1));
    expect(inOrder(copies)).toEqual(inOrder(expected));
    // More than one message was under way at a time.
    expect(line.longestBurst).toBeGreaterThan(1.5 * 2500);
  }, 120_000);
});

describeInterop('Exim takes 1,000 messages on a connection', () => {
  it('SC-54, SC-14, CV-14: 5,000 go through at the first attempt, and each is there once', async () => {
    const server = await startServer('exim', interop().folder);
    const line = await openLine(server, DELAY_MS);
    const sender = makeSender(line.server);
    try {
      const receipts = await Promise.all(
        Array.from({ length: 5000 }, (_, n) =>
          sender.send({
            from: `s${n}@sender.test`,
            to: `r${n}@example.test`,
            message: compose(shapes.plain, `limit.${n}`, 800).octets,
          }),
        ),
      );
      const outcomes = (await Promise.all(receipts.map(({ attempted }) => attempted))).flat();
      expect(outcomes.filter(({ state }) => state !== 'delivered').map(fate)).toEqual([]);
      const copies = await waitForStore(server, 5000);
      expect(copies.map(({ n, from, to }) => `${n} ${from} ${to}`).toSorted()).toEqual(
        Array.from({ length: 5000 }, (_, n) => `${n} s${n}@sender.test r${n}@example.test`).toSorted(),
      );
      expect(readLog(server)).toContain('too many messages');
      // More than lock-step ever has on its way; how much more depends on how busy the machine is.
      expect(line.longestBurst).toBeGreaterThan(3 * 900);
    } finally {
      await sender.close();
      await line.close();
      await stopServer(server, interop().folder);
    }
  }, 400_000);
});
