/**
 * A sender as a host would make it, in a DNS that leads to one real server.
 */
import { readFileSync } from 'node:fs';
import type { Outcome } from '../../src/deliver/outcome.js';
import type { Mail } from '../../src/mail.js';
import { memoryQueue } from '../../src/queue/memory.js';
import type { SenderOptions } from '../../src/sender-options.js';
import { createSender, type Sender } from '../../src/sender.js';
import { createZoneResolver } from '../../src/testing/zones.js';
import { pemStore } from '../../src/x509/roots.js';
import type { MailServer } from './servers.js';

/** The domains of INTEROP_DOMAINS in lib.sh. */
const DOMAINS = ['example.test', 'other.test', 'bücher.test'];

export function makeSender(server: MailServer, more: Partial<SenderOptions> = {}): Sender {
  return createSender({
    ehloName: 'out.sender.test',
    default: 'verified',
    queue: memoryQueue(),
    resolver: createZoneResolver({
      ...Object.fromEntries(DOMAINS.map((domain) => [domain, { mx: [server.host] }])),
      [server.host]: { a: [server.addr] },
    }),
    port: server.port,
    allowPrivateAddresses: ['127.0.0.0/8'],
    trust: pemStore(readFileSync(server.trust, 'utf8'), 'interop'),
    ...more,
  });
}

/** What became of each recipient at the first attempt. */
export async function sendOnce(sender: Sender, mail: Mail): Promise<readonly Outcome[]> {
  const receipt = await sender.send(mail);
  return receipt.attempted;
}
