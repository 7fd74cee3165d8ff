import { expect, it } from 'vitest';
import { describeTlsError, reasonOfTlsError } from './tls-failure.js';

const reason = (code: string, afterStartTls = false): string =>
  reasonOfTlsError(Object.assign(new Error('x'), { code }), afterStartTls);

it('CV-1: what OpenSSL says of versions too old is no common protocol', () => {
  for (const code of ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION']) {
    expect(reason(code), code).toBe('no-common-protocol');
  }
});

it('ST-5, AT-2: octets that are not TLS are clear text after STARTTLS, and elsewhere a port without TLS', () => {
  for (const code of [
    'ERR_SSL_WRONG_VERSION_NUMBER',
    'ERR_SSL_PACKET_LENGTH_TOO_LONG',
    'ERR_SSL_HTTP_REQUEST',
  ]) {
    expect(reason(code, true), code).toBe('plaintext-after-starttls');
    expect(reason(code, false), code).toBe('not-tls');
  }
});

it('ST-13: other ways in which a handshake ends have their own reasons', () => {
  expect(reason('ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE')).toBe('handshake-alert');
  expect(reason('ERR_SSL_TLSV1_UNRECOGNIZED_NAME')).toBe('handshake-alert');
  expect(reason('ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR', true)).toBe('handshake-alert');
  expect(reason('ERR_SSL_SSLV3_ALERT_UNEXPECTED_MESSAGE', true)).toBe('handshake-alert');
  expect(reason('ECONNRESET')).toBe('handshake-closed');
  expect(reason('EPIPE')).toBe('handshake-closed');
});

it('RFC 8446 §6.2: a server that misses a certificate of this host is told from one that fails otherwise', () => {
  expect(reason('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED')).toBe('client-certificate-required');
  expect(reason('ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE')).toBe('client-certificate-required');
});

it('CV-10, AT-10: a small Diffie-Hellman group and a broken digest have their own reasons', () => {
  expect(reason('ERR_TLS_DH_PARAM_SIZE')).toBe('weak-dh');
  expect(reason('ERR_SSL_DH_KEY_TOO_SMALL')).toBe('weak-dh');
  expect(reason('ERR_SSL_WRONG_SIGNATURE_TYPE')).toBe('certificate-weak-signature');
});

it('CV-11: a server without secure renegotiation has its own reason', () => {
  expect(reason('ERR_SSL_UNSAFE_LEGACY_RENEGOTIATION_DISABLED')).toBe('legacy-renegotiation');
});

it('ST-13: an error that nobody knows is still a failed handshake', () => {
  expect(reason('ERR_NEVER_HEARD_OF')).toBe('handshake-alert');
  expect(reasonOfTlsError(new Error('tlsv1 alert protocol version PROTOCOL_VERSION'), false)).toBe(
    'no-common-protocol',
  );
});

it('AT-50: the detail is what OpenSSL means, not where in its source it said so', () => {
  const message = '403D8C06:error:0A00010B:SSL routines:tls_validate:wrong version number:../deps/x.c:80:';
  const error = Object.assign(new Error(message), {
    reason: 'wrong version number',
    code: 'ERR_SSL_WRONG_VERSION_NUMBER',
  });
  expect(describeTlsError(error)).toBe('OpenSSL: wrong version number (ERR_SSL_WRONG_VERSION_NUMBER)');
  expect(describeTlsError(new Error('DH parameter size 1024 is less than 2048'))).toBe(
    'DH parameter size 1024 is less than 2048',
  );
});
