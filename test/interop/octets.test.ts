/**
 * Messages of every shape and size, delivered to the real Postfix and the real Exim over verified STARTTLS, and read back
 * from where they stored them: not one octet differs.
 */
import { createReadStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { MessageInput } from '../../src/message/source.js';
import type { Sender } from '../../src/sender.js';
import { compose, type Content, type Shape, type ShapeName, shapes } from './contents.js';
import { difference, type Mailbox, openMailbox } from './mailbox.js';
import { makeSender, sendOnce } from './senders.js';
import type { ServerName } from './servers.js';
import { readLog } from './servers.js';
import { describeInterop, interop } from './suite.js';

/** Around the block of 64 KiB in which messages are read and written, and a hundred times less and more. */
const SIZES = [1_000, 16_383, 65_537, 300_000, 1_000_000];
const LARGEST = 25_000_000;

/** Ways to hand over the same octets; each test takes the next one. */
const FORMS: readonly (readonly [string, (octets: Buffer, path: string) => MessageInput])[] = [
  ['octets', (octets) => octets],
  ['a file', (_, path) => ({ path })],
  ['a function', (_, path) => () => createReadStream(path, { highWaterMark: 1000 })],
  ['a stream', (_, path) => createReadStream(path)],
];

const cases = (Object.keys(shapes) as ShapeName[]).flatMap((shape, row) =>
  SIZES.map((size, column) => ({
    shape,
    size,
    form: FORMS[(row + column) % FORMS.length] as (typeof FORMS)[number],
  })),
);
const large = (['lines of 998 octets behind a dot', '8-bit, UTF-8'] as const).map((shape) => ({
  shape,
  size: LARGEST,
  form: FORMS[1] as (typeof FORMS)[number],
}));

/** Senders and recipients that are more than letters. */
const ADDRESSES: readonly {
  readonly title: string;
  readonly from: string;
  readonly to: string;
  readonly header?: string;
}[] = [
  { title: 'SC-22: nobody as sender', from: '', to: 'bo@example.test' },
  { title: 'a quoted local part', from: '"a.. b"@sender.test', to: '"Bo \\"B\\" C"@example.test' },
  { title: 'all signs of an atom', from: "a!#$%&'*+-/=?^_`{|}~z@sender.test", to: 'b+tag=x@example.test' },
  { title: 'SC-49: letters beyond ASCII in front of the @', from: 'åsa@sender.test', to: 'bö@example.test' },
  { title: 'SC-50: letters beyond ASCII behind the @ alone', from: 'a@sender.test', to: 'bo@bücher.test' },
  { title: 'SC-49: letters beyond ASCII on both sides', from: 'åsa@bücher.test', to: '用户@bücher.test' },
  {
    title: 'SC-49: letters beyond ASCII in the header',
    from: 'a@sender.test',
    to: 'bo@example.test',
    header: 'X-Name: Åsa Öberg 用户',
  },
];

describeInterop.each<ServerName>(['postfix', 'exim'])('%s stores what was sent', (name) => {
  let sender: Sender;
  let mailbox: Mailbox;
  beforeAll(() => {
    sender = makeSender(interop()[name]);
    mailbox = openMailbox(interop()[name]);
  });
  afterAll(() => sender.close());

  /** Sends one message; the copy that the server has stored. */
  async function deliver(content: Content, message: MessageInput, from: string, to: string) {
    const [outcome] = await sendOnce(sender, { from, to, message });
    expect(outcome).toMatchObject({ state: 'delivered', reason: null });
    expect(outcome?.verdict).toMatchObject({
      encrypted: true,
      authenticated: true,
      identity: 'mx.example.test',
    });
    const [stored, ...more] = await mailbox.find(content.firstLine, 1);
    expect(more).toEqual([]);
    expect(difference(content.stored, stored?.message ?? Buffer.alloc(0))).toBeNull();
    return stored;
  }

  it.each([...cases, ...large])(
    'FAQ-10, SC-30, SC-31, SC-33, SC-48: $shape, $size octets, from $form.0',
    async ({ shape, size, form: [form, give] }) => {
      const id = `${shape}.${size}.${form}`.replaceAll(/[^a-z0-9.]+/gi, '-');
      const content = compose(shapes[shape] as Shape, id, size);
      const path = join(interop().folder, `${name}.${id}.eml`);
      writeFileSync(path, content.octets);
      await deliver(content, give(content.octets, path), 'anna@sender.test', 'bo@example.test');
    },
  );

  it.each(ADDRESSES)('$title', async ({ from, to, header }) => {
    const id = `address.${ADDRESSES.findIndex((each) => each.to === to && each.from === from && each.header === header)}`;
    const content = compose(shapes.plain, id, 2000, header === undefined ? [] : [header]);
    const stored = await deliver(content, content.octets, from, to);
    expect(stored?.recipient.replace('xn--bcher-kva', 'bücher')).toBe(to);
  });

  it('SC-33: a line of 999 octets is refused before anything is opened', async () => {
    const content = compose({ line: () => 'x'.repeat(999) }, 'too-long', 5000);
    const sessions = (): number =>
      readLog(interop()[name])
        .split('\n')
        .filter((line) => / connect(?:ion)? from /.test(line)).length;
    const lonely = makeSender(interop()[name]);
    const before = sessions();
    await expect(
      lonely.send({ from: 'anna@sender.test', to: 'bo@example.test', message: content.octets }),
    ).rejects.toMatchObject({ code: 'line-too-long' });
    expect(await lonely.queue.find({})).toEqual([]);
    await lonely.close();
    expect(sessions()).toBe(before);
  });
});
