/**
 * Certificates and references for the name match: addresses, names of other types, names made to deceive.
 */
import { all, dns, legacy, MX, type NameRow } from './name-table.js';

export const otherNames: readonly NameRow[] = [
  {
    ids: 'CI-13, CI-18',
    says: 'rfc822Name only, the name in the Common Name',
    certificate: { cn: MX, email: ['a@example.test'] },
    matches: legacy,
  },
  {
    ids: 'CI-13, CI-18',
    says: 'URI only, the name in the Common Name',
    certificate: { cn: MX, uri: ['https://mx.example.test/'] },
    matches: [],
    differs: 'RFC 6125 §6.4.4: a URI-ID rules the Common Name out',
  },
  {
    ids: 'CI-17',
    says: 'an iPAddress and that address',
    certificate: { cn: null, ip: ['192.0.2.1'] },
    reference: '192.0.2.1',
    matches: all,
  },
  {
    ids: 'CI-17',
    says: 'an address as rfc822Name and as URI',
    certificate: { cn: null, email: ['192.0.2.1'], uri: ['192.0.2.1'] },
    reference: '192.0.2.1',
    matches: [],
  },
  {
    ids: 'CI-17',
    says: 'an iPAddress and another address',
    certificate: { cn: null, ip: ['192.0.2.1'] },
    reference: '192.0.2.10',
    matches: [],
  },
  {
    ids: 'CI-17',
    says: 'an IPv6 address in another form',
    certificate: { cn: null, ip: ['2001:db8::1'] },
    reference: '2001:0DB8:0:0:0:0:0:1',
    matches: all,
  },
  {
    ids: 'CI-17',
    says: 'an IPv4 address and its IPv6-mapped form',
    certificate: { cn: null, ip: ['192.0.2.1'] },
    reference: '::ffff:192.0.2.1',
    matches: [],
  },
  {
    ids: 'CI-17',
    says: 'an address as dNSName',
    certificate: dns('192.0.2.1'),
    reference: '192.0.2.1',
    matches: [],
  },
  {
    ids: 'CI-17',
    says: 'an address as Common Name',
    certificate: { cn: '192.0.2.1' },
    reference: '192.0.2.1',
    matches: [],
  },
  {
    ids: 'CI-17',
    says: 'an iPAddress whose octets spell a name',
    certificate: { cn: null, rawSan: Buffer.from('30068704622e6363', 'hex') },
    reference: 'b.cc',
    matches: [],
  },
  {
    ids: 'CI-18',
    says: 'an rfc822Name that reads as the host',
    certificate: { cn: null, email: [MX] },
    matches: [],
  },
  {
    ids: 'CI-18',
    says: 'a URI with the host',
    certificate: { cn: null, uri: [`smtp://${MX}`] },
    matches: [],
  },
  // otherName 1.3.6.1.5.5.7.8.7 (SRVName, RFC 4985) "_smtp.mx.example.test"
  {
    ids: 'CI-18',
    says: 'an SRVName with the host',
    certificate: { cn: null, rawSan: srvName(`_smtp.${MX}`) },
    matches: [],
  },
  {
    ids: 'CI-13, CI-18',
    says: 'an SRVName, the name in the Common Name',
    certificate: { cn: MX, rawSan: srvName(`_smtp.${MX}`) },
    matches: [],
    differs: 'RFC 6125 §6.4.4: an SRV-ID rules the Common Name out',
  },
  {
    ids: 'CI-20, AT-51',
    says: 'NUL behind the name',
    certificate: dns('good.test\0.evil.test'),
    reference: 'good.test',
    matches: [],
  },
  {
    ids: 'CI-20, AT-51',
    says: 'NUL behind the name, held against the rest',
    certificate: dns('good.test\0.evil.test'),
    reference: 'evil.test',
    matches: [],
  },
  {
    ids: 'CI-20, AT-51',
    says: 'a dNSName with a comma that spells a second one',
    certificate: dns('evil.test, DNS:good.test'),
    reference: 'good.test',
    matches: [],
  },
  {
    ids: 'CI-20, AT-51',
    says: 'a Common Name with a comma that spells a dNSName',
    certificate: { cn: 'evil.test, DNS:good.test' },
    reference: 'good.test',
    matches: [],
  },
  {
    ids: 'CI-20, AT-51',
    says: 'a Common Name with NUL',
    certificate: { cn: 'good.test\0.evil.test' },
    reference: 'good.test',
    matches: [],
  },
  {
    ids: 'CI-20, AT-51',
    says: 'a good Common Name before an invalid one',
    certificate: { cn: ['good.test', 'x\0y.test'] },
    reference: 'good.test',
    matches: [],
    differs: 'OpenSSL looks at every Common Name',
  },
  {
    ids: 'CI-20, AT-51',
    says: 'a quoted name',
    certificate: dns('"good.test"'),
    reference: 'good.test',
    matches: [],
  },
  {
    ids: 'CI-20, AT-51',
    says: 'a line end behind the name',
    certificate: dns('good.test\n'),
    reference: 'good.test',
    matches: [],
  },
];

/** An otherName of the type SRVName, alone in a subjectAltName. */
function srvName(name: string): Uint8Array {
  const wrap = (tag: number, content: Uint8Array): Buffer =>
    Buffer.concat([Buffer.from([tag, content.length]), content]);
  const type = Buffer.from('06082b06010505070807', 'hex');
  const other = wrap(0xa0, Buffer.concat([type, wrap(0xa0, wrap(0x16, Buffer.from(name)))]));
  return wrap(0x30, other);
}
