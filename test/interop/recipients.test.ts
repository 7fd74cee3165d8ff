/**
 * Who gets the message: some refused, many at once, and the reports that the servers themselves send back.
 */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Sender } from '../../src/sender.js';
import { compose, shapes } from './contents.js';
import { type Mailbox, openMailbox } from './mailbox.js';
import { makeSender, sendOnce } from './senders.js';
import { readLog, type ServerName } from './servers.js';
import { describeInterop, interop } from './suite.js';

describeInterop.each<ServerName>(['postfix', 'exim'])('%s and its recipients', (name) => {
  let sender: Sender;
  let mailbox: Mailbox;
  beforeAll(() => {
    sender = makeSender(interop()[name]);
    mailbox = openMailbox(interop()[name]);
  });
  afterAll(() => sender.close());

  it('SC-23, SC-24, Q-14: some are refused, each has an outcome of its own, the others get the message once', async () => {
    const content = compose(shapes.plain, 'partial', 3000);
    const to = ['a', 'reject', 'b', 'defer', 'full', 'c'].map((local) => `${local}@example.test`);
    const outcomes = await sendOnce(sender, { from: 'anna@sender.test', to, message: content.octets });
    expect(
      outcomes.map(({ recipient, state, reason, reply }) => [recipient, state, reason, reply?.code]),
    ).toEqual([
      ['a@example.test', 'delivered', null, 250],
      ['reject@example.test', 'failed', 'recipient-rejected', 550],
      ['b@example.test', 'delivered', null, 250],
      ['defer@example.test', 'deferred', 'recipient-deferred', 451],
      ['full@example.test', 'deferred', 'recipient-deferred', 452],
      ['c@example.test', 'delivered', null, 250],
    ]);
    const copies = await mailbox.find(content.firstLine, 3);
    expect(copies.map(({ recipient }) => recipient).sort()).toEqual([
      'a@example.test',
      'b@example.test',
      'c@example.test',
    ]);
  });

  it('SC-26: nobody is left, and no message is said', async () => {
    const content = compose(shapes.plain, 'nobody', 3000);
    const to = ['reject@example.test', 'defer@example.test'];
    const outcomes = await sendOnce(sender, { from: 'anna@sender.test', to, message: content.octets });
    expect(outcomes.map(({ state }) => state)).toEqual(['failed', 'deferred']);
    // The connection is in order: the next message goes through.
    const next = compose(shapes.plain, 'after-nobody', 3000);
    await sendOnce(sender, { from: 'anna@sender.test', to: 'bo@example.test', message: next.octets });
    expect((await mailbox.find(next.firstLine, 1)).length).toBe(1);
    await expect(mailbox.find(content.firstLine, 0)).resolves.toEqual([]);
  });

  it('SC-24, SC-38, SC-39: 200 recipients in two flights, three of them refused', async () => {
    const content = compose(shapes['leading dots'], 'many', 20_000);
    const refused = new Map([
      [17, 'reject@example.test'],
      [100, 'defer@example.test'],
      [150, 'full@example.test'],
    ]);
    const to = Array.from({ length: 200 }, (_, n) => refused.get(n) ?? `r${n}@example.test`);
    const lonely = makeSender(interop()[name]);
    const outcomes = await sendOnce(lonely, { from: 'anna@sender.test', to, message: content.octets });
    await lonely.close();
    expect(outcomes.map(({ recipient }) => recipient)).toEqual(to);
    const taken = to.filter((_, n) => !refused.has(n));
    const delivered = outcomes.filter(({ state }) => state === 'delivered');
    expect(delivered.map(({ recipient }) => recipient)).toEqual(taken);
    const copies = await mailbox.find(content.firstLine, taken.length);
    expect(copies.map(({ recipient }) => recipient).sort()).toEqual([...taken].sort());
    expect(copies.every(({ message }) => message.equals(content.stored))).toBe(true);
    if (name === 'exim') return;
    // Postfix counts the commands of each session and offers CHUNKING; two flights are two messages.
    await vi.waitFor(() => expect(readLog(interop().postfix)).toContain(' mail=2 rcpt=197/200 bdat=2 '));
    expect(readLog(interop().postfix)).not.toContain('improper command pipelining');
  });

  it('DSN-1, DSN-4, DSN-5, DSN-7: NOTIFY, ENVID and ORCPT come back in the report of the server', async () => {
    const content = compose(shapes.plain, 'notify', 3000);
    const envelopeId = `${name} a+b=c d`;
    const outcomes = await sendOnce(sender, {
      from: 'reports@example.test',
      to: [
        {
          address: 'x+y=z@example.test',
          notify: ['success'],
          originalRecipient: 'rfc822;x+y=z@example.test',
        },
        { address: 'quiet@example.test', notify: 'never' },
      ],
      ret: 'headers',
      envelopeId,
      message: content.octets,
    });
    expect(outcomes.map(({ state, dsnOffered }) => [state, dsnOffered])).toEqual([
      ['delivered', true],
      ['delivered', true],
    ]);
    // Postfix decodes what it was told, Exim shows it as it came.
    const [id, original] =
      name === 'postfix'
        ? [envelopeId, 'rfc822;x+y=z@example.test']
        : ['exim+20a+2Bb+3Dc+20d', 'rfc822;x+2By+3Dz@example.test'];
    const report = await mailbox.findReport('reports@example.test', [`: ${id}\n`]);
    expect(report).toMatch(/^Content-Type: multipart\/report;\s*report-type=delivery-status/im);
    expect(report.toLowerCase()).toContain(`\noriginal-envelope-id: ${id.toLowerCase()}\n`);
    expect(report.toLowerCase()).toContain(`\noriginal-recipient: ${original.toLowerCase()}\n`);
    expect(report).toMatch(/^Action: (?:delivered|relayed|expanded)$/im);
    expect(report).not.toContain('quiet@example.test');
    expect(report).not.toContain('the quick brown fox');
  });
});
