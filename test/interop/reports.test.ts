/**
 * Reports that real servers send back: of success, failure and delay, about mail in ASCII and beyond. Each is read here, laid
 * beside the message, and read by CPython's email package as well.
 *
 * SAVE_REPORTS=FOLDER keeps them as files; those of test/data/reports were made so.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { matchReport } from '../../src/dsn/match.js';
import { readReport } from '../../src/dsn/parse.js';
import { createReturnAddress, readReturnAddress } from '../../src/dsn/return-address.js';
import type { Sender } from '../../src/sender.js';
import { compareWithPython } from '../ndr/compare-readings.js';
import { type Mailbox, openMailbox } from './mailbox.js';
import { makeSender, sendOnce } from './senders.js';
import type { ServerName } from './servers.js';
import { describeInterop, interop } from './suite.js';

const NOW = Date.UTC(2026, 10, 25, 10);
const secret = { address: 'bounces@example.test', keys: ['a secret of the tests, long enough'], now: NOW };

const cases = [
  { what: 'success', to: 'bo@example.test', action: 'delivered', ret: 'headers', subject: 'Plan' },
  { what: 'failure', to: 'gone@example.test', action: 'failed', ret: 'headers', subject: 'Plan' },
  { what: 'failure-full', to: 'gone@example.test', action: 'failed', ret: 'full', subject: 'Plan' },
  { what: 'delay', to: 'wait@example.test', action: 'delayed', ret: 'headers', subject: 'Plan' },
  { what: 'success-utf8', to: 'jørn+x@example.test', action: 'delivered', ret: 'headers', subject: 'Plån' },
] as const;

describeInterop.each<ServerName>(['postfix', 'exim'])('reports that %s sends back', (name) => {
  let sender: Sender;
  let mailbox: Mailbox;
  beforeAll(() => {
    sender = makeSender(interop()[name]);
    mailbox = openMailbox(interop()[name]);
  });
  afterAll(() => sender.close());

  it.each(cases)(
    'BITS-5.3.4, DSN-1, DSN-40, DSN-42, DSN-50, DSN-51: $what',
    async ({ what, to, action, ret, subject }) => {
      const id = `${name}-${what}`;
      const from = createReturnAddress(id, { ...secret, validFor: '7d' });
      const messageId = `<${id}@sender.test>`;
      const envelopeId = `job ${id}`;
      const type = what === 'success-utf8' ? 'utf-8' : 'rfc822';
      const [outcome] = await sendOnce(sender, {
        from,
        to: [
          {
            address: to,
            notify: ['success', 'delay', 'failure'],
            originalRecipient: `${type};${to}`,
          },
        ],
        ret,
        envelopeId,
        message: Buffer.from(
          `From: Anna <anna@sender.test>\r\nTo: <${to}>\r\nSubject: ${subject}\r\nDate: Wed, 25 Nov 2026 10:00:00 +0000\r\nMessage-ID: ${messageId}\r\n\r\nThe body.\r\n`,
        ),
      });
      expect(outcome).toMatchObject({ state: 'delivered', dsnOffered: true });
      const octets = Buffer.from(await mailbox.findReport(from, [messageId]), 'latin1');
      const folder = process.env['SAVE_REPORTS'];
      if (folder !== undefined) writeFileSync(join(folder, `${id}.eml`), octets);

      const report = readReport(octets, { envelopeFrom: null });
      if (report.kind !== 'delivery') throw new Error(JSON.stringify(report));
      expect(report).toMatchObject({ remarks: [], reportingMta: { type: 'dns', text: 'mx.example.test' } });
      expect(report.recipients).toMatchObject([{ action, finalRecipient: { address: to } }]);
      expect(report.original).toMatchObject({
        kind: ret === 'full' ? 'message' : 'headers',
        messageId,
      });
      expect(
        Buffer.from(report.original?.octets ?? [])
          .toString()
          .includes('The body.'),
      ).toBe(ret === 'full');
      const sent = { id, envelopeId, messageId, recipients: [to] };
      const match = matchReport(report, sent, readReturnAddress(from, secret));
      expect(match).toMatchObject({ matched: 'token', recipients: [{ recipient: to }] });
      expect(matchReport(report, sent).matched).toBe('envid');
      compareWithPython(octets, report);
    },
  );
});
