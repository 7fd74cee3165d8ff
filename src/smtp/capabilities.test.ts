import { expect, it } from 'vitest';
import { type Capabilities, parseEhlo } from './capabilities.js';

const ehlo = (...lines: readonly string[]): Capabilities =>
  parseEhlo({ code: 250, enhanced: null, lines: ['mx.partner.test', ...lines] });

it('SC-6, ST-1: the first line is the name of the server and never an offer', () => {
  const offered = parseEhlo({ code: 250, enhanced: null, lines: ['STARTTLS', 'SIZE 10'] });
  expect(offered.startTls).toBe(false);
  expect(offered.keywords.has('STARTTLS')).toBe(false);
  expect(offered.size).toBe(10);
});

it('SC-6: keywords are read in any case', () => {
  const offered = ehlo('starttls', 'Pipelining', '8bitmime', 'SmtpUtf8', 'dsn', 'Chunking');
  expect(offered).toMatchObject({
    startTls: true,
    pipelining: true,
    eightBitMime: true,
    smtpUtf8: true,
    dsn: true,
    chunking: true,
  });
});

it('SC-6: what is not offered is not there, and unknown keywords do no harm', () => {
  expect(ehlo('XCLIENT NAME', 'X-ODD', '')).toMatchObject({
    startTls: false,
    startTlsMasked: false,
    pipelining: false,
    size: null,
    eightBitMime: false,
    smtpUtf8: false,
    dsn: false,
    chunking: false,
    enhancedStatusCodes: false,
    auth: [],
  });
});

it('SC-6: a keyword is a whole word', () => {
  expect(ehlo('STARTTLSX', 'XSTARTTLS', 'HELP STARTTLS').startTls).toBe(false);
});

it('SC-6: parameters of SMTPUTF8 are ignored', () => {
  expect(ehlo('SMTPUTF8 something').smtpUtf8).toBe(true);
});

it('SC-46: SIZE without a number, or with one that is none, sets no limit; its absence is another thing', () => {
  expect(ehlo('SIZE').size).toBe(0);
  expect(ehlo('SIZE 0').size).toBe(0);
  expect(ehlo('SIZE abc').size).toBe(0);
  expect(ehlo('SIZE -5').size).toBe(0);
  expect(ehlo('SIZE 35000000').size).toBe(35_000_000);
  expect(ehlo().size).toBe(null);
});

it('SC-13: ENHANCEDSTATUSCODES is read', () => {
  expect(ehlo('ENHANCEDSTATUSCODES').enhancedStatusCodes).toBe(true);
});

it('ST-18: mechanisms of AUTH are read in any case; the form with an equals sign is not one', () => {
  expect(ehlo('AUTH plain Login').auth).toEqual(['PLAIN', 'LOGIN']);
  expect(ehlo('AUTH=PLAIN LOGIN').auth).toEqual([]);
});

it('AT-1: a keyword that a firewall has overwritten is seen as such, and is no offer', () => {
  expect(ehlo('XXXXXXXA')).toMatchObject({ startTls: false, startTlsMasked: true });
  expect(ehlo('XXXXXXXX')).toMatchObject({ startTls: false, startTlsMasked: true });
  expect(ehlo('XCLIENT', 'XFORWARD NAME').startTlsMasked).toBe(false);
});
