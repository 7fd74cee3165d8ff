/**
 * Sends a small message, then a file, and prints as JSON how its memory stood in between and at the highest.
 *
 *   node measured.mjs HOST ADDRESS PORT CA.pem FILE
 */
import { readFileSync } from 'node:fs';
import { createSender, memoryQueue } from 'enforced-tls';
import { pemStore } from 'enforced-tls/x509';

const [host, address, port, roots, path] = process.argv.slice(2);
const sender = createSender({
  ehloName: 'out.sender.test',
  default: 'verified',
  trust: pemStore(readFileSync(roots, 'utf8')),
  policies: [
    { match: 'example.test', route: { type: 'relay', host: address, port: Number(port), verifyAs: host } },
  ],
  queue: memoryQueue(),
});

async function deliver(message) {
  const receipt = await sender.send({ from: 'anna@sender.test', to: 'bo@example.test', message });
  const [outcome] = await receipt.attempted;
  return outcome.state;
}

const small = [
  'Date: Wed, 25 Nov 2026 10:00:00 +0000',
  'From: anna@sender.test',
  'Message-ID: <small@sender.test>',
  '',
  'small',
  '',
].join('\r\n');
// Everything is loaded and a connection is open: what is in use from here on is the message's.
await deliver(small);
const idle = process.memoryUsage().rss;
const state = await deliver({ path });
const peak = process.resourceUsage().maxRSS * 1024;
console.log(JSON.stringify({ state, idle, peak }));
await sender.close();
