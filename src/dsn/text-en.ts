/** The words of reports in English. */
import type { LanguageTexts } from './texts.js';

const TELL_RECIPIENT = 'Tell the recipient by other means; those who run the mail server there can mend it.';
const ASK_OWN = 'Ask those who run your own mail system.';
const AGAIN = 'Send the message again later. If it fails again, tell the recipient by other means.';
const RENEW =
  'Ask the recipient to have a proper certificate installed on the mail server, then send the message again.';
const STRONGER =
  'Ask the recipient to have the encryption of the mail server brought up to date, then send the message again.';
const ENCRYPT =
  'Ask the recipient to have the encryption of the mail server repaired, then send the message again.';
const INTERFERED = `${TELL_RECIPIENT} Somebody may be interfering with the connection.`;
const FIX_ADDRESS = 'Check the address letter by letter and send the message again.';

/** English. */
export const textsEn: LanguageTexts = {
  reasons: {
    'recipient-invalid': ['The address is not written as an address must be.', FIX_ADDRESS],
    'address-literal-unverifiable': [
      'The address names a machine by its number, and nobody can prove to be a number.',
      'Use an address with a domain name behind the "@".',
    ],
    'dns-nxdomain': ['The domain behind the "@" does not exist.', FIX_ADDRESS],
    'null-mx': [
      'The domain behind the "@" does not take any mail.',
      'Ask the recipient for another address.',
    ],
    'dns-servfail': ['The directory entries of the domain could not be read; they seem to be broken.', AGAIN],
    'dns-timeout': ['The directory that says where the mail of the domain goes did not answer.', AGAIN],
    'dns-refused': ['The directory that says where mail goes refused to answer your mail system.', ASK_OWN],
    'dns-malformed': ['The directory entries of the domain make no sense.', TELL_RECIPIENT],
    'dns-alias-loop': [
      'The directory entries of the domain point at each other in a circle.',
      TELL_RECIPIENT,
    ],
    'dnssec-invalid': ['The directory entries of the domain carry a signature that is wrong.', INTERFERED],
    'dns-unconfirmed': [
      'The domain was said not to take mail, and that could not be confirmed.',
      `${FIX_ADDRESS} If the address is right, tell the recipient by other means.`,
    ],
    'no-usable-host': ['The domain names mail servers that do not exist.', TELL_RECIPIENT],
    'host-unresolved': ['The mail servers of the domain could not be found at the time.', AGAIN],
    'address-not-allowed': [
      'The domain leads to an address inside a private network, where no mail is sent.',
      TELL_RECIPIENT,
    ],
    'mail-loop': ['The domain leads back to the mail system that sends.', ASK_OWN],
    'connect-timeout': ['The mail server of the recipient could not be reached.', AGAIN],
    'connect-refused': ['The mail server of the recipient is not running.', AGAIN],
    'network-unreachable': [
      'There was no way through the network to the mail server of the recipient.',
      AGAIN,
    ],
    'egress-port-blocked': ['Your mail system could not reach any mail server at all.', ASK_OWN],
    'no-greeting': ['The mail server of the recipient took the connection and then stayed silent.', AGAIN],
    'connection-closed': ['The mail server of the recipient broke off the connection.', AGAIN],
    'command-timeout': ['The mail server of the recipient stopped answering.', AGAIN],
    'session-time-limit': ['The mail server of the recipient was too slow.', AGAIN],
    'delivery-unknown': [
      'The connection broke before the mail server confirmed the message. It may have arrived or not.',
      'Ask the recipient whether the message has arrived before you send it again.',
    ],
    'smtp-refused': [
      'The mail server of the recipient does not take mail from your mail system.',
      'Tell the recipient by other means, and ask those who run your own mail system.',
    ],
    'peer-busy': ['The mail server of the recipient was too busy for too long.', AGAIN],
    'peer-concurrency-limit': ['The mail server of the recipient allows fewer connections at a time.', AGAIN],
    'ehlo-name-refused': [
      'The mail server of the recipient does not accept the name of your mail system.',
      ASK_OWN,
    ],
    'sender-rejected': [
      'The mail server of the recipient does not accept your address as a sender.',
      'Tell the recipient by other means, or send from another address.',
    ],
    'sender-deferred': ['The mail server of the recipient did not take mail from you at the time.', AGAIN],
    'recipient-rejected': [
      'The mail server does not accept mail for this recipient. Often the address is misspelt or no longer in use.',
      FIX_ADDRESS,
    ],
    'recipient-deferred': [
      'The mail server did not take mail for this recipient at the time. The mailbox may be full.',
      AGAIN,
    ],
    'message-rejected': [
      'The mail server of the recipient does not accept the message.',
      'Read the answer of the server, change the message (attachments are often the cause) and send it again.',
    ],
    'message-deferred': ['The mail server of the recipient could not take the message at the time.', AGAIN],
    'reply-malformed': ['The mail server of the recipient gave answers that make no sense.', TELL_RECIPIENT],
    'reply-too-long': ['The mail server of the recipient gave an answer without end.', TELL_RECIPIENT],
    'reply-mismatch': ['The answers of the mail server did not fit the questions.', INTERFERED],
    'unsolicited-reply': ['The mail server spoke when nothing had been asked.', INTERFERED],
    'starttls-not-supported': ['The mail server of the recipient offers no encryption.', ENCRYPT],
    'starttls-stripped': ['Something on the way removes the encryption.', INTERFERED],
    'starttls-refused': ['The mail server of the recipient offers encryption and then refuses it.', ENCRYPT],
    'starttls-temporarily-unavailable': [
      'The mail server of the recipient could not start the encryption.',
      ENCRYPT,
    ],
    'plaintext-after-starttls': ['Unencrypted text came where the encryption had to begin.', INTERFERED],
    'not-tls': ['The mail server of the recipient did not answer with encryption.', ENCRYPT],
    'handshake-closed': ['The mail server hung up while the encryption was being agreed on.', ENCRYPT],
    'handshake-timeout': ['The mail server fell silent while the encryption was being agreed on.', ENCRYPT],
    'handshake-alert': ['The mail server broke off while the encryption was being agreed on.', ENCRYPT],
    'no-common-protocol': ['The mail server of the recipient knows only outdated encryption.', STRONGER],
    'client-certificate-required': [
      'The mail server of the recipient wants your mail system to prove its identity.',
      ASK_OWN,
    ],
    'session-resumed': ['The identity of the mail server could not be checked.', AGAIN],
    'legacy-renegotiation': ['The encryption of the mail server has a known weakness.', STRONGER],
    'protocol-below-floor': ['The mail server uses a version of encryption that is too old.', STRONGER],
    'cipher-below-floor': ['The encryption of the mail server is too weak.', STRONGER],
    'cipher-forbidden': ['The mail server uses a kind of encryption that is forbidden.', STRONGER],
    'no-forward-secrecy': [
      'The encryption of the mail server would not protect the message if a key were stolen later.',
      STRONGER,
    ],
    'weak-dh': ['The mail server exchanges its keys in a way that is too weak.', STRONGER],
    'certificate-missing': ['The mail server showed no certificate to prove its identity.', RENEW],
    'certificate-unknown-issuer': [
      'The certificate of the mail server comes from an issuer that nobody here knows.',
      RENEW,
    ],
    'certificate-not-trusted': [
      'The certificate of the mail server comes from an issuer that is not trusted.',
      RENEW,
    ],
    'certificate-self-signed': [
      'The mail server issued its certificate to itself, which proves nothing.',
      RENEW,
    ],
    'certificate-chain-incomplete': [
      'The mail server shows only a part of the certificates that prove its identity.',
      RENEW,
    ],
    'certificate-distrusted-root': [
      'The issuer of the certificate of the mail server is no longer trusted.',
      RENEW,
    ],
    'certificate-issuer-not-allowed': [
      'The certificate of the mail server is not the one that was agreed on.',
      'Ask the recipient whether the certificate was changed, and tell those who run your own mail system.',
    ],
    'certificate-expired': [
      'The certificate of the mail server has expired.',
      'Ask the recipient to renew the certificate, then send the message again.',
    ],
    'certificate-not-yet-valid': ['The certificate of the mail server is not valid yet.', RENEW],
    'certificate-host-mismatch': [
      'The certificate of the mail server is made out to another name.',
      INTERFERED,
    ],
    'certificate-cn-mismatch': [
      'The certificate of the mail server is made out to another name.',
      INTERFERED,
    ],
    'certificate-wrong-purpose': ['The certificate of the mail server was not issued for servers.', RENEW],
    'certificate-weak-key': ['The key in the certificate of the mail server is too short.', RENEW],
    'certificate-weak-signature': ['The certificate of the mail server is signed in an outdated way.', RENEW],
    'certificate-revoked': ['The certificate of the mail server has been revoked.', RENEW],
    'certificate-staple-missing': [
      'The mail server does not show the proof of validity (OCSP stapling) that its certificate promises.',
      RENEW,
    ],
    'certificate-name-constraint': [
      'The issuer had no right to issue the certificate of the mail server.',
      RENEW,
    ],
    'certificate-unknown-critical-extension': [
      'The certificate of the mail server holds a condition that nobody here understands.',
      RENEW,
    ],
    'certificate-invalid': ['The certificate of the mail server breaks the rules for certificates.', RENEW],
    'mx-not-allowed': [
      'The domain names a mail server that is not among those that were agreed on.',
      'Ask the recipient whether the mail servers were changed, and tell those who run your own mail system.',
    ],
    'mx-not-authenticated': ['Nobody could prove that this mail server belongs to the domain.', ASK_OWN],
    'policy-contradiction': ['Two of the rules for this domain contradict each other.', ASK_OWN],
    'policy-lowered': ['The rules for this domain are weaker now than when you sent the message.', ASK_OWN],
    'policy-source-unknown': ['The rules for this domain could not be read.', ASK_OWN],
    'auth-not-offered': ['Your mail system could not log in at the relay it uses.', ASK_OWN],
    'auth-rejected': ['The relay of your mail system refused its password.', ASK_OWN],
    'message-too-big': [
      'The message is larger than the mail server of the recipient takes.',
      'Make the attachments smaller or send them by other means.',
    ],
    'message-malformed': ['The message is not built as mail must be.', ASK_OWN],
    'line-too-long': ['The message has a line that is too long for mail.', ASK_OWN],
    'lone-cr': ['The message has a line end that is not allowed in mail.', ASK_OWN],
    'message-changed': ['The stored message was changed or removed before it could be sent.', ASK_OWN],
    '8bitmime-not-offered': [
      'The mail server of the recipient cannot take the characters of the message as they are.',
      ASK_OWN,
    ],
    'smtputf8-not-offered': [
      'The mail server of the recipient cannot take letters such as "é" in addresses.',
      'Use an address that is written with the letters a to z.',
    ],
    'smtputf8-header-not-offered': [
      'The mail server of the recipient cannot take the header of the message as it is written.',
      ASK_OWN,
    ],
    'received-loop': ['The message has gone in circles between mail servers.', ASK_OWN],
    'internal-error': ['Your own mail system had a fault.', ASK_OWN],
    'queue-expired': ['The message could not be delivered in the time it had.', AGAIN],
    cancelled: ['The message was taken back by those who run your mail system.', ASK_OWN],
  },
  unknownCause: ['The cause is not known.', AGAIN],
  fromName: 'Mail Delivery',
  subject: {
    failed: (to) => `Undelivered: message to ${to}`,
    insecure: (to) => `Undelivered: no secure connection to ${to}`,
    delayed: (to) => `Delayed: message to ${to}`,
    delivered: (to) => `Delivered: message to ${to}`,
    relayed: (to) => `Handed over: message to ${to}`,
  },
  several: 'several recipients',
  lead: {
    failed: (recipient) => `Your message to ${recipient} was not delivered.`,
    delayed: (recipient) =>
      `Your message to ${recipient} has not been delivered yet. You need not send it again.`,
    delivered: (recipient) => `Your message to ${recipient} was delivered.`,
    relayed: (recipient) =>
      `Your message to ${recipient} was handed to the mail server of the recipient. That server sends no confirmations, so there will be no further word.`,
  },
  whileWaiting:
    'If it is urgent, tell the recipient by other means. If it is not, there is nothing to do: as soon as the trouble is mended, the message goes out by itself.',
  secureOnly:
    'The message may only be sent over a secure connection that meets the agreed rules. Without one, nothing of it was sent, in clear text neither.',
  since: (time) => `This has been so since ${time}.`,
  lastAttempt: (time) => `The last attempt was on ${time}.`,
  retryUntil: (time) => `It will be tried until ${time}; then you get a final report.`,
  server: (host) => `Mail server: ${host}`,
  detail: (text) => `Technical details: ${text}`,
  reply: (text) => `The server answered: ${text}`,
  unprovenReply:
    'The answer of the server came before the encryption and could be from anybody; it stands only in the technical part of this report.',
  closing: 'This report was written by a mail system. The part below is for those who run it.',
  months: [
    'January',
    'February',
    'March',
    'April',
    'May',
    'June',
    'July',
    'August',
    'September',
    'October',
    'November',
    'December',
  ],
  date: (day, month, year, clock) => `${day} ${month} ${year} ${clock}`,
};
