/**
 * What Node and OpenSSL call a failed handshake, in our reasons and in words for people. Pure.
 */
import type { Reason } from '../core/reasons.js';

const BY_CODE: readonly (readonly [RegExp, Reason])[] = [
  [/UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION|VERSION_TOO_LOW|INAPPROPRIATE_FALLBACK/, 'no-common-protocol'],
  [
    /WRONG_VERSION_NUMBER|HTTP_REQUEST|PACKET_LENGTH_TOO_LONG|(?<!ALERT_)UNEXPECTED_MESSAGE|BAD_RECORD_TYPE|RECORD_LAYER_FAILURE/,
    'not-tls',
  ],
  [/DH_KEY_TOO_SMALL|BAD_DH_VALUE|ERR_TLS_DH_PARAM_SIZE/, 'weak-dh'],
  [/UNSAFE_LEGACY_RENEGOTIATION/, 'legacy-renegotiation'],
  [
    /CERTIFICATE_REQUIRED|BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_UNKNOWN|UNKNOWN_CA/,
    'client-certificate-required',
  ],
  [
    /LEGACY_SIGALG|WRONG_SIGNATURE_TYPE|NO_SUITABLE_SIGNATURE|MD_TOO_WEAK|EE_KEY_TOO_SMALL/,
    'certificate-weak-signature',
  ],
  [/UNKNOWN_CIPHER_RETURNED|WRONG_CIPHER_RETURNED|WRONG_SSL_VERSION/, 'handshake-alert'],
  [/ALERT/, 'handshake-alert'],
  [/ECONNRESET|EPIPE|ECONNABORTED|UNEXPECTED_EOF/, 'handshake-closed'],
];

/** The reason of an error that ended a handshake. `afterStartTls`: octets that are not TLS came behind the 220 (ST-5). */
export function reasonOfTlsError(error: unknown, afterStartTls: boolean): Reason {
  const { code = '', message = '' } = error as { code?: string; message?: string };
  const text = code === '' ? message : code;
  const reason = BY_CODE.find(([pattern]) => pattern.test(text))?.[1] ?? 'handshake-alert';
  return reason === 'not-tls' && afterStartTls ? 'plaintext-after-starttls' : reason;
}

/**
 * What OpenSSL said, for people: its sentence and its code, without the source lines and addresses of its own memory that
 * the message of the error carries. Node's own errors are sentences already.
 */
export function describeTlsError(error: Error): string {
  const { reason, code = '' } = error as { reason?: string; code?: string };
  return typeof reason === 'string' && reason !== '' ? `OpenSSL: ${reason} (${code})` : error.message;
}
