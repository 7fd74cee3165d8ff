import { describe, expect, it } from 'vitest';
import { type Authority, createAuthority } from '../testing/authority.js';
import { parseCertificates } from '../x509/parse.js';
import { createTrustStore, type TrustStore } from '../x509/trust-store.js';
import { type ChangeVerdict, judgeChange, type ProposedChange } from './index.js';

const MX1 = 'mx1.member.test';
const MX2 = 'mx2.member.test';
const DAY = 86_400_000;
const NOW = Date.now();

const authority: Authority = await createAuthority({ name: 'Test Root' });
const trust: TrustStore = createTrustStore(
  'test',
  parseCertificates(authority.trust).map((certificate) => ({ certificate, distrustAfter: null })),
);
const good = (host: string): string => authority.issue({ dns: [host] }).chain;
const both = `${good(MX1)}\n${good(MX2)}`;

const judged = (change: Partial<ProposedChange> = {}): Promise<ChangeVerdict> =>
  judgeChange({
    domain: 'member.test',
    mx: [MX1, MX2],
    certificates: both,
    trust,
    issuer: ['Test'],
    at: NOW,
    ...change,
  });

/** Refusals as `host check reason`. */
const refusals = ({ lines }: ChangeVerdict): string[] =>
  lines
    .filter(({ result }) => result === 'fail' || result === 'unknown')
    .map(({ host, name, reason }) => `${host} ${name} ${reason}`);

describe('a change is judged before it is made', () => {
  it('FI-3, FI-14: a good proposal passes, with one line for each host and check', async () => {
    const verdict = await judged();
    expect(verdict).toMatchObject({ domain: 'member.test', at: NOW, passed: true });
    const checks = [
      'mx-allowed',
      'starttls',
      'protocol',
      'cipher',
      'chain',
      'validity',
      'name',
      'key',
      'revocation',
    ];
    expect(verdict.lines.map(({ host, name }) => `${host} ${name}`)).toEqual(
      [MX1, MX2].flatMap((host) => checks.map((check) => `${host} ${check}`)),
    );
  });

  it('FI-14: what only a session shows is never called good', async () => {
    const unseen = (await judged()).lines.filter(({ result }) => result === 'not-judged');
    expect(unseen.map(({ host, name }) => `${host} ${name}`)).toEqual(
      [MX1, MX2].flatMap((host) =>
        ['starttls', 'protocol', 'cipher', 'revocation'].map((name) => `${host} ${name}`),
      ),
    );
    expect(
      unseen.every(({ reason, got }) => reason === null && got === 'not seen: no session was made'),
    ).toBe(true);
  });

  it('FI-14: a certificate that lacks the name of the new mail server fails', async () => {
    const verdict = await judged({ certificates: good(MX1) });
    expect(verdict.passed).toBe(false);
    expect(refusals(verdict)).toEqual([`${MX2} name certificate-host-mismatch`]);
  });

  it('FI-14, FI-20: another Common Name fails although the other names fit, unless the sides agreed on `san`', async () => {
    const certificates = authority.issue({ dns: [MX1, MX2], cn: MX1 }).chain;
    expect(refusals(await judged({ certificates }))).toEqual([`${MX2} name certificate-cn-mismatch`]);
    expect((await judged({ certificates, nameMode: 'san' })).passed).toBe(true);
  });

  it('FI-14, FI-19: the moment of the change counts: a certificate that will have lapsed fails', async () => {
    const ends = Math.floor(NOW / 1000) * 1000 + 10 * DAY;
    const certificates = authority.issue({ dns: [MX1], notAfter: ends }).chain;
    const change = { mx: [MX1], certificates };
    expect((await judged({ ...change, at: ends })).passed).toBe(true);
    expect(refusals(await judged({ ...change, at: ends + 1000 }))).toEqual([
      `${MX1} validity certificate-expired`,
    ]);
  });

  it('FI-14, FI-19: without a moment, now counts', async () => {
    const certificates = authority.fault('expired', MX1).chain;
    const { at: _, ...change } = {
      domain: 'member.test',
      mx: [MX1],
      certificates,
      trust,
      issuer: ['Test'],
      at: 0,
    };
    expect(refusals(await judgeChange(change))).toEqual([`${MX1} validity certificate-expired`]);
  });

  it.each([
    ['FI-9, FI-18: unknown issuer', 'selfSigned', 'chain'],
    ['FI-18: the file lacks the intermediate', 'missingIntermediate', 'chain'],
    ['FI-20: another host', 'wrongHost', 'name'],
    ['FI-19: not valid yet', 'notYet', 'validity'],
  ] as const)('FI-14: %s', async (_title, fault, check) => {
    const verdict = await judged({ mx: [MX1], certificates: authority.fault(fault, MX1).chain });
    expect(verdict.passed).toBe(false);
    expect(refusals(verdict).some((line) => line.startsWith(`${MX1} ${check} `))).toBe(true);
  });

  it('FI-6, FI-14: a trusted authority that was not agreed on fails', async () => {
    expect(refusals(await judged({ issuer: ['DigiCert'] }))).toEqual([
      `${MX1} chain certificate-issuer-not-allowed`,
      `${MX2} chain certificate-issuer-not-allowed`,
    ]);
  });

  it('FI-5, FI-14: a mail server that the other side does not know fails, until it is agreed on', async () => {
    expect(refusals(await judged({ agreedMx: [MX1] }))).toEqual([`${MX2} mx-allowed mx-not-allowed`]);
    expect((await judged({ agreedMx: [MX2, MX1.toUpperCase()] })).passed).toBe(true);
  });

  it('FI-5, FI-14: another address than the notice prints warns and does not refuse; none warns of nothing', async () => {
    const gateway = { domain: 'fi.se', certificates: good('post.fi.se') };
    const mxLine = async (address?: string) =>
      (
        await judged({
          ...gateway,
          mx: [address === undefined ? 'post.fi.se' : { host: 'post.fi.se', address }],
        })
      ).lines[0]?.result;
    expect(await mxLine('192.0.2.1')).toBe('warn');
    expect(await mxLine('193.15.242.199')).toBe('pass');
    expect(await mxLine()).toBe('pass');
  });
});

