/**
 * A partner that takes one connection at a time, while this sender would like two: the mail waits for its turn on that one,
 * and nothing of it is put off.
 */
import { expect, it } from 'vitest';
import { compose, shapes } from './contents.js';
import { openMailbox } from './mailbox.js';
import { makeSender } from './senders.js';
import { readLog, startServer, stopServer } from './servers.js';
import { describeInterop, interop } from './suite.js';

const MESSAGES = 20;

describeInterop('a Postfix that takes one connection at a time', () => {
  // Without CHUNKING there is no window, so that a second connection is wished for.
  it.each([
    ['by DATA', 'smtpd_discard_ehlo_keywords=chunking;'],
    ['by BDAT', ''],
  ])('Q-5, SC-14: everything arrives at the first attempt %s', async (how, main) => {
    const { folder } = interop();
    const server = await startServer('postfix', folder, {
      INTEROP_MAIN: `${main}smtpd_client_connection_count_limit=1;smtpd_client_event_limit_exceptions=`,
    });
    const sender = makeSender(server, { perHost: 3, perDomain: 6 });
    try {
      const content = compose(shapes.plain, `crowded-${how.slice(3)}`, 3000);
      const receipts = await Promise.all(
        Array.from({ length: MESSAGES }, () =>
          sender.send({ from: 'anna@sender.test', to: 'bo@example.test', message: content.octets }),
        ),
      );
      const outcomes = (await Promise.all(receipts.map(({ attempted }) => attempted))).flat();
      expect(outcomes.map(({ state, reason }) => [state, reason])).toEqual(
        Array.from({ length: MESSAGES }, () => ['delivered', null]),
      );
      expect(await openMailbox(server).find(content.firstLine, MESSAGES)).toHaveLength(MESSAGES);
      if (main !== '') expect(readLog(server)).toContain('Connection concurrency limit exceeded');
    } finally {
      await sender.close();
      await stopServer(server, folder);
    }
  });
});
