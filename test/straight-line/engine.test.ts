/**
 * The straight line whole, without a queue, and as a Nodemailer transport; the other side is smtp-server.
 */
import nodemailer from 'nodemailer';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEngine, type Engine } from '../../src/engine.js';
import { enforcedTls } from '../../src/nodemailer/index.js';
import type { PolicyRule } from '../../src/policy/rules.js';
import type { EngineOptions } from '../../src/sender-options.js';
import { makePki, recordsResolver, type Seen, startServer, type TestPki } from './server.js';

const MESSAGE = Buffer.from(
  'Date: Wed, 25 Nov 2026 10:00:00 +0000\r\nFrom: a@sender.test\r\nTo: b@partner.test\r\nMessage-ID: <1@sender.test>\r\nSubject: x\r\n\r\n.dot\r\nend\r\n',
);
let pki: TestPki;
let seen: Seen;

beforeAll(() => {
  pki = makePki();
});
afterAll(() => pki.remove());
beforeEach(async () => {
  seen = await startServer(pki.issue('mx1.partner.test'));
});
afterEach(() => seen.close());

function optionsOf(policies: readonly PolicyRule[] = [], given: Partial<EngineOptions> = {}): EngineOptions {
  return {
    ehloName: 'out.sender.test',
    default: 'verified',
    trust: pki.store,
    policies,
    port: seen.port,
    allowPrivateAddresses: true,
    resolver: recordsResolver(
      {
        'partner.test': [{ preference: 10, exchange: 'mx1.partner.test' }],
        'other.test': [{ preference: 10, exchange: 'mx2.other.test' }],
        'two.test': [
          { preference: 10, exchange: 'mx2.other.test' },
          { preference: 20, exchange: 'mx1.partner.test' },
        ],
        'nomail.test': [{ preference: 0, exchange: '' }],
      },
      { 'mx1.partner.test': ['127.0.0.1'], 'mx2.other.test': ['127.0.0.1'] },
    ),
    ...given,
  };
}

async function send(engine: Engine, to: string | string[], from = 'a@sender.test') {
  try {
    const records = await engine.deliverOnce({ from, to, message: MESSAGE });
    return records.flatMap((record) => record.outcomes);
  } finally {
    await engine.close();
  }
}

