/**
 * THE table of reasons. Why a delivery did not happen is always one key of it; outcome, NDR, events, reports and docs
 * all read this one table, so they cannot disagree. Each row says what is true, what to do and who can do it, what
 * becomes of the mail, the enhanced status (RFC 3463; the first digit turns 5 when the host chose to bounce policy
 * failures), the RFC 8460 result type where TLSRPT counts it, and the source of the rule.
 */

/** Who can mend it: the sending host, the recipient's side, the network between, or whoever wrote the policy. */
export type Fixer = 'sender' | 'recipient' | 'network' | 'policy';

/**
 * What becomes of the mail. `hold`: a policy refuses, kept until it passes or the hold time ends; `retry`: temporary,
 * ordinary schedule; `fail`: permanent, reported at once; `unknown`: the peer may have it, retried and marked.
 */
export type Effect = 'hold' | 'retry' | 'fail' | 'unknown';

/** RFC 8460 §4.3 result types that a session without a published policy can have. */
export type TlsReportType =
  | 'starttls-not-supported'
  | 'certificate-host-mismatch'
  | 'certificate-expired'
  | 'certificate-not-trusted'
  | 'validation-failure';

/** One row of the table. */
export interface ReasonRecord {
  /** What is wrong, one sentence, without the details of the case. */
  readonly says: string;
  /** What to do, addressed to the one who can. */
  readonly remedy: string;
  readonly fixer: Fixer;
  readonly effect: Effect;
  /** RFC 3463 status while queued and in the final NDR. */
  readonly status: string;
  readonly tlsReport: TlsReportType | null;
  readonly cite: string;
}

type Row = readonly [
  effect: Effect,
  status: string,
  fixer: Fixer,
  tlsReport: TlsReportType | null,
  cite: string,
  says: string,
  remedy: string,
];

