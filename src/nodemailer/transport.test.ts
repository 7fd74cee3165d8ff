import nodemailer, { type SendMailOptions } from 'nodemailer';
import { expect, it } from 'vitest';
import type { Mail } from '../mail.js';
import { enforcedTls } from './transport.js';

/** What a sender gets when nodemailer is asked to send with this `dsn`. */
async function mailFor(dsn: NonNullable<SendMailOptions['dsn']>): Promise<Mail> {
  const mails: Mail[] = [];
  const sender = {
    send: (mail: Mail) => {
      mails.push(mail);
      return Promise.resolve({ id: '1' });
    },
  };
  const transport = nodemailer.createTransport(enforcedTls({ sender }));
  const info = await transport.sendMail({ from: 'a@a.example', to: 'b@b.example', text: 'x', dsn });
  // The result has the type of this transport, not of nodemailer's own.
  expect(info.id satisfies string | null).toBe('1');
  return mails[0] as Mail;
}

it('nodemailer: requests for reports are passed on under either of their names', async () => {
  const expected = {
    envelopeId: 'X1',
    ret: 'HDRS',
    notify: 'FAILURE,DELAY',
    to: [{ address: 'b@b.example', originalRecipient: 'rfc822;c@c.example' }],
  };
  const notify = ['FAILURE', 'DELAY'];
  const one = await mailFor({ id: 'X1', return: 'HDRS', notify, recipient: 'c@c.example' });
  const other = await mailFor({
    envid: 'X1',
    ret: 'HDRS',
    notify: 'FAILURE,DELAY',
    orcpt: 'rfc822;c@c.example',
  });
  expect(one).toMatchObject(expected);
  expect(other).toMatchObject(expected);
});

it('nodemailer: without a request nothing is asked for', async () => {
  expect(await mailFor({ notify: null })).toMatchObject({
    envelopeId: null,
    ret: null,
    notify: null,
    to: [{ originalRecipient: null }],
  });
});