describe('the file of certificates', () => {
  it('FI-14: one chain for each host in one file, in any order, or a file for each host', async () => {
    expect((await judged({ certificates: `${good(MX2)}${good(MX1)}` })).passed).toBe(true);
    expect((await judged({ certificates: { [MX1]: good(MX1), [MX2]: good(MX2) } })).passed).toBe(true);
    const crossed = await judged({ certificates: { [MX1]: good(MX2), [MX2]: good(MX1) } });
    expect(refusals(crossed)).toEqual([MX1, MX2].map((host) => `${host} name certificate-host-mismatch`));
  });

  it('FI-14: the old and the renewed certificate in one file: the renewed one counts', async () => {
    const old = authority.issue({ dns: [MX1], notBefore: NOW - 90 * DAY, notAfter: NOW - DAY }).chain;
    expect((await judged({ mx: [MX1], certificates: `${old}${good(MX1)}` })).passed).toBe(true);
    expect(refusals(await judged({ mx: [MX1], certificates: `${good(MX2)}${old}` }))).toEqual([
      `${MX1} validity certificate-expired`,
    ]);
  });

  it('FI-14: an intermediate before its leaf is not what a server should send', async () => {
    const { certificate, chain } = authority.issue({ dns: [MX1] });
    const turned = `${chain.replace(certificate, '')}${certificate}`;
    expect(refusals(await judged({ mx: [MX1], certificates: turned }))).toContainEqual(
      expect.stringContaining(`${MX1} chain `),
    );
  });

  it('FI-22, FI-23: its facts for the questionnaire', async () => {
    const notAfter = Date.parse('2031-01-31T12:00:00Z');
    const { facts } = await judged({
      mx: [{ host: MX1, address: '192.0.2.1' }, MX2],
      certificates: authority.issue({ dns: [MX1], notAfter }).chain,
    });
    expect(facts.hosts).toEqual([{ host: MX1, address: '192.0.2.1', cn: MX1, validUntil: '2031-01-31' }]);
    expect(facts.authority).toEqual({ issuer: expect.stringContaining('Test'), root: 'Test Root' });
  });

  it('FI-20, FI-22: of several Common Names the last, as the check of the name takes it', async () => {
    const certificates = authority.issue({ dns: [MX1], cn: ['Member AB', MX1] }).chain;
    const verdict = await judged({ mx: [{ host: MX1, address: '192.0.2.1' }], certificates });
    expect(verdict).toMatchObject({ passed: true, facts: { hosts: [{ cn: MX1 }] } });
  });

  it('FI-22: two authorities, or one that nobody knows, are left to people', async () => {
    const other = authority.issuer({ cn: 'Test Other', signedBy: 'root' });
    const third = authority.issue({ dns: [MX2], signedBy: other }).chain;
    expect((await judged({ certificates: `${good(MX1)}${third}` })).facts.authority).toBeNull();
    const stranger = authority.fault('selfSigned', MX1).chain;
    expect((await judged({ mx: [MX1], certificates: stranger })).facts.authority).toBeNull();
  });
});

describe('a proposal that cannot be meant', () => {
  it.each<[string, Partial<ProposedChange> & Record<string, unknown>, string, RegExp]>([
    ['no mail server', { mx: [] }, 'change-invalid', /at least one mail server/],
    ['a mail server twice', { mx: [MX1, `${MX1}.`] }, 'change-invalid', /twice/],
    ['no name', { mx: ['192.0.2.1'] }, 'domain-invalid', /mx\[0\]/],
    ['no address', { mx: [{ host: MX1, address: 'x' }] }, 'change-invalid', /IP address/],
    ['no authority', { issuer: [] }, 'change-invalid', /issuer/],
    ['no certificate', { certificates: 'x' }, 'certificate-unreadable', /PEM/],
    ['a host without a file', { certificates: { [MX1]: both } }, 'change-invalid', /mx2/],
    ['a slip in a key', { isuer: ['x'] }, 'option-unknown', /did you mean "issuer"/],
    [
      'a slip in a host',
      { certificates: { 'mx3.member.test': both, [MX1]: both } },
      'option-unknown',
      /did you mean "mx[12]/,
    ],
  ])('FI-14: %s', async (_title, change, code, message) => {
    await expect(judged(change)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });
});
