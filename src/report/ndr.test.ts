import PostalMime from 'postal-mime';
import { describe, expect, it } from 'vitest';
import { createContext } from '../core/context.js';
import type { Job, JobRecipient } from '../deliver/job.js';
import type { Outcome } from '../deliver/outcome.js';
import { type EnvelopeInput, parseEnvelope } from '../message/envelope.js';
import { prepareMessage } from '../message/source.js';
import { composeNdr, type Ndr, type NdrSettings } from './ndr.js';

const NOW = Date.UTC(2024, 2, 6, 8);
const PUT = Date.UTC(2024, 2, 1, 8);
const ctx = createContext({ clock: { now: () => NOW, after: () => () => undefined } });
const settings: NdrSettings = { reportingMta: 'out.sender.test', occasion: 'ended', returnLevel: 'verified' };
const MAIL =
  'Date: Fri, 01 Mar 2024 08:59:58 +0100\r\nFrom: anna@sender.test\r\nMessage-ID: <q1@sender.test>\r\nSubject: Secret plan\r\n\r\nbody text\r\n';
const message = await prepareMessage(MAIL, { messageIdDomain: 'out.sender.test' }, ctx);

function jobOf(
  envelope: Partial<EnvelopeInput> = {},
  changes: Partial<Job> = {},
  recipient: Partial<JobRecipient> = {},
): Job {
  const parsed = parseEnvelope({ from: 'anna@sender.test', recipients: 'bo@example.test', ...envelope });
  return {
    id: 'q-18.1',
    submissionId: 'q-18',
    domain: 'example.test',
    envelope: parsed,
    recipients: parsed.recipients.map((one) => ({
      ...one,
      state: 'waiting',
      reason: null,
      detail: '',
      heldSince: null,
      warnedAt: null,
      ...recipient,
    })),
    message,
    ask: null,
    floor: { level: 'verified', fingerprint: 'f' },
    kind: 'mail',
    attempts: 7,
    interruptions: 0,
    createdAt: PUT,
    expiresAt: NOW,
    ...changes,
  };
}

const held: Outcome = {
  recipient: 'bo@example.test',
  state: 'held',
  reason: 'certificate-expired',
  detail: 'expired on 28 February 2024',
  reply: null,
  host: 'mx1.example.test',
  address: '192.0.2.1',
  verdict: null,
  status: '4.7.5',
  at: NOW - 120_000,
  dsnOffered: false,
};
const reply = { code: 550, enhanced: '5.1.1', lines: ['5.1.1 no such user'], secure: true };
const rejected: Outcome = {
  ...held,
  state: 'failed',
  reason: 'recipient-rejected',
  detail: '',
  reply,
  status: '5.1.1',
};
const delivered: Outcome = { ...held, state: 'delivered', reason: null, detail: '', status: '2.0.0' };

async function report(job: Job, outcomes: readonly Outcome[], changes: Partial<NdrSettings> = {}) {
  const ndr = await composeNdr(job, outcomes, { ...settings, ...changes }, ctx);
  if (ndr.kind !== 'report') throw new Error(`expected a report, got ${ndr.kind}`);
  return { ndr, text: Buffer.from(ndr.message).toString() };
}
const kindOf = async (job: Job, outcome: Outcome, changes: Partial<NdrSettings> = {}): Promise<string> => {
  const ndr: Ndr = await composeNdr(job, [outcome], { ...settings, ...changes }, ctx);
  return ndr.kind === 'report' ? ndr.action : ndr.kind === 'suppressed' ? ndr.why : 'none';
};

