/**
 * A queue on disk that nobody can read without the key: AES-256-GCM seals what messages say, before it is written.
 * Addresses stay readable, because operators search by them.
 *
 * A key of 32 octets is made once, with `openssl rand -base64 32`, and kept apart from the file.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { sqliteQueue } from 'enforced-tls/queue';

const NONCE = 12;
const TAG = 16;

/**
 * The place of each piece goes into the tag, so that pieces of two messages cannot be exchanged.
 *
 * @param {Uint8Array} key
 * @returns {import('enforced-tls/queue').Sealing}
 */
export function aesGcm(key) {
  return {
    seal(octets, place) {
      const nonce = randomBytes(NONCE);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(place));
      return Buffer.concat([nonce, cipher.update(octets), cipher.final(), cipher.getAuthTag()]);
    },
    open(sealed, place) {
      const cipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE), { authTagLength: TAG });
      cipher.setAAD(Buffer.from(place)).setAuthTag(sealed.subarray(-TAG));
      return Buffer.concat([cipher.update(sealed.subarray(NONCE, -TAG)), cipher.final()]);
    },
  };
}

/**
 * @param {string} path
 * @param {string | undefined} key base64
 */
export function openSealedQueue(path, key = process.env['MAIL_KEY']) {
  if (key === undefined) throw new Error('MAIL_KEY: expected 32 octets in base64');
  return sqliteQueue({ path, sealing: aesGcm(Buffer.from(key, 'base64')) });
}
