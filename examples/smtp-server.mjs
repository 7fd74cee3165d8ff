/**
 * A server that receives mail, with smtp-server and the guard: partners on the list over TLS alone, SPF for everybody.
 */
import { composeReceived, createInboundGuard, inboundSessionOf, smtpServerGuard } from 'enforced-tls/inbound';
import { createSystemResolver } from 'enforced-tls/route';
import { bits } from 'enforced-tls/scheme';
import { SMTPServer } from 'smtp-server';

const NAME = 'mx.bank.example';

/**
 * Makes the server.
 * @param {{ key: string, cert: string }} identity of this host
 * @param {(message: Buffer) => Promise<void>} keep puts a message where it is safe; only then is it accepted
 * @param {Partial<import('enforced-tls/inbound').InboundOptions>} surroundings for tests
 */
export function createReceiver(identity, keep, surroundings = {}) {
  const guard = createInboundGuard({
    resolver: createSystemResolver(),
    profile: 'best-efforts',
    policies: [bits({ domains: ['partner.example'] })],
    name: NAME,
    ...surroundings,
  });
  return new SMTPServer({
    ...identity,
    minVersion: 'TLSv1.2',
    authOptional: true,
    ...smtpServerGuard(guard, {
      onData(stream, session, callback) {
        const now = Date.now();
        const id = now.toString(36);
        const received = composeReceived({ session: inboundSessionOf(session), by: NAME, id, now });
        readWhole(stream, received)
          .then(keep)
          .then(
            () => callback(null, `kept as ${id}`),
            (error) => callback(error),
          );
      },
    }),
  });
}

/**
 * The message with a field on top. Rejects where the stream ends before the message does.
 * @param {import('node:stream').Readable} stream
 * @param {string} field
 */
async function readWhole(stream, field) {
  const chunks = [Buffer.from(field)];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