describe('whom a report tells', () => {
  it('DSN-10, Q-28: a null reverse-path gets none, the operator is told', async () => {
    const job = jobOf({ from: null });
    expect(await composeNdr(job, [held], settings, ctx)).toEqual({
      kind: 'suppressed',
      why: 'null-reverse-path',
      suppressed: ['bo@example.test'],
    });
    expect(await kindOf(job, delivered)).toBe('none');
    expect(await kindOf(job, held, { occasion: 'delayed' })).toBe('none');
  });

  it('Q-7, DSN-10: never a report about a report', async () => {
    expect(await kindOf(jobOf({}, { kind: 'report' }), rejected)).toBe('null-reverse-path');
  });

  it.each([
    [null, 'failed', 'delayed', 'none'],
    ['never', 'notify', 'none', 'none'],
    ['failure', 'failed', 'none', 'none'],
    ['delay', 'notify', 'delayed', 'none'],
    ['success', 'notify', 'none', 'relayed'],
    ['success,failure,delay', 'failed', 'delayed', 'relayed'],
  ])(
    'DSN-8, DSN-11, DSN-12: NOTIFY %s: failure %s, delay %s, handed over %s',
    async (notify, failure, delay, success) => {
      const job = jobOf({ notify });
      expect(await kindOf(job, rejected)).toBe(failure);
      expect(await kindOf(job, held)).toBe(failure);
      expect(await kindOf(job, held, { occasion: 'delayed' })).toBe(delay);
      expect(await kindOf(job, delivered)).toBe(success);
    },
  );

  it('DSN-8: a server that knows DSN reports the success itself', async () => {
    expect(await kindOf(jobOf({ notify: 'success' }), { ...delivered, dsnOffered: true })).toBe('none');
  });

  it('DSN-14: failed recipients share one report, and who would get none is not listed', async () => {
    const job = jobOf({
      recipients: ['bo@example.test', 'cy@example.test', { address: 'di@example.test', notify: 'never' }],
    });
    const outcomes = ['bo', 'cy', 'di'].map((name) => ({ ...held, recipient: `${name}@example.test` }));
    const { ndr, text } = await report(job, outcomes);
    expect(ndr.recipients).toEqual(['bo@example.test', 'cy@example.test']);
    expect(ndr.suppressed).toEqual(['di@example.test']);
    expect(text).not.toContain('di@');
    expect(text.match(/^Final-Recipient:/gm)).toHaveLength(2);
  });

  it('DSN-13: the same report has the same id and Message-ID, another one has another', async () => {
    const first = await report(jobOf(), [held]);
    expect(await report(jobOf(), [held])).toEqual(first);
    expect(first.text).toContain(`Message-ID: <${first.ndr.id}@out.sender.test>`);
    const ids = [
      (await report(jobOf(), [held], { occasion: 'delayed' })).ndr.id,
      (await report(jobOf({}, { id: 'q-19.1' }), [held])).ndr.id,
      first.ndr.id,
    ];
    expect(new Set(ids).size).toBe(3);
  });
});

describe('the envelope of a report', () => {
  it('DSN-15, AT-24: from the null reverse-path to the return address of the message, NOTIFY=NEVER, no RET', async () => {
    const { ndr } = await report(jobOf({ ret: 'full', envelopeId: 'job 7' }), [held]);
    expect(ndr.envelope).toMatchObject({
      from: null,
      ret: null,
      envelopeId: null,
      recipients: [{ notify: 'never', originalRecipient: null, address: { path: 'anna@sender.test' } }],
    });
  });
});

describe('a report as a message', () => {
  it('DSN-18, DSN-22: it passes the checks that every message passes, unchanged and in 7 bits', async () => {
    for (const language of ['en', 'sv', 'nb'] as const) {
      const { ndr } = await report(jobOf({ ret: 'full' }), [held], { language });
      const prepared = await prepareMessage(ndr.message, { messageIdDomain: 'out.sender.test' }, ctx);
      expect(prepared).toMatchObject({
        messageId: `<${ndr.id}@out.sender.test>`,
        size: ndr.message.length,
        canonical: true,
        eightBitBody: false,
        eightBitHeader: false,
      });
    }
  });
});

