import { describe, expect, it } from 'vitest';
import { analyzeReceived } from '../received/analyze.js';
import { composeReceived, type ReceivedFacts } from './received.js';

const NOW = Date.parse('2026-03-01T09:00:00Z');
const facts: ReceivedFacts = {
  session: {
    ip: '192.0.2.9',
    ehlo: 'client.test',
    tls: { protocol: 'TLSv1.2', cipher: 'ECDHE-RSA-AES256-GCM-SHA384' },
  },
  by: 'mx.here.test',
  id: 'a1',
  now: NOW,
};

describe('the Received field', () => {
  it('ING-13: says that the message came over TLS, and the registered name of the suite', () => {
    expect(composeReceived(facts)).toBe(
      'Received: from client.test ([192.0.2.9])\r\n\tby mx.here.test with ESMTPS id a1 tls TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384;\r\n\tSun, 01 Mar 2026 09:00:00 +0000\r\n',
    );
  });

  it.each([
    [false, false, false, 'ESMTP'],
    [true, false, false, 'ESMTPS'],
    [true, true, false, 'ESMTPSA'],
    [false, false, true, 'UTF8SMTP'],
    [true, false, true, 'UTF8SMTPS'],
    [true, true, true, 'UTF8SMTPSA'],
  ])('ING-13: TLS %s, login %s, SMTPUTF8 %s: with %s', (tls, authenticated, smtpUtf8, expected) => {
    const session = tls ? facts.session : { ...facts.session, tls: null };
    const field = composeReceived({ ...facts, session, authenticated, smtpUtf8 });
    expect(field).toContain(` with ${expected} id`);
    expect(field.includes(' tls ')).toBe(tls);
  });

  it('ING-13, FAQ-25: whoever reads it learns what the session was', () => {
    const text = `${composeReceived(facts)}Subject: x\r\n\r\n`;
    expect(analyzeReceived(text, { trusted: ['mx.here.test'] })).toMatchObject({
      finding: 'tls',
      handover: {
        from: 'client.test',
        address: '192.0.2.9',
        by: 'mx.here.test',
        protocol: 'ESMTPS',
        tls: { kind: 'stated', suite: { name: 'ECDHE-RSA-AES256-GCM-SHA384' } },
      },
    });
  });

  it('ING-13: claims no suite that nobody knows', () => {
    const tls = { protocol: 'unknown', cipher: 'unknown' };
    expect(composeReceived({ ...facts, session: { ...facts.session, tls } })).toContain('with ESMTPS id a1;');
  });

  it('ING-13: what the client says stays one word', () => {
    const session = { ip: '2001:db8::1', ehlo: 'x (by mx.here.test with ESMTPS;\r\n\tTo: y', tls: null };
    expect(composeReceived({ ...facts, session }).split('\r\n')[0]).toBe(
      'Received: from x??by?mx.here.test?with?ESMTPS????To:?y ([IPv6:2001:db8::1])',
    );
  });
});
