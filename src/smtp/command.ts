/**
 * Commands as octets. The one place where a command is written: CR, LF, NUL and every other control is refused here,
 * whatever was checked before (AT-21), and parameters are said only for extensions that the server offered (SC-20).
 * Standards: RFC 5321 §2.4, §3.3, §4.1.1; RFC 1870, 3461, 6152, 6531.
 */
import { ConfigError } from '../core/errors.js';
import type { Envelope, Recipient } from '../message/envelope.js';
import { needsUtf8 } from '../message/envelope.js';
import type { Message } from '../message/source.js';
import { encodeXtext } from '../message/xtext.js';
import type { Capabilities } from './capabilities.js';

// SC-22: 512 octets and the increments of the extensions; DSN alone needs 1036.
const MAX_COMMAND = 2048;

/** A command line with its CRLF. @throws ConfigError `command-invalid` */
export function formatCommand(line: string): Buffer {
  // eslint-disable-next-line no-control-regex
  if (/[\x00-\x1f\x7f]/.test(line)) {
    throw new ConfigError(
      'command-invalid',
      'command: expected one line, got a control character (CR, LF, NUL or other) inside it',
    );
  }
  const octets = Buffer.from(`${line}\r\n`, 'utf8');
  if (octets.length > MAX_COMMAND) {
    throw new ConfigError(
      'command-invalid',
      `command: expected at most ${MAX_COMMAND} octets, got ${octets.length}`,
    );
  }
  return octets;
}

/** MAIL FROM with what the server offers and the message needs. */
export function formatMail(envelope: Envelope, message: Message, offered: Capabilities): Buffer {
  const utf8 = message.eightBitHeader || needsUtf8(envelope);
  const parameters = [
    offered.size === null ? '' : ` SIZE=${message.size}`,
    offered.eightBitMime && (message.eightBitBody || utf8) ? ' BODY=8BITMIME' : '',
    offered.smtpUtf8 && utf8 ? ' SMTPUTF8' : '',
    offered.dsn && envelope.ret !== null ? ` RET=${envelope.ret === 'full' ? 'FULL' : 'HDRS'}` : '',
    offered.dsn && envelope.envelopeId !== null ? ` ENVID=${encodeXtext(envelope.envelopeId)}` : '',
  ];
  return formatCommand(`MAIL FROM:<${envelope.from?.path ?? ''}>${parameters.join('')}`);
}

/** RCPT TO with NOTIFY and ORCPT where the server offers DSN (DSN-1). */
export function formatRcpt(recipient: Recipient, offered: Capabilities): Buffer {
  const { notify, originalRecipient } = recipient;
  const words = notify === null ? null : notify === 'never' ? 'NEVER' : notify.join(',').toUpperCase();
  const [type = '', ...address] = originalRecipient?.split(';') ?? [];
  const parameters = [
    offered.dsn && words !== null ? ` NOTIFY=${words}` : '',
    offered.dsn && originalRecipient !== null ? ` ORCPT=${type};${encodeXtext(address.join(';'))}` : '',
  ];
  return formatCommand(`RCPT TO:<${recipient.address.path}>${parameters.join('')}`);
}
