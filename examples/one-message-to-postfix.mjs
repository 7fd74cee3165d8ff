/**
 * One message to one mail server, and what became of it in words.
 *
 *   node one-message-to-postfix.mjs HOST PORT CA.pem [ADDRESS]
 *
 * HOST is the name that the certificate of the mail server must carry, CA.pem holds the roots that count, and ADDRESS is
 * where the server listens (default 127.0.0.1). The exit code is 0 when the message was delivered, 1 when it was not, and
 * then the server has seen nothing of it if the reason is its certificate.
 */
import { readFileSync } from 'node:fs';
import { createSender, explainOutcome, memoryQueue } from 'enforced-tls';
import { pemStore } from 'enforced-tls/x509';

const [host, port, roots, address = '127.0.0.1'] = process.argv.slice(2);
if (roots === undefined) {
  console.error('usage: node one-message-to-postfix.mjs HOST PORT CA.pem [ADDRESS]');
  process.exit(2);
}

const sender = createSender({
  ehloName: 'out.sender.test',
  // Encrypted, with a certificate that is verified and carries the name of the server; else nothing is sent.
  default: 'verified',
  trust: pemStore(readFileSync(roots, 'utf8'), roots),
  // Without this line the MX records of example.test would say where to go.
  policies: [
    {
      match: 'example.test',
      route: { type: 'relay', host: address, port: Number(port), verifyAs: host },
    },
  ],
  // It forgets its mail when the process ends, which is right for an example alone.
  queue: memoryQueue(),
});

const { attempted } = await sender.send({
  from: 'anna@sender.test',
  to: 'bo@example.test',
  complete: true,
  message:
    'From: Anna <anna@sender.test>\r\nTo: Bo <bo@example.test>\r\nSubject: Hello\r\n\r\nOver TLS or not at all.\r\n',
});
const [outcome] = await attempted;
console.log(explainOutcome(outcome, { now: Date.now() }));
await sender.close();
process.exitCode = outcome.state === 'delivered' ? 0 : 1;