describe('what a report says', () => {
  it('DSN-32, FI-10: an expired policy hold is failed with the status of its cause', async () => {
    const { text } = await report(jobOf({}, {}, { heldSince: PUT }), [held]);
    expect(text).toContain('Action: failed\r\nStatus: 4.7.5\r\n');
    expect(text).toContain(
      'Diagnostic-Code: X-TLS-Policy; certificate-expired (expired on 28 February 2024)',
    );
    expect(text).toContain('X-Attempted-Host: mx1.example.test');
    expect(text).not.toContain('Remote-MTA');
    expect(text).toContain('Subject: Undelivered: no secure connection to example.test');
    expect((await PostalMime.parse(text)).text?.replaceAll(/\s+/g, ' ')).toContain(
      'since 1 March 2024 08:00 UTC',
    );
  });

  it('DSN-33: behind "expired" the real cause is reported', async () => {
    const expired: Outcome = {
      ...held,
      state: 'failed',
      reason: 'queue-expired',
      detail: '',
      status: '4.4.7',
      host: null,
    };
    const known = await report(jobOf({}, {}, { reason: 'starttls-not-supported', detail: 'd' }), [expired]);
    expect(known.text).toContain(
      'Status: 4.7.4\r\nDiagnostic-Code: X-TLS-Policy; starttls-not-supported (d)',
    );
    const unknown = await report(jobOf({}, { attempts: 0 }), [expired]);
    expect(unknown.text).toContain('Status: 4.4.7\r\nDiagnostic-Code: X-TLS-Policy; queue-expired');
    expect(unknown.text).not.toContain('Last-Attempt-Date');
  });

  it('DSN-31, BITS-5.2.5: a remote rejection carries host and reply', async () => {
    const { text } = await report(jobOf(), [rejected]);
    expect(text).toContain(
      'Status: 5.1.1\r\nRemote-MTA: dns; mx1.example.test\r\nDiagnostic-Code: smtp; 550 5.1.1 no such user\r\n',
    );
    expect(text).toContain('The server answered: "550 5.1.1 no such user"');
  });

  it('DSN-31: what a policy refuses was decided here, even when a server answered', async () => {
    const refused = {
      ...held,
      reason: 'starttls-refused' as const,
      detail: 'go to http://evil.test',
      reply: { code: 454, enhanced: null, lines: ['go to http://evil.test'], secure: false },
    };
    const { text } = await report(jobOf(), [refused]);
    expect(text).not.toContain('Remote-MTA');
    expect(text).toContain('Diagnostic-Code: X-TLS-Policy; starttls-refused (go to http://evil.test)\r\n');
    expect(text.split('evil.test')).toHaveLength(2);
  });

  it('AT-5: an answer from before TLS stands in Diagnostic-Code only', async () => {
    const words = 'see http://evil.test';
    const blocked = {
      ...rejected,
      reason: 'smtp-refused' as const,
      detail: words,
      reply: { code: 554, enhanced: null, lines: [words], secure: false },
    };
    const { text } = await report(jobOf(), [blocked]);
    expect(text.split('evil.test')).toHaveLength(2);
    expect(text).toContain(`Diagnostic-Code: smtp; 554 ${words}`);
  });

  it('DSN-12: a delay says until when', async () => {
    const { ndr, text } = await report(jobOf(), [held], { occasion: 'delayed' });
    expect(ndr.action).toBe('delayed');
    expect(text).toContain('Action: delayed\r\nStatus: 4.7.5\r\n');
    expect(text).toContain('Will-Retry-Until: Wed, 06 Mar 2024 08:00:00 +0000');
  });

  it('DSN-5, DSN-4: ORCPT and ENVID come back decoded', async () => {
    const recipients = [{ address: 'bo@example.test', originalRecipient: 'rfc822;bo@example.test' }];
    const { text } = await report(jobOf({ recipients, envelopeId: 'job 7' }), [held]);
    expect(text).toContain('Original-Envelope-Id: job 7\r\n');
    expect(text).toContain('Original-Recipient: rfc822; bo@example.test\r\n');
    expect(text).toContain('Final-Log-ID: q-18.1\r\n');
  });

  it('DSN-16: From and language are those of the host', async () => {
    const { text } = await report(jobOf(), [held], { from: 'help@sender.test', language: 'nb' });
    expect(text).toContain('From: E-postsystemet <help@sender.test>');
    expect(text).toContain('Subject: Ikke levert: ingen sikker forbindelse til example.test');
  });
});

describe('what goes back', () => {
  const third = async (job: Job, changes: Partial<NdrSettings> = {}): Promise<string> =>
    (await report(job, [held], changes)).text.split('Content-Type: ').at(-1) ?? '';

  it('DSN-24: the header by default and with RET=HDRS, all of it with RET=FULL', async () => {
    for (const ret of [null, 'headers']) {
      expect(await third(jobOf({ ret }))).toMatch(/^text\/rfc822-headers[^]*Subject: Secret plan\r\n\r\n--/);
    }
    expect(await third(jobOf({ ret: 'full' }))).toMatch(/^message\/rfc822[^]*body text\r\n/);
  });

  it('DSN-24: a large message, or one that cannot be read any more, goes back as its header', async () => {
    const large = { ...message, size: 300_000 };
    const gone = {
      ...message,
      // oxlint-disable-next-line require-yield
      async *open(): AsyncGenerator<Uint8Array> {
        throw new Error('gone');
      },
    };
    for (const one of [large, gone]) {
      expect(await third(jobOf({ ret: 'full' }, { message: one }))).toMatch(/^text\/rfc822-headers/);
    }
  });

  it('DSN-25: 8-bit content goes back as its header', async () => {
    const eight = await prepareMessage(`${MAIL}h\u00e9\r\n`, { messageIdDomain: 'out.sender.test' }, ctx);
    expect(await third(jobOf({ ret: 'full' }, { message: eight }))).toMatch(/^text\/rfc822-headers/);
  });

  it.each([
    ['verified', 'verified', true],
    ['mandatory', 'verified', false],
    ['plain', 'opportunistic', false],
    ['verified', 'plain', true],
    [null, 'plain', false],
  ] as const)(
    'DSN-19, AT-56: way back %s, message %s: header returned: %s',
    async (returnLevel, level, whole) => {
      const job = jobOf({ ret: 'full' }, { floor: { level, fingerprint: 'f' } });
      const { text } = await report(job, [held], { returnLevel });
      expect(text.includes('Secret plan')).toBe(whole);
      expect(text.includes('body text')).toBe(whole);
      expect(text).toContain('\r\nMessage-ID: <q1@sender.test>\r\n');
    },
  );
});
