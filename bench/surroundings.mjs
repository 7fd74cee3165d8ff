/** What the senders of the benchmarks have in common: verified TLS to loopback, and names that a function answers for. */
const found = (records) => Promise.resolve({ kind: 'found', records, dnssec: 'insecure', ttl: 3600 });
const nodata = () => Promise.resolve({ kind: 'nodata', dnssec: 'insecure', ttl: 3600 });

/** Options of a sender; `hostOf` gives the mail server of a domain, `addressOf` the address of a host. */
export function surroundings({
  port,
  trust,
  hostOf = (domain) => `mx.${domain}`,
  addressOf = () => '127.0.0.1',
}) {
  return {
    ehloName: 'out.bank.test',
    default: 'verified',
    trust,
    port,
    allowPrivateAddresses: true,
    families: ['ipv4'],
    resolver: {
      name: 'bench',
      mx: (domain) => found([{ preference: 10, exchange: hostOf(domain) }]),
      addresses: (host, family) => (family === 4 ? found([addressOf(host)]) : nodata()),
      cname: nodata,
    },
  };
}

/** nodemailer as it is used for one partner. */
export async function pooledTransport({ port, ca, connections }) {
  const { createTransport } = await import('nodemailer');
  return createTransport({
    host: '127.0.0.1',
    port,
    name: 'out.bank.test',
    requireTLS: true,
    pool: true,
    maxConnections: connections,
    maxMessages: Infinity,
    tls: { ca, servername: 'mx.sink.test' },
  });
}
