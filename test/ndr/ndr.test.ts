/**
 * Every failure that can end in a report, in three languages, read by CPython's email package and by postal-mime.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { describeReason, type Reason, reasonKeys } from '../../src/core/reasons.js';
import { textsOf } from '../../src/dsn/languages.js';
import type { Language } from '../../src/dsn/texts.js';
import { type Answer, type Circumstances, HOST, MAIL, reportOn } from './compose-reports.js';
import { type PythonReading, readWithPostalMime, readWithPython } from './read-reports.js';
import { STATUSES } from './statuses.js';

const languages: readonly Language[] = ['en', 'sv', 'nb'];
const squeeze = (text: string): string => text.replaceAll(/\s+/g, ' ');
const statusOf = (reason: Reason): string | undefined =>
  Object.keys(STATUSES).find((status) => STATUSES[status]?.includes(reason));

/** Both readings of one report; they must agree before anything else is looked at. */
async function compare(report: Uint8Array, python: PythonReading | undefined): Promise<PythonReading> {
  const postal = await readWithPostalMime(report);
  if (python === undefined) throw new Error('Python read nothing');
  expect(python.defects).toEqual([]);
  expect(python).toMatchObject({ type: 'multipart/report', reportType: 'delivery-status' });
  expect(python.parts[1]).toMatch(/^message\/(?:global-)?delivery-status$/);
  expect(postal.parts).toEqual(python.parts);
  expect(postal.groups).toEqual(python.groups.map((group) => expect.objectContaining(group)));
  expect(squeeze(postal.text)).toBe(squeeze(python.text));
  expect(postal.subject).toBe(python.subject);
  expect(python.text + python.subject).not.toContain('\uFFFD');
  return python;
}

async function read(reports: readonly Promise<Uint8Array>[]): Promise<PythonReading[]> {
  const made = await Promise.all(reports);
  const readings = readWithPython(made);
  return Promise.all(made.map((report, i) => compare(report, readings[i])));
}

const readOne = async (report: Promise<Uint8Array>): Promise<PythonReading> =>
  (await read([report]))[0] as PythonReading;

describe('reports of every reason, as others read them', () => {
  let readings: PythonReading[] = [];
  beforeAll(async () => {
    const settings = languages.map((language) => ({ language }));
    readings = await read(
      reasonKeys.flatMap((reason) => settings.map((each) => reportOn({ reason }, { settings: each }))),
    );
  });
  const readingsOf = (reason: Reason): PythonReading[] =>
    readings.slice(reasonKeys.indexOf(reason) * languages.length).slice(0, languages.length);

  it('DSN-32: the statuses written down here are those of all reasons', () => {
    expect(Object.values(STATUSES).flat().sort()).toEqual([...reasonKeys].sort());
  });

  it.each(reasonKeys)(
    'DSN-20, DSN-22, DSN-32: %s parses without a defect and says what it must',
    (reason) => {
      const found = readingsOf(reason);
      found.forEach(({ groups, text, header, parts }, i) => {
        expect(parts).toEqual(['text/plain', 'message/delivery-status', 'text/rfc822-headers']);
        expect(groups).toEqual([
          { 'reporting-mta': 'dns; out.sender.test', 'arrival-date': 'Fri, 01 Mar 2024 08:00:00 +0000' },
          expect.objectContaining({
            'final-recipient': 'rfc822; bo@example.test',
            action: 'failed',
            status: statusOf(reason),
            'diagnostic-code': `X-TLS-Policy; ${reason} (seen: "CN=mx1")`,
            'x-attempted-host': HOST,
          }),
        ]);
        const [what, remedy] = textsOf(languages[i] as Language).reasons[reason];
        for (const words of ['bo@example.test', what, remedy, HOST]) expect(squeeze(text)).toContain(words);
        expect(header).toMatchObject({ to: 'anna@sender.test', 'auto-submitted': 'auto-replied' });
      });
      expect(new Set(found.map(({ text }) => text)).size).toBe(languages.length);
    },
  );

  const bounced = reasonKeys.filter(
    (reason) => describeReason(reason).effect === 'hold' && !reason.startsWith('policy-'),
  );
  it('DSN-32, SM-14: where the host bounces policy failures, class 4 becomes class 5', async () => {
    const all = await Promise.all(
      bounced.map((reason) => reportOn({ reason }, { onPolicyFailure: 'bounce' })),
    );
    const statuses = readWithPython(all).map(({ groups }) => groups[1]?.['status']);
    expect(statuses).toEqual(bounced.map((reason) => statusOf(reason)?.replace(/^4/, '5')));
  });
});

