import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { analyzeReceived, type HopTls, type ReceivedHop } from '../../src/received/index.js';
import { formats } from './formats.js';

const SAMPLES = new URL('../data/received/', import.meta.url);

function hopOf(field: string, trusted: readonly string[] = []): ReceivedHop {
  const [hop] = analyzeReceived(`Received: ${field}\r\n\r\n`, { trusted }).hops;
  if (hop === undefined) throw new Error('no hop');
  return hop;
}

/** TLS in one line. */
function say(tls: HopTls): string {
  if (tls.kind === 'not-stated') return '-';
  const { version, versionText, suite, suiteText, bits, word } = tls;
  return [version ?? versionText, suite?.name ?? suiteText, bits, word].map((part) => part ?? '?').join(' ');
}

describe('what servers write', () => {
  it.each(formats)('FAQ-25: %s', (_server, field, says) => {
    expect(say(hopOf(field).tls)).toBe(says);
  });

  it.each([
    ['exim-plaintext', '-'],
    ['exim-tls10', 'TLSv1 ECDHE-RSA-AES256-SHA ? ?'],
    ['exim-tls11', 'TLSv1.1 ECDHE-RSA-AES256-SHA ? ?'],
    ['exim-tls12', 'TLSv1.2 ECDHE-RSA-AES256-GCM-SHA384 ? ?'],
    ['exim-tls12-3des', 'TLSv1.2 DES-CBC3-SHA ? ?'],
    ['exim-tls12-chacha', 'TLSv1.2 ECDHE-RSA-CHACHA20-POLY1305 ? ?'],
    ['exim-tls12-null-cipher', 'TLSv1.2 NULL-SHA ? ?'],
    ['exim-tls12-rc4', 'TLSv1.2 RC4-SHA ? ?'],
    ['exim-tls13', 'TLSv1.3 ECDHE-RSA-AES256-GCM-SHA384 ? ?'],
    ['haraka-plaintext', '-'],
    ['haraka-tls12', '? ECDHE-RSA-AES128-GCM-SHA256 ? ?'],
    ['haraka-tls12-chacha', '? ECDHE-RSA-CHACHA20-POLY1305 ? ?'],
    ['haraka-tls13', '? TLS_AES_256_GCM_SHA384 ? ?'],
    ['opensmtpd-plaintext', '-'],
    ['postfix-plaintext', '-'],
    ['postfix-tls12', 'TLSv1.2 ECDHE-RSA-AES256-GCM-SHA384 256 No client certificate requested'],
    ['postfix-tls12-anonymous', 'TLSv1.2 ADH-AES256-GCM-SHA384 256 No client certificate requested'],
    ['postfix-tls12-chacha', 'TLSv1.2 ECDHE-RSA-CHACHA20-POLY1305 256 No client certificate requested'],
    ['postfix-tls13', 'TLSv1.3 TLS_AES_256_GCM_SHA384 256 No client certificate requested'],
    [
      'postfix-tls13-client-cert-asked-none-sent',
      'TLSv1.3 TLS_AES_256_GCM_SHA384 256 Client did not present a certificate',
    ],
    ['postfix-tls13-client-cert-trusted', 'TLSv1.3 TLS_AES_256_GCM_SHA384 256 verified OK'],
    ['postfix-tls13-client-cert-untrusted', 'TLSv1.3 TLS_AES_256_GCM_SHA384 256 not verified'],
    ['postfix-tls13-ec-cert', 'TLSv1.3 TLS_AES_256_GCM_SHA384 256 No client certificate requested'],
    ['postfix-tls13-ed25519-cert', 'TLSv1.3 TLS_AES_256_GCM_SHA384 256 No client certificate requested'],
    ['postfix-tls13-header-off', '? ? ? ?'],
    ['sendmail-plaintext', '-'],
    ['sendmail-tls12', 'TLSv1.2 ECDHE-RSA-AES256-GCM-SHA384 256 NOT'],
    ['sendmail-tls12-chacha', 'TLSv1.2 ECDHE-RSA-CHACHA20-POLY1305 256 NOT'],
    ['sendmail-tls13', 'TLSv1.3 TLS_AES_256_GCM_SHA384 256 NOT'],
    ['sendmail-tls13-client-cert', 'TLSv1.3 TLS_AES_256_GCM_SHA384 256 NOT'],
  ])('FAQ-13, FAQ-25: the field that a real server wrote: %s', (name, says) => {
    const { hops, handover, finding } = analyzeReceived(readFileSync(new URL(`${name}.txt`, SAMPLES)), {
      trusted: ['mx1.signed.test'],
    });
    expect(hops.map(({ by, tls }) => [by, say(tls)])).toEqual([['mx1.signed.test', says]]);
    const weak = /tls1[01]|3des|null|rc4|anonymous/.test(name);
    expect(finding).toBe(says === '-' ? 'no-proof' : weak ? 'weak-tls' : 'tls');
    expect(handover).toBe(hops[0]);
  });

  it('FAQ-25: no sample is left out', () => {
    expect(readdirSync(SAMPLES).filter((name) => name.endsWith('.txt'))).toHaveLength(30);
  });

  it.each([
    [
      'verified OK',
      '(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) verified OK)',
      'verified',
    ],
    ['OK', '(version=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384 bits=256 verify=OK)', 'verified'],
    ['FAIL', '(version=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384 bits=256 verify=FAIL)', 'not-verified'],
    ['nothing', '(version=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384 bits=256)', 'not-stated'],
  ])('FAQ-25: the word on the certificate of the client: %s', (_word, comment, clientCertificate) => {
    expect(hopOf(`from a.test by b.test with ESMTPS id 1 ${comment}; date`).tls).toMatchObject({
      clientCertificate,
    });
  });

  it.each([
    ['(version=TLSv1.2 cipher=ECDHE-RSA-AES128-GCM-SHA256 bits=128)', 'good'],
    ['(version=TLSv1.1 cipher=ECDHE-RSA-AES128-SHA bits=128)', 'weak'],
    ['(version=TLSv1.2 cipher=AES128-SHA bits=128)', 'weak'],
    ['(using SSLv3 with cipher UNHEARD-OF (128/128 bits))', 'weak'],
    ['(version=TLSv1/SSLv3 cipher=ECDHE-RSA-AES128-GCM-SHA256 bits=128)', 'good'],
    ['(version=TLSv1.2 cipher=UNHEARD-OF bits=128)', 'not-stated'],
    ['tls ECDHE-RSA-AES128-GCM-SHA256', 'good'],
    ['(TLS1.2)', 'not-stated'],
    ['', 'not-stated'],
  ])('FAQ-25: the strength of %s', (comment, strength) => {
    expect(hopOf(`from a.test by b.test with ESMTPS id 1 ${comment}; date`).tls).toMatchObject({ strength });
  });
});

