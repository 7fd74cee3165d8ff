/**
 * examples/confirmations.mjs from end to end: what it asks for is on the wire, and what comes back is matched.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { composeDsn } from '../../src/dsn/compose.js';
import type { Mail } from '../../src/mail.js';
import type { Sender } from '../../src/sender.js';
import type { SenderOptions } from '../../src/sender-options.js';
import { createWorld } from '../../src/testing/world.js';
import { type BuiltPackage, buildPackage } from './built-package.js';

interface Remembered {
  readonly id: string;
  readonly envelopeId: string;
  readonly messageId: string;
  readonly recipients: readonly string[];
}
interface Example {
  sendWithConfirmations(sender: Sender, mail: object, secret: object, now: number): Promise<Remembered>;
  readConfirmation(
    octets: Uint8Array,
    envelope: object,
    find: (key: Record<string, string | null>) => Remembered | null,
    secret: object,
    now: number,
  ): { about: string | null; says: readonly string[]; proves: string };
}

let built: BuiltPackage;
beforeAll(async () => {
  built = await buildPackage();
});
afterAll(() => built.remove());

const secret = { address: 'bounces@bank.example', keys: ['0123456789abcdef0123456789abcdef'] };
const MESSAGE =
  'From: ops@bank.example\r\nTo: anna@partner.example, bo@partner.example\r\nSubject: Report\r\nDate: Fri, 01 Mar 2024 09:00:00 +0000\r\nMessage-ID: <m1@bank.example>\r\n\r\nHello\r\n';

it('BITS-5.3.4, DSN-1, DSN-50, DSN-60, DSN-63: asked for, received, matched', async () => {
  const example = await built.load<Example>('examples/confirmations.mjs');
  const { createSender } = await built.load<{ createSender: (options: SenderOptions) => Sender }>(
    'dist/index.js',
  );
  const world = await createWorld({ zones: { 'partner.example': { mx: ['mx1.partner.example'] } } });
  const sender = createSender(world.senderOptions({ work: 'on-send' }));
  const attempts: Promise<unknown>[] = [];
  const watched = {
    send: async (mail: Mail) => {
      const receipt = await sender.send(mail);
      attempts.push(receipt.attempted);
      return receipt;
    },
  } as Sender;
  try {
    const now = world.clock.now();
    const mail = {
      id: 'm1',
      messageId: '<m1@bank.example>',
      message: MESSAGE,
      to: ['anna@partner.example', 'bo@partner.example'],
      ask: ['bo@partner.example'],
    };
    const sent = await world.clock.until(example.sendWithConfirmations(watched, mail, secret, now));
    await world.clock.until(Promise.all(attempts));
    const { messages } = world.server('mx1.partner.example');
    expect(messages).toHaveLength(2);
    const asking = messages.filter(({ content }) =>
      content.toString().startsWith('Disposition-Notification-To: <bounces+m1-'),
    );
    expect(asking).toMatchObject([
      {
        from: { parameters: expect.arrayContaining(['RET=HDRS', 'ENVID=m1']) },
        recipients: [
          {
            address: 'bo@partner.example',
            parameters: ['NOTIFY=SUCCESS,FAILURE,DELAY', 'ORCPT=rfc822;bo@partner.example'],
          },
        ],
      },
    ]);
    expect(asking[0]?.content.toString()).toContain(MESSAGE);

    const find = (key: Record<string, string | null>): Remembered | null =>
      Object.entries(key).every(([name, value]) => sent[name as keyof Remembered] === value) ? sent : null;
    const returnPath = /<(bounces\+m1-[^>]+)>/.exec(asking[0]?.content.toString() ?? '')?.[1] ?? '';
    const read = (octets: Uint8Array, deliveredTo = returnPath) =>
      example.readConfirmation(octets, { deliveredTo, envelopeFrom: null }, find, secret, now);
    const dsn = composeDsn({
      reportingMta: 'mx1.partner.example',
      to: returnPath,
      recipients: [{ address: 'anna@partner.example', action: 'delivered', status: '2.1.5', reason: null }],
      original: { header: Buffer.from(MESSAGE), messageId: '<m1@bank.example>', envelopeId: 'm1' },
      now,
      messageId: '<r1@mx1.partner.example>',
    });
    expect(read(dsn)).toEqual({
      about: 'm1',
      says: ['anna@partner.example: delivered, success concerning the address: the address is right'],
      proves: expect.stringContaining('only this host can make'),
    });
    expect(read(dsn, 'bounces@bank.example')).toMatchObject({
      about: 'm1',
      proves: expect.stringContaining('ENVID'),
    });
    const receipt = Buffer.from(
      'Content-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n\r\n--b\r\n\r\nDisplayed.\r\n--b\r\nContent-Type: message/disposition-notification\r\n\r\nFinal-Recipient: rfc822; bo@partner.example\r\nOriginal-Message-ID: <m1@bank.example>\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\n\r\n--b--\r\n',
    );
    expect(read(receipt)).toMatchObject({ about: 'm1', says: ['bo@partner.example: displayed'] });
    expect(read(receipt, 'bounces@bank.example')).toMatchObject({
      about: 'm1',
      proves: expect.stringContaining('everybody knows'),
    });
    const forged = Buffer.from(receipt.toString().replace('<m1@', '<m2@'));
    expect(read(forged, 'bounces@bank.example')).toMatchObject({ about: null, says: [] });
    expect(read(Buffer.from('Subject: x\r\n\r\n'))).toMatchObject({ about: null, proves: /not multipart/ });
  } finally {
    await sender.close();
  }
});