describe('answers of servers, as others read them in reports', () => {
  const told = async (answer: Answer, about: Circumstances = {}) => {
    const { groups, text } = await readOne(reportOn(answer, about));
    return { group: groups[1] ?? {}, text: squeeze(text) };
  };

  it.each([
    [{ code: 550, enhanced: '5.1.1', lines: ['5.1.1 nobody'] }, '5.1.1', 'smtp; 550 5.1.1 nobody'],
    [{ code: 550, lines: ['nobody'] }, '5.0.0', 'smtp; 550 nobody'],
    [{ code: 451, lines: ['later'] }, '4.0.0', 'smtp; 451 later'],
    [{ code: 554, enhanced: '5.7.1', lines: ['spam'], phase: 'final' }, '5.7.1', 'smtp; 554 spam'],
    [{ code: 552, enhanced: '5.3.4', lines: ['big'], phase: 'mail' }, '5.3.4', 'smtp; 552 big'],
    [{ code: 550, lines: ['first', 'second', 'third'] }, '5.0.0', 'smtp; 550-first 550-second 550 third'],
    [{ code: 550, lines: [''] }, '5.0.0', 'smtp; 550'],
  ] as const)('DSN-30, DSN-31: %j becomes status %s', async (answer, status, diagnostic) => {
    const { group, text } = await told(answer);
    expect(group).toMatchObject({ status, 'remote-mta': `dns; ${HOST}`, 'diagnostic-code': diagnostic });
    expect(group).not.toHaveProperty('x-attempted-host');
    for (const line of answer.lines) expect(text).toContain(line);
  });

  const forged = 'Final-Recipient: rfc822; eve@evil.test';
  it.each([
    ['line ends', `no\r\n\r\n${forged}\r\nAction: delivered`],
    ['lone CR and LF', `no\n\n${forged}\rStatus: 2.0.0`],
    ['NUL and escape sequences', 'no\0 \u001b[2J \u009b31m'],
    ['octets that are not ASCII', 'nej, l\u00e5dan \u00e4r full \u{1f4ec} \u202e'],
    ['one word of 5000 letters', 'x'.repeat(5000)],
    ['blanks alone', ' \t  '],
    ['a boundary', '--=_dsn_0123456789abcdef0123456789abcdef--'],
    ['an encoded word', '=?utf-8?q?=0D=0ABcc:_eve=40evil.test?='],
  ])('AT-22, AT-50, DSN-22: hostile words stay words: %s', async (_name, words) => {
    const many = [[words], [words, 'x', words], Array.from({ length: 200 }, () => words)];
    const [local, ...answered] = await read([
      reportOn({ reason: 'certificate-invalid', detail: words }),
      ...many.map((lines) => reportOn({ code: 550, lines })),
    ]);
    expect(local?.groups).toHaveLength(2);
    expect(local?.groups[1]).toMatchObject({ action: 'failed', status: '4.7.5' });
    for (const { groups } of answered) {
      expect(groups).toHaveLength(2);
      expect(groups[1]).toMatchObject({
        'final-recipient': 'rfc822; bo@example.test',
        action: 'failed',
        status: '5.0.0',
      });
    }
  });
});

describe('reports of every form, as others read them', () => {
  const expired = { reason: 'certificate-expired' } as const;
  const form = (about: Circumstances): Promise<PythonReading> => readOne(reportOn(expired, about));

  it('DSN-14: several recipients have a group each', async () => {
    const { groups } = await form({ envelope: { recipients: ['bo@example.test', '"c d"@example.test'] } });
    expect(groups.slice(1).map((group) => group['final-recipient'])).toEqual([
      'rfc822; bo@example.test',
      'rfc822; "c d"@example.test',
    ]);
  });

  it('DSN-4, DSN-5: ENVID and ORCPT are read as they were given', async () => {
    const recipients = [{ address: 'bo@example.test', originalRecipient: 'rfc822;b+o@example.test' }];
    const { groups } = await form({ envelope: { recipients, envelopeId: 'job+7 =x', relayed: true } });
    expect(groups[0]).toMatchObject({ 'original-envelope-id': 'job+7 =x' });
    expect(groups[1]).toMatchObject({ 'original-recipient': 'rfc822; b+o@example.test' });
  });

  it('DSN-23, DSN-24, DSN-25: what goes back is labelled as what it is', async () => {
    const eight = MAIL.replace('Plan', 'Pl\u00e5n');
    const forms: [Circumstances, string][] = [
      [{}, 'text/rfc822-headers'],
      [{ mail: eight }, 'message/global-headers'],
      [{ settings: { returnLevel: null } }, 'text/rfc822-headers'],
      [{ envelope: { ret: 'full' } }, 'message/rfc822'],
      [{ envelope: { ret: 'full' }, mail: eight }, 'message/global-headers'],
    ];
    const readings = await read(forms.map(([about]) => reportOn(expired, about)));
    expect(readings.map(({ parts }) => parts[2])).toEqual(forms.map(([, type]) => type));
  });

  it('DSN-12: a warning says that nothing is lost yet', async () => {
    const { groups } = await form({ settings: { occasion: 'delayed' } });
    expect(groups[1]).toMatchObject({
      action: 'delayed',
      status: '4.7.5',
      'will-retry-until': 'Wed, 06 Mar 2024 08:00:00 +0000',
    });
  });

  it('DSN-8: a server that sends no reports: relayed', async () => {
    const report = reportOn({ code: 250, lines: ['ok'] }, { envelope: { notify: 'success' } });
    expect((await readOne(report)).groups[1]).toMatchObject({ action: 'relayed', status: '2.0.0' });
  });

  it('DSN-18: the reference to the message, and no word of it in the subject', async () => {
    const { header } = await form({});
    expect(header).toMatchObject({ 'in-reply-to': '<q1@sender.test>', references: '<q1@sender.test>' });
    expect(header['subject']).not.toContain('Plan');
  });
});