const TLS = '(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits))';

describe('TLS is never invented', () => {
  it.each([
    [
      'in the comment that the client supplies',
      `from a.test (a.test ${TLS} [192.0.2.1]) by b.test with ESMTP id 1; date`,
    ],
    ['in the HELO name', `from a.test ${TLS} (a.test [192.0.2.1]) by b.test with ESMTP id 1; date`],
    [
      'in the HELO name with an address',
      `from a.test (a [192.0.2.9]) ${TLS} (a.test [192.0.2.1]) by b.test with ESMTP id 1; date`,
    ],
    ['behind HELO without any address', `from a.test ${TLS} by b.test with ESMTP id 1; date`],
    [
      'in a whole field as HELO name',
      `from a by b.test with ESMTPS id 2; date (a.test [192.0.2.1]) by b.test with ESMTP id 1; date`,
    ],
    [
      'in half a field as HELO name',
      `from a by b.test with ESMTPS (a.test [192.0.2.1]) by b.test with ESMTP id 1; date`,
    ],
    [
      'in the address of the recipient',
      `from a.test by b.test with ESMTP id 1 for <"x ${TLS} with ESMTPS"@b.test>; date`,
    ],
    [
      'in the address of the sender',
      `from a.test by b.test with esmtp (envelope-from <"x) ${TLS}"@a.test>) id 1; date`,
    ],
    ['in quotes', `from a.test by b.test with ESMTP id "${TLS}"; date`],
    ['in the middle of a comment', `from a.test by b.test (not ${TLS.slice(1, -1)}) with ESMTP id 1; date`],
    ['behind the date', `from a.test by b.test with ESMTP id 1; date ${TLS}`],
    ['as a name', 'from esmtps.test by tls.test with ESMTP id ESMTPS for <tls@b.test>; date'],
    ['as the word TLS in a name', 'from tls TLS_AES_256_GCM_SHA384 by b.test with ESMTP id 1; date'],
    ['in a comment that never closes', `from a.test by b.test with ESMTPS id 1 (using TLSv1.3; date`],
  ])('FAQ-25: TLS %s', (_where, field) => {
    expect(hopOf(field).tls.kind).toBe('not-stated');
  });

  it('FAQ-25: two phrases that contradict each other say nothing', () => {
    for (const other of [
      '(version=TLSv1.2 cipher=TLS_AES_256_GCM_SHA384)',
      '(version=TLSv1.3 cipher=AES128-SHA)',
    ]) {
      const field = `from a.test by b.test with ESMTPS id 1 ${TLS} ${other}; date`;
      expect(hopOf(field).tls).toEqual({ kind: 'not-stated', why: 'contradictory' });
    }
    const alike = `from a.test by b.test with ESMTPS id 1 ${TLS} (version=TLS1_3); date`;
    expect(hopOf(alike).tls.kind).toBe('stated');
  });

  it('FAQ-25, AT-22: whatever the client says of itself, a field without TLS states none', () => {
    const piece = fc.constantFrom(
      'x',
      ' ',
      '(',
      ')',
      '"',
      ';',
      '\\',
      '<',
      '>',
      ' by ',
      ' by b.test ',
      ' with ESMTPS ',
      ' from ',
      ' for ',
      ' tls ',
      '; date',
      '[192.0.2.9]',
      TLS,
      '(TLS)',
      'AES256-SHA encrypted',
      'version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384',
    );
    const said = fc.string({ unit: piece, maxLength: 12 });
    fc.assert(
      fc.property(said, said, (helo, sender) => {
        const postfix = `from ${helo} (a.test [192.0.2.1])\r\n\tby b.test (Postfix) with ESMTP id 1\r\n\tfor <u@b.test>; Thu, 1 Jan 2026 00:00:00 +0000`;
        // Quoted as RFC 5321 §4.1.2 has it: no address holds a bare quote or backslash.
        const quoted = sender.replaceAll(/["\\<>]/g, '\\$&');
        const exim = `from [192.0.2.1] (helo=a.test) by b.test with esmtp (Exim 4.96) (envelope-from <"${quoted}"@a.test>) id 1 for u@b.test; date`;
        for (const field of [postfix, exim]) {
          const [hop] = analyzeReceived(`Received: ${field}\r\n\r\n`, { trusted: ['b.test'] }).hops;
          expect(hop?.tls.kind, field).toBe('not-stated');
        }
      }),
      { numRuns: 20_000 },
    );
  });
});

const MAIL = [
  'Return-Path: <s@own.test>',
  `Received: from mx.partner.test (mx.partner.test [192.0.2.2]) by box.partner.test with ESMTP id 3; date`,
  `received: from own.test (own.test [192.0.2.1])\r\n\t${TLS}\r\n\tby mx.partner.test (Postfix) with ESMTPS id 2; date`,
  `Received: from inside.test (inside.test [10.0.0.1]) by own.test with ESMTPS id 1; date`,
  `Received: from own.test (own.test [192.0.2.1]) by mx.partner.test with ESMTPS id 0; date`,
  'Subject: x',
  '',
  'Received: from body by body with ESMTPS; date',
].join('\r\n');

describe('whom to believe', () => {
  const standings = (trusted: readonly string[]): string[] =>
    analyzeReceived(MAIL, { trusted }).hops.map(({ standing }) => standing);

  it('FAQ-25: only fields of trusted servers count, and only above the first one of another', () => {
    expect(standings(['*.partner.test'])).toEqual(['trusted', 'trusted', 'claim', 'claim']);
    expect(standings(['mx.partner.test'])).toEqual(['claim', 'claim', 'claim', 'claim']);
    expect(standings(['*.box.partner.test'])).toEqual(['claim', 'claim', 'claim', 'claim']);
    expect(standings(['partner.test'])).toEqual(['claim', 'claim', 'claim', 'claim']);
    expect(standings([])).toEqual(['claim', 'claim', 'claim', 'claim']);
    expect(standings(['box.partner.test.', 'MX.Partner.test'])).toEqual([
      'trusted',
      'trusted',
      'claim',
      'claim',
    ]);
  });

  it('FAQ-25: a field that is not clear is nobody s, and neither is what stands below it', () => {
    const broken = MAIL.replace('id 3; date', 'id 3 (; date');
    expect(analyzeReceived(broken, { trusted: ['*.partner.test'] }).finding).toBe('no-trusted-hop');
  });

  it('FAQ-13, FAQ-25: the hop that the own host began is the one that counts', () => {
    const trusted = ['*.partner.test'];
    expect(analyzeReceived(MAIL, { trusted })).toMatchObject({
      finding: 'tls',
      complete: true,
      handover: {
        line: 3,
        from: 'own.test',
        address: '192.0.2.1',
        by: 'mx.partner.test',
        protocol: 'ESMTPS',
      },
    });
    expect(analyzeReceived(MAIL, { trusted, sender: 'OWN.test' }).handover?.line).toBe(3);
    expect(analyzeReceived(MAIL, { trusted, sender: 'other.test' })).toMatchObject({
      handover: null,
      finding: 'no-trusted-hop',
    });
    expect(analyzeReceived(MAIL, { trusted, sender: 'mx.partner.test' }).finding).toBe('no-proof');
  });

  it.each([
    ['Postfix and sendmail', 'from out.test (dns.test [192.0.2.1])', 'out.test', '192.0.2.1'],
    ['Exim without a name in DNS', 'from [192.0.2.1] (helo=out.test)', 'out.test', '192.0.2.1'],
    [
      'Exim with another name in DNS',
      'from dns.test ([192.0.2.1]:25 helo=out.test)',
      'out.test',
      '192.0.2.1',
    ],
    ['Exim with ident', 'from dns.test ([2001:db8::1] ident=mail helo=out.test)', 'out.test', '2001:db8::1'],
    ['qmail', 'from unknown (HELO out.test) (192.0.2.1)', 'out.test', '192.0.2.1'],
    ['a comment of another kind', 'from a.test (xhelo=out.test [192.0.2.1])', 'a.test', '192.0.2.1'],
  ])('FAQ-25: who handed over, as it called itself: %s', (_title, origin, from, address) => {
    const field = `Received: ${origin} by b.test with ESMTPS id 1; date\r\n\r\n`;
    expect(analyzeReceived(field).hops).toMatchObject([{ from, address }]);
  });

  it('FAQ-25: refuses names and options that cannot be meant', () => {
    expect(() => analyzeReceived(MAIL, { trusted: ['*'] })).toThrowError(
      expect.objectContaining({ code: 'domain-invalid' }),
    );
    expect(() => analyzeReceived(MAIL, { trust: [] } as never)).toThrowError(/did you mean "trusted"/);
  });
});

describe('any message', () => {
  it.each([
    ['LF', MAIL.replaceAll('\r\n', '\n')],
    ['CR', MAIL.replaceAll('\r\n', '\r')],
    ['octets', Buffer.from(MAIL)],
    ['a line of a mailbox file in front', `From s@own.test Thu Jan  1 00:00:00 2026\r\n${MAIL}`],
    ['a line that is no field', MAIL.replace('Subject: x', 'no field')],
    ['no body', MAIL.slice(0, MAIL.indexOf('\r\n\r\n'))],
  ])('FAQ-25: with %s', (_title, message) => {
    expect(analyzeReceived(message).hops.map(({ by }) => by)).toEqual([
      'box.partner.test',
      'mx.partner.test',
      'own.test',
      'mx.partner.test',
    ]);
  });

  it('AT-50: says where it has not read everything', () => {
    const one = 'Received: from a.test by b.test with ESMTPS id 1; date\r\n';
    expect(analyzeReceived(one.repeat(201))).toMatchObject({ complete: false, hops: { length: 200 } });
    const long = `Received: from a.test\r\n${'\tx\r\n'.repeat(10_000)}\tby b.test with ESMTPS id 1; date\r\n`;
    expect(analyzeReceived(long)).toMatchObject({ complete: false, hops: [{ tls: { kind: 'not-stated' } }] });
    expect(analyzeReceived('x'.repeat(1_000_001)).complete).toBe(false);
  });

  it('FAQ-25: a field that is too long counts as one of another, however it is folded', () => {
    const claim = 'Received: from a.test by b.test with ESMTPS id 1; date\r\n';
    for (const filler of ['x'.repeat(20_000), '\r\n\tx'.repeat(10_000)]) {
      const long = `Received: from a.test by b.test with ESMTPS id 1 ${filler}; date\r\n`;
      expect(analyzeReceived(`${long}${claim}`, { trusted: ['b.test'] })).toMatchObject({
        complete: false,
        finding: 'no-trusted-hop',
        hops: [{ tls: { kind: 'not-stated', why: 'unclear' } }, { standing: 'claim' }],
      });
    }
  });

  it('AT-50: shows foreign text without control characters', () => {
    const hop = hopOf('from a\u001b[31m.test by b\u202e.test with ESMTP\u0007 id 1; date');
    expect([hop.from, hop.by, hop.protocol]).toEqual([
      'a\\x{1B}[31m.test',
      'b\\x{202E}.test',
      'ESMTP\\x{07}',
    ]);
  });

  it('AT-50: no octets break it, and it is quick with what is made to be slow', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 400 }),
        fc.string({ unit: fc.constantFrom('(', ')', '"', '<', '>', '\\', ' by ', ';', 'x') }),
        (octets, text) => {
          analyzeReceived(octets);
          analyzeReceived(Buffer.concat([Buffer.from('Received: '), octets]));
          analyzeReceived(`Received: ${text}`);
        },
      ),
      { numRuns: 2_000 },
    );
    for (const piece of [
      '(',
      '"',
      '<',
      '\\',
      ' by',
      'x ',
      '()',
      '<"',
      'TLS',
      '\n ',
      ': ',
      'Received: (',
      '\r\nReceived: "',
    ]) {
      const begin = performance.now();
      analyzeReceived(`Received: ${piece.repeat(300_000)}`);
      analyzeReceived(`Received: ${piece.repeat(3_000)}`);
      expect(performance.now() - begin, piece).toBeLessThan(5_000);
    }
  });
});
