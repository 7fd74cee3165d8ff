/**
 * The status of every reason, written down anew from RFC 3463, RFC 6531 and the registry of enhanced codes, so that a
 * slip in the table of reasons does not go unseen.
 */
import type { Reason } from '../../src/core/reasons.js';

/** X.y.z -> reasons that end with it when the time is over. */
export const STATUSES: Readonly<Record<string, readonly Reason[]>> = {
  // RFC 3463 §3.2 and the registry: addresses
  '5.1.1': ['recipient-rejected'],
  '5.1.2': ['dns-nxdomain'],
  '5.1.3': ['recipient-invalid'],
  '5.1.7': ['sender-rejected'],
  '4.1.7': ['sender-deferred'],
  '5.1.10': ['null-mx'],
  // §3.3, §3.4: mailbox and mail system
  '4.2.0': ['recipient-deferred'],
  '4.3.0': ['message-deferred', 'internal-error'],
  '4.3.2': ['peer-busy', 'peer-concurrency-limit'],
  '5.3.2': ['smtp-refused'],
  '5.3.4': ['message-too-big'],
  // §3.5: network and routing
  '4.4.1': [
    'connect-timeout',
    'connect-refused',
    'network-unreachable',
    'egress-port-blocked',
    'no-greeting',
  ],
  '4.4.2': ['connection-closed', 'command-timeout', 'session-time-limit', 'delivery-unknown'],
  '4.4.3': [
    'dns-servfail',
    'dns-timeout',
    'dns-refused',
    'dns-malformed',
    'dns-alias-loop',
    'dnssec-invalid',
    'dns-unconfirmed',
  ],
  '4.4.4': ['host-unresolved'],
  '5.4.4': ['no-usable-host'],
  '5.4.6': ['mail-loop', 'received-loop'],
  '4.4.7': ['queue-expired'],
  // §3.6: protocol
  '4.5.0': ['reply-malformed', 'reply-too-long', 'reply-mismatch', 'unsolicited-reply'],
  '5.5.4': ['ehlo-name-refused'],
  // §3.7, RFC 6531 §4.2: content
  '5.6.0': ['message-rejected', 'message-malformed', 'line-too-long', 'lone-cr', 'message-changed'],
  '5.6.3': ['8bitmime-not-offered'],
  '5.6.7': ['smtputf8-not-offered'],
  '5.6.9': ['smtputf8-header-not-offered'],
  // §3.8: security: the host's own policy
  '4.7.0': [
    'address-not-allowed',
    'mx-not-allowed',
    'mx-not-authenticated',
    'policy-contradiction',
    'policy-lowered',
    'policy-source-unknown',
    'auth-not-offered',
  ],
  '5.7.0': ['address-literal-unverifiable'],
  '4.7.8': ['auth-rejected'],
  // security features are not supported
  '4.7.4': [
    'starttls-not-supported',
    'starttls-stripped',
    'starttls-refused',
    'starttls-temporarily-unavailable',
  ],
  // cryptographic failure
  '4.7.5': [
    'plaintext-after-starttls',
    'not-tls',
    'handshake-closed',
    'handshake-timeout',
    'handshake-alert',
    'client-certificate-required',
    'session-resumed',
    'certificate-missing',
    'certificate-unknown-issuer',
    'certificate-not-trusted',
    'certificate-self-signed',
    'certificate-chain-incomplete',
    'certificate-distrusted-root',
    'certificate-issuer-not-allowed',
    'certificate-expired',
    'certificate-not-yet-valid',
    'certificate-host-mismatch',
    'certificate-cn-mismatch',
    'certificate-wrong-purpose',
    'certificate-revoked',
    'certificate-staple-missing',
    'certificate-name-constraint',
    'certificate-unknown-critical-extension',
    'certificate-invalid',
  ],
  // cryptographic algorithm is not supported
  '4.7.6': [
    'no-common-protocol',
    'legacy-renegotiation',
    'protocol-below-floor',
    'cipher-below-floor',
    'cipher-forbidden',
    'no-forward-secrecy',
    'weak-dh',
    'certificate-weak-key',
    'certificate-weak-signature',
  ],
  '5.0.0': ['cancelled'],
};