describe('an engine', () => {
  it('FAQ-10, FAQ-22: delivers over verified TLS, octets as they were', async () => {
    const [outcome] = await send(createEngine(optionsOf()), 'b@partner.test');
    expect(outcome).toMatchObject({
      state: 'delivered',
      reason: null,
      status: '2.0.0',
      host: 'mx1.partner.test',
    });
    expect(outcome?.verdict).toMatchObject({ authenticated: true, identity: 'mx1.partner.test' });
    expect(seen.messages.map((message) => message.octets.toString())).toEqual([MESSAGE.toString()]);
  });

  it('SC-23, Q-14: each recipient has an outcome of its own', async () => {
    const outcomes = await send(createEngine(optionsOf()), [
      'reject@partner.test',
      'b@partner.test',
      'defer@partner.test',
    ]);
    expect(outcomes.map(({ recipient, state, reason }) => [recipient, state, reason])).toEqual([
      ['reject@partner.test', 'failed', 'recipient-rejected'],
      ['b@partner.test', 'delivered', null],
      ['defer@partner.test', 'deferred', 'recipient-deferred'],
    ]);
    expect(seen.messages[0]?.to).toEqual(['b@partner.test']);
  });

  it('SC-26: no accepted recipient, no DATA', async () => {
    await send(createEngine(optionsOf()), 'reject@partner.test');
    expect(seen.messages).toEqual([]);
  });

  it('AT-9: a certificate of another host holds the mail and MAIL is never said', async () => {
    const [outcome] = await send(createEngine(optionsOf()), 'b@other.test');
    expect(outcome).toMatchObject({ state: 'held', reason: 'certificate-host-mismatch', status: '4.7.5' });
    expect(seen.commands).toEqual([]);
  });

  it('MX-18, Q-26: a host that fails its policy is passed over, in the order of preference', async () => {
    const engine = createEngine(optionsOf());
    const [record] = await engine.deliverOnce({ from: 'a@sender.test', to: 'b@two.test', message: MESSAGE });
    await engine.close();
    expect(record?.tried.map((each) => [each.target.host, each.kind])).toEqual([
      ['mx2.other.test', 'refused'],
      ['mx1.partner.test', 'session'],
    ]);
    expect(record?.outcomes[0]?.state).toBe('delivered');
  });

  it('MX-11, DSN-34: a null MX fails at once', async () => {
    const [outcome] = await send(createEngine(optionsOf()), 'b@nomail.test');
    expect(outcome).toMatchObject({ state: 'failed', reason: 'null-mx', status: '5.1.10' });
  });

  it('SM-14: a policy failure bounces where the host says so', async () => {
    const [outcome] = await send(
      createEngine(optionsOf([{ match: 'other.test', onPolicyFailure: 'bounce' }])),
      'b@other.test',
    );
    expect(outcome).toMatchObject({ state: 'failed', reason: 'certificate-host-mismatch', status: '5.7.5' });
  });

  it('AT-54: a source that cannot be read holds the mail before any connection', async () => {
    const broken = { name: 'list', find: () => Promise.reject(new Error('gone')) };
    const [outcome] = await send(createEngine(optionsOf([broken])), 'b@partner.test');
    expect(outcome).toMatchObject({ state: 'held', reason: 'policy-source-unknown', host: null });
  });

  it('AT-36: an address behind the guard is not connected to', async () => {
    const [outcome] = await send(
      createEngine(optionsOf([], { allowPrivateAddresses: false })),
      'b@partner.test',
    );
    expect(outcome).toMatchObject({ state: 'held', reason: 'address-not-allowed', host: null });
  });

  it('FAQ-20, ST-13: class b delivers in clear where TLS is not offered, class c holds', async () => {
    await seen.close();
    seen = await startServer({ hideSTARTTLS: true, disabledCommands: ['STARTTLS'] });
    const [b] = await send(createEngine(optionsOf([], { default: 'opportunistic' })), 'b@partner.test');
    expect(b).toMatchObject({ state: 'delivered' });
    expect(b?.verdict).toMatchObject({ encrypted: false, authenticated: false });
    const before = seen.commands.length;
    const [c] = await send(createEngine(optionsOf([], { default: 'mandatory' })), 'b@partner.test');
    expect(c).toMatchObject({ state: 'held', reason: 'starttls-not-supported', status: '4.7.4' });
    expect(seen.commands.length).toBe(before);
  });

  it('FAQ-21: class c takes any certificate and does not call it authenticated', async () => {
    const [outcome] = await send(createEngine(optionsOf([], { default: 'mandatory' })), 'b@other.test');
    expect(outcome).toMatchObject({ state: 'delivered' });
    expect(outcome?.verdict?.authenticated).toBe(false);
  });

  it('SC-5, AT-54: ehloName and the default class are required, unknown options refused', () => {
    expect(() => createEngine({ default: 'verified' } as never)).toThrow(/"ehloName" is required/);
    expect(() => createEngine({ ehloName: 'a.test' } as never)).toThrow(/"default" is required/);
    expect(() => createEngine({ ...optionsOf(), polices: [] } as never)).toThrow(/did you mean "policies"/);
    expect(() => createEngine({ ...optionsOf(), ehloName: 'localhost' })).toThrow(/fully qualified/);
  });

  it('explains which rule asked for what', async () => {
    const engine = createEngine(
      optionsOf([{ match: '*.gov.test', level: 'verified', minProtocol: 'TLSv1.3' }]),
    );
    expect(await engine.explain('x@a.gov.test')).toContain('rule "*.gov.test"');
  });
});

describe('a Nodemailer transport', () => {
  it('FAQ-10: resolves with a receipt for each recipient', async () => {
    const transport = nodemailer.createTransport(enforcedTls(optionsOf()));
    const info = await transport.sendMail({
      from: 'a@sender.test',
      to: 'b@partner.test',
      subject: 'Hej',
      text: 'Hallå',
    });
    transport.close();
    expect(info.accepted).toEqual(['b@partner.test']);
    expect(info.receipts[0]).toMatchObject({
      state: 'delivered',
      mx: { host: 'mx1.partner.test' },
      tls: { protocol: 'TLSv1.3', verifiedBy: 'pkix', identity: 'mx1.partner.test', resumed: false },
    });
    expect(seen.messages[0]?.octets.toString()).toContain('Subject: Hej');
  });

  it('rejects with a reason, outcomes and words when nobody has the message', async () => {
    const transport = nodemailer.createTransport(enforcedTls(optionsOf()));
    const failure = transport.sendMail({ from: 'a@sender.test', to: 'b@other.test', text: 'x' });
    await expect(failure).rejects.toMatchObject({
      code: 'certificate-host-mismatch',
      outcomes: [{ state: 'held' }],
    });
    transport.close();
  });
});