const rows = {
  // Finding the way
  'recipient-invalid': ['fail', '5.1.3', 'sender', null, 'RFC 5321 §4.1.2', 'The address of the recipient is not valid.', 'Correct the address and send the message again.'],
  'address-literal-unverifiable': ['fail', '5.7.0', 'policy', null, 'MX-3', 'The address names a machine by its number, and certificates carry names.', 'Write to a domain, or pin a certificate for this address.'],
  'dns-nxdomain': ['fail', '5.1.2', 'sender', null, 'RFC 5321 §5.1; MX-7', 'The domain does not exist.', 'Correct the domain in the address and send the message again.'],
  'null-mx': ['fail', '5.1.10', 'sender', null, 'RFC 7505 §3; MX-11', 'The domain has declared that it receives no mail.', 'Write to another address.'],
  'dns-servfail': ['retry', '4.4.3', 'recipient', null, 'RFC 5321 §5.1; MX-8', 'The name servers of the domain do not answer properly.', 'Repair the name servers or the signatures of the zone.'],
  'dns-timeout': ['retry', '4.4.3', 'network', null, 'RFC 5321 §5.1; MX-8', 'No name server answered in time.', 'Check the resolver and the way to the name servers of the domain.'],
  'dns-refused': ['retry', '4.4.3', 'sender', null, 'RFC 5321 §5.1; MX-8', 'The resolver refuses to answer.', 'Check which resolver this machine asks, and that it may ask it.'],
  'dns-malformed': ['retry', '4.4.3', 'recipient', null, 'RFC 5321 §5.1; MX-8', 'The answer of the name servers cannot be read.', 'Repair the zone of the domain.'],
  'dns-alias-loop': ['retry', '4.4.3', 'recipient', null, 'RFC 5321 §5.1; MX-6', 'The aliases of the domain lead in a circle or too far.', 'Repair the CNAME records of the domain.'],
  'dnssec-invalid': ['retry', '4.4.3', 'recipient', null, 'RFC 7672 §2.1.2', 'The signatures of the zone do not verify.', 'Repair the DNSSEC records of the domain.'],
  'dns-unconfirmed': ['retry', '4.4.3', 'network', null, 'AT-31', 'The DNS says that the domain does not exist or takes no mail, and this sender believes it only when it is said again.', 'Nothing; it is asked again. If the domain does exist, look for somebody who forges DNS answers.'],
  'no-usable-host': ['fail', '5.4.4', 'recipient', null, 'RFC 5321 §5.1; MX-10', 'None of the mail servers that the domain names can be reached by that name.', 'Publish MX records that name existing hosts with addresses.'],
  'host-unresolved': ['retry', '4.4.4', 'recipient', null, 'MX-10', 'The addresses of the mail servers cannot be found at present.', 'Check the name servers of the mail hosts.'],
  'address-not-allowed': ['hold', '4.7.0', 'recipient', null, 'AT-36', 'The domain leads to a private or reserved address.', 'Publish public addresses; or, if this is meant, write the route down by name or allow the address.'],
  'mail-loop': ['fail', '5.4.6', 'recipient', null, 'RFC 5321 §5.1; MX-17', 'The mail would come back to the host that sends it.', 'Correct the MX records, or the names this host goes by.'],

  // Reaching the server
  'connect-timeout': ['retry', '4.4.1', 'network', null, 'RFC 5321 §4.5.3.2', 'The mail server did not answer the connection in time.', 'Check that the server is up and that nothing on the way blocks the port.'],
  'connect-refused': ['retry', '4.4.1', 'recipient', null, 'RFC 3463 §3.5', 'Nothing listens at the address of the mail server.', 'Start the mail server or correct its address.'],
  'network-unreachable': ['retry', '4.4.1', 'network', null, 'RFC 3463 §3.5', 'There is no way to the address from this machine.', 'Check the routes of this machine (IPv4 and IPv6 apart).'],
  'egress-port-blocked': ['retry', '4.4.1', 'network', null, 'RFC 3463 §3.5', 'No mail server at all can be reached on this port: outgoing connections seem to be blocked.', 'Ask the network or cloud provider to open outgoing port 25, or use a relay.'],
  'no-greeting': ['retry', '4.4.1', 'recipient', null, 'RFC 5321 §4.3.1', 'The server accepted the connection but never greeted.', 'Check the server; a port that expects TLS from the first byte also stays silent.'],
  'connection-closed': ['retry', '4.4.2', 'recipient', null, 'RFC 5321 §3.8; SC-15', 'The connection was lost in mid-session.', 'Check the log of the mail server for the reason.'],
  'command-timeout': ['retry', '4.4.2', 'recipient', null, 'RFC 5321 §4.5.3.2; SC-37', 'The server stopped answering in mid-session.', 'Check the load and the log of the mail server.'],
  'session-time-limit': ['retry', '4.4.2', 'recipient', null, 'AT-13', 'The session took longer than one attempt may take.', 'Check why the mail server answers so slowly.'],
  'delivery-unknown': ['unknown', '4.4.2', 'recipient', null, 'RFC 5321 §4.5.3.2.6; Q-15', 'The connection was lost after the message and before its receipt: the server may have it or not.', 'Nothing; the message is sent again and may arrive twice with the same Message-ID.'],

  // What servers say
  'smtp-refused': ['fail', '5.3.2', 'recipient', null, 'RFC 5321 §3.1; SC-2', 'The server does not accept mail from here.', 'Ask the recipient why; blocked addresses and missing reverse DNS are usual.'],
  'peer-busy': ['retry', '4.3.2', 'recipient', null, 'RFC 5321 §3.8; SC-14', 'The server asks to come back later.', 'Nothing; it is tried again.'],
  'peer-concurrency-limit': ['retry', '4.3.2', 'sender', null, 'RFC 5321 §4.2', 'The server has too many connections from here.', 'Lower the number of connections for this domain.'],
  'ehlo-name-refused': ['fail', '5.5.4', 'sender', null, 'RFC 5321 §4.1.4; SC-5', 'The server does not accept the name with which this host introduces itself.', 'Set `ehloName` to a name that resolves to the address mail leaves from.'],
  'sender-rejected': ['fail', '5.1.7', 'sender', null, 'RFC 5321 §3.3; Q-6', 'The server refuses the sender.', 'Read the reply of the server; change the sender address or ask the recipient.'],
  'sender-deferred': ['retry', '4.1.7', 'recipient', null, 'RFC 5321 §3.3', 'The server does not take the sender for the moment.', 'Nothing; it is tried again.'],
  'recipient-rejected': ['fail', '5.1.1', 'sender', null, 'RFC 5321 §3.3; SC-23', 'The server refuses the recipient.', 'Correct the address, or ask the recipient by other means.'],
  'recipient-deferred': ['retry', '4.2.0', 'recipient', null, 'RFC 5321 §3.3; SC-23', 'The server does not take mail for the recipient for the moment.', 'Nothing; it is tried again.'],
  'message-rejected': ['fail', '5.6.0', 'sender', null, 'RFC 5321 §4.1.1.4; SC-28', 'The server refuses the message.', 'Read the reply of the server; change the message or ask the recipient.'],
  'message-deferred': ['retry', '4.3.0', 'recipient', null, 'RFC 5321 §4.1.1.4; SC-28', 'The server could not take the message for the moment.', 'Nothing; it is tried again.'],
  'reply-malformed': ['retry', '4.5.0', 'recipient', null, 'RFC 5321 §4.2; SC-9, SC-11', 'The server answers in a way that is not SMTP.', 'Check the mail server and what stands between.'],
  'reply-too-long': ['retry', '4.5.0', 'recipient', null, 'SC-12', 'The server answers without end.', 'Check the mail server and what stands between.'],
  'reply-mismatch': ['retry', '4.5.0', 'recipient', null, 'SC-39, SC-54; AT-3', 'The answers of the server do not fit the commands.', 'Check the mail server and what stands between.'],
  'unsolicited-reply': ['retry', '4.5.0', 'recipient', null, 'ST-11; AT-7', 'The server spoke when nothing was asked.', 'Check the mail server and what stands between.'],

  // Getting TLS
  'starttls-not-supported': ['hold', '4.7.4', 'recipient', 'starttls-not-supported', 'RFC 3207 §6; ST-1', 'The server does not offer encryption (STARTTLS).', 'Enable STARTTLS on the mail server.'],
  'starttls-stripped': ['hold', '4.7.4', 'network', 'starttls-not-supported', 'RFC 3207 §6; AT-1', 'Something between overwrites the offer of encryption.', 'Look for a firewall that inspects SMTP, on either side, and let it pass STARTTLS.'],
  'starttls-refused': ['hold', '4.7.4', 'recipient', 'starttls-not-supported', 'RFC 3207 §4; ST-4', 'The server offers encryption but refuses to start it.', 'Repair the TLS setup of the mail server.'],
  'starttls-temporarily-unavailable': ['hold', '4.7.4', 'recipient', 'starttls-not-supported', 'RFC 3207 §4; ST-4', 'The server cannot start encryption at present.', 'Repair the TLS setup of the mail server (often an unreadable key or certificate).'],
  'plaintext-after-starttls': ['hold', '4.7.5', 'network', 'validation-failure', 'RFC 3207 §6; ST-5, AT-2', 'Clear text arrived where the encryption had to begin: a broken server, or somebody who interferes.', 'Check the mail server and what stands between.'],
  'not-tls': ['hold', '4.7.5', 'recipient', 'validation-failure', 'RFC 8314 §3.3', 'The port does not speak TLS.', 'Use STARTTLS on ports 25 and 587; TLS from the first byte only on 465.'],
  'handshake-closed': ['hold', '4.7.5', 'recipient', 'validation-failure', 'ST-13', 'The server closed the connection during the TLS handshake.', 'Check the TLS log of the mail server; it may have no certificate for this name.'],
  'handshake-timeout': ['hold', '4.7.5', 'network', 'validation-failure', 'ST-13', 'The TLS handshake did not end in time.', 'Look for a device between that swallows large handshakes, and check the mail server.'],
  'handshake-alert': ['hold', '4.7.5', 'recipient', 'validation-failure', 'RFC 8446 §6.2', 'The server broke off the TLS handshake.', 'Check the suites and certificates of the mail server.'],
  'no-common-protocol': ['hold', '4.7.6', 'recipient', 'validation-failure', 'RFC 9325 §3.1.1; CV-1', 'The server speaks only versions of TLS that are too old.', 'Enable TLS 1.2 or 1.3 on the mail server.'],
  'client-certificate-required': ['hold', '4.7.5', 'sender', 'validation-failure', 'RFC 8446 §6.2', 'The server wants this host to show a certificate.', 'Configure a client certificate for this domain.'],
  'session-resumed': ['hold', '4.7.5', 'recipient', 'validation-failure', 'ST-21', 'The TLS session was resumed, so there was no certificate to check.', 'Nothing; a full handshake is made the next time.'],
  'legacy-renegotiation': ['hold', '4.7.6', 'recipient', 'validation-failure', 'RFC 5746; CV-11', 'The server lacks secure renegotiation.', 'Update the TLS library of the mail server.'],
  'protocol-below-floor': ['hold', '4.7.6', 'recipient', 'validation-failure', 'CV-16', 'The version of TLS is below what the policy asks.', 'Enable a newer version of TLS on the mail server.'],
  'cipher-below-floor': ['hold', '4.7.6', 'recipient', 'validation-failure', 'CV-16', 'The cipher suite is weaker than the policy allows.', 'Enable stronger suites on the mail server.'],
  'cipher-forbidden': ['hold', '4.7.6', 'recipient', 'validation-failure', 'FI-13; CV-6', 'The cipher suite is on the list of those that must never be used.', 'Disable the suite on the mail server and enable strong ones.'],
  'no-forward-secrecy': ['hold', '4.7.6', 'recipient', 'validation-failure', 'RFC 9325 §4.1; CV-16', 'The key exchange has no forward secrecy.', 'Enable ECDHE suites on the mail server.'],
  'weak-dh': ['hold', '4.7.6', 'recipient', 'validation-failure', 'RFC 9325 §4.5; CV-10', 'The Diffie-Hellman group of the server is too small.', 'Use ECDHE, or a group of 2048 bits or more, on the mail server.'],

  // The certificate
  'certificate-missing': ['hold', '4.7.5', 'recipient', 'certificate-not-trusted', 'CV-9', 'The server showed no certificate.', 'Install a certificate on the mail server.'],
  'certificate-unknown-issuer': ['hold', '4.7.5', 'recipient', 'certificate-not-trusted', 'RFC 5280 §6; CI-1', 'The issuer of the certificate is not in the list of trusted authorities.', 'Install a certificate of a listed authority; or the policy names the authority that both sides agreed on.'],
  'certificate-not-trusted': ['hold', '4.7.5', 'recipient', 'certificate-not-trusted', 'RFC 5280 §6; CI-1', 'The chain ends in an authority that is not trusted.', 'Install a certificate of a listed authority; if every partner shows this, look for a device that opens TLS.'],
  'certificate-self-signed': ['hold', '4.7.5', 'recipient', 'certificate-not-trusted', 'FAQ-23; CI-1', 'The certificate is signed by itself; anyone can make such a one.', 'Install a certificate of a listed authority, or agree on a pin.'],
  'certificate-chain-incomplete': ['hold', '4.7.5', 'recipient', 'certificate-not-trusted', 'CI-4', 'The server does not send the certificates between its own and the authority.', 'Install the full chain on the mail server.'],
  'certificate-distrusted-root': ['hold', '4.7.5', 'recipient', 'certificate-not-trusted', 'CI-3', 'The authority is distrusted for certificates of this date.', 'Get a certificate from another authority.'],
  'certificate-issuer-not-allowed': ['hold', '4.7.5', 'recipient', 'certificate-not-trusted', 'FI-6', 'The certificate is valid, but not from the issuer or with the key that was agreed.', 'Install the agreed certificate, or tell the sender about the change.'],
  'certificate-expired': ['hold', '4.7.5', 'recipient', 'certificate-expired', 'RFC 5280 §4.1.2.5; CI-7, FI-19', 'The certificate has expired.', 'Renew the certificate and reload the mail server.'],
  'certificate-not-yet-valid': ['hold', '4.7.5', 'recipient', 'certificate-not-trusted', 'RFC 5280 §4.1.2.5; CI-7', 'The certificate is not valid yet.', 'Check the clocks of both sides, then the certificate.'],
  'certificate-host-mismatch': ['hold', '4.7.5', 'recipient', 'certificate-host-mismatch', 'RFC 9525 §6; CI-12', 'The certificate does not carry the name of the mail server.', 'Install a certificate with that name, or publish the MX name that it carries.'],
  'certificate-cn-mismatch': ['hold', '4.7.5', 'recipient', 'certificate-host-mismatch', 'FI-20; CI-14', 'The Common Name of the certificate is not the name of the mail server.', 'Install a certificate whose Common Name is the name of the mail server.'],
  'certificate-wrong-purpose': ['hold', '4.7.5', 'recipient', 'certificate-not-trusted', 'RFC 5280 §4.2.1.12; CI-6', 'The certificate is not issued for servers.', 'Install a certificate for server authentication.'],
  'certificate-weak-key': ['hold', '4.7.6', 'recipient', 'certificate-not-trusted', 'RFC 9325 §4.5; CI-9', 'A key in the certificate chain is too short.', 'Get a certificate with an RSA key of 2048 bits or an EC key of 256 bits, or more.'],
  'certificate-weak-signature': ['hold', '4.7.6', 'recipient', 'certificate-not-trusted', 'RFC 9325 §4.5; CI-9', 'A certificate in the chain is signed with a broken digest.', 'Get a certificate signed with SHA-256 or better.'],
  'certificate-revoked': ['hold', '4.7.5', 'recipient', 'certificate-not-trusted', 'RFC 9325 §7.5; CI-8', 'The certificate has been revoked.', 'Get a new certificate.'],
  'certificate-staple-missing': ['hold', '4.7.5', 'recipient', 'certificate-not-trusted', 'RFC 7633; CI-8', 'The certificate promises a fresh word of its authority (OCSP stapling), and the server sends none that counts.', 'Enable OCSP stapling on the mail server, or get a certificate without the promise.'],
  'certificate-name-constraint': ['hold', '4.7.5', 'recipient', 'certificate-not-trusted', 'RFC 5280 §4.2.1.10; CI-5', 'An authority in the chain may not issue for this name.', 'Get a certificate from an authority that may.'],
  'certificate-unknown-critical-extension': ['hold', '4.7.5', 'recipient', 'certificate-not-trusted', 'RFC 5280 §4.2; CI-5', 'The certificate carries a critical extension that nobody here understands.', 'Get a certificate without it.'],
  'certificate-invalid': ['hold', '4.7.5', 'recipient', 'certificate-not-trusted', 'RFC 5280 §6; CI-5', 'The chain of certificates breaks the rules for authorities.', 'Get a certificate from a proper authority and install its chain.'],

  // Our own policy
  'mx-not-allowed': ['hold', '4.7.0', 'policy', 'validation-failure', 'FI-5', 'The domain names a mail server that is not on the agreed list.', 'Confirm the change with the recipient, then change the list.'],
  'mx-not-authenticated': ['hold', '4.7.0', 'policy', 'validation-failure', 'RFC 9325 §7.1; MX-20', 'The name of the mail server came from unsigned DNS, and the policy asks for more.', 'Pin the MX names of this domain.'],
  'policy-contradiction': ['hold', '4.7.0', 'policy', null, 'CI-1', 'Two policies ask for things that cannot both hold.', 'Change one of the policies that are named.'],
  'policy-lowered': ['hold', '4.7.0', 'policy', null, 'Q-12; BITS-5.2.2', 'The policy is weaker now than when the message was accepted.', 'Restore the policy, or let an operator accept the weaker one by name.'],
  'policy-source-unknown': ['hold', '4.7.0', 'policy', null, 'AT-54', 'A source of policies cannot be read, so nobody knows what must hold.', 'Repair the source; the message is tried again.'],
  'auth-not-offered': ['hold', '4.7.0', 'sender', null, 'RFC 4954; ST-18', 'The relay offers no way to log in that is known here.', 'Check host, port and login of the relay.'],
  'auth-rejected': ['hold', '4.7.8', 'sender', null, 'RFC 4954 §6; ST-18', 'The relay refuses the login.', 'Correct the user name and password of the relay.'],

  // The message itself
  'message-too-big': ['fail', '5.3.4', 'sender', null, 'RFC 1870 §6; SC-46', 'The message is larger than the server takes.', 'Send less, or by other means.'],
  'message-malformed': ['fail', '5.6.0', 'sender', null, 'RFC 5322 §3.6; SC-36', 'The message breaks the rules for mail.', 'Correct the message and send it again.'],
  'line-too-long': ['fail', '5.6.0', 'sender', null, 'RFC 5322 §2.1.1; SC-33', 'The message has a line of more than 998 octets.', 'Encode the message as quoted-printable or base64.'],
  'lone-cr': ['fail', '5.6.0', 'sender', null, 'RFC 5321 §2.3.8; SC-30, AT-20', 'The message has a carriage return without a line feed.', 'Write line ends as CR LF.'],
  'message-changed': ['fail', '5.6.0', 'sender', null, 'FAQ-10', 'The message is not the one any more that was accepted.', 'Keep the file as it is until the message has been delivered; send it again.'],
  '8bitmime-not-offered': ['fail', '5.6.3', 'sender', null, 'RFC 6152 §3; SC-48', 'The message has 8-bit content and the server takes only 7 bits.', 'Encode the message as quoted-printable or base64.'],
  'smtputf8-not-offered': ['fail', '5.6.7', 'sender', null, 'RFC 6531 §3.2; SC-49', 'The address needs SMTPUTF8 and the server does not offer it.', 'Use an address in ASCII.'],
  'smtputf8-header-not-offered': ['fail', '5.6.9', 'sender', null, 'RFC 6531 §4.2; SC-49', 'The header needs SMTPUTF8 and the server does not offer it.', 'Encode the header fields in ASCII.'],
  'received-loop': ['fail', '5.4.6', 'sender', null, 'RFC 5321 §6.3; SC-53', 'The message has passed so many hosts that it must be going in circles.', 'Look for a forwarding loop.'],

  // The queue
  'internal-error': ['retry', '4.3.0', 'sender', null, 'Q-8', 'The sending system itself failed while it handled the message.', 'Look at the error that the sending system reported; the message is tried again.'],
  'queue-expired': ['fail', '4.4.7', 'recipient', null, 'RFC 3463 §3.5; DSN-33', 'The message could not be delivered in the time it had.', 'Send it again later.'],
  cancelled: ['fail', '5.0.0', 'policy', null, 'Q-24', 'An operator has taken the message out of the queue.', 'Ask the operator of the sending system.'],
} as const satisfies Record<string, Row>;

/** A stable key that says why. */
export type Reason = keyof typeof rows;

/** All reasons, in the order of the table. */
export const reasonKeys: readonly Reason[] = Object.keys(rows) as Reason[];

/** The row of a reason. */
export function describeReason(reason: Reason): ReasonRecord {
  const [effect, status, fixer, tlsReport, cite, says, remedy] = rows[reason];
  return { says, remedy, fixer, effect, status, tlsReport, cite };
}

/** True for text that is a reason. */
export function isReason(text: string): text is Reason {
  return Object.hasOwn(rows, text);
}
