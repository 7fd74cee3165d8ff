/**
 * Commands as text. The one place where a command is written: CR, LF, NUL and every other control is refused here,
 * whatever was checked before (AT-21), and parameters are said only for extensions that the server offered (SC-20).
 * Standards: RFC 5321 §2.4, §3.3, §4.1.1; RFC 1870, 3461, 6152, 6531.
 */
import { ConfigError } from '../core/errors.js';
import type { Envelope, Recipient } from '../message/envelope.js';
import { needsUtf8 } from '../message/envelope.js';
import type { Message } from '../message/source.js';
import { toAsciiForm } from '../message/utf8-address.js';
import { encodeXtext } from '../message/xtext.js';
import type { Capabilities } from './capabilities.js';

// SC-22: 512 octets and the increments of the extensions; DSN alone needs 1036.
const MAX_COMMAND = 2048;

// SC-21: a path with nothing in it that could end it early; in a quoted local part brackets and blanks are text.
const PATH = /^(?:"(?:[^"\\]|\\.)*"|[^\s"<>]+)@[^\s"<>]+$/u;

/**
 * A command line with its CRLF, in ASCII unless `utf8` (SMTPUTF8) is given; it leaves in UTF-8.
 * @throws ConfigError `command-invalid`
 */
export function formatCommand(line: string, utf8 = false): string {
  const isPlain = /^[ -~]*$/.test(line);
  // eslint-disable-next-line no-control-regex
  if (!isPlain && /[\x00-\x1f\x7f-\x9f]/.test(line)) {
    throw invalid('expected one line, got a control character (CR, LF, NUL or other) inside it');
  }
  // eslint-disable-next-line no-control-regex
  if (!isPlain && !utf8 && /[^\x00-\x7f]/.test(line)) {
    throw invalid('expected ASCII, as no SMTPUTF8 was negotiated, got a character outside it');
  }
  const octets = (isPlain ? line.length : Buffer.byteLength(line)) + 2;
  if (octets > MAX_COMMAND) {
    throw invalid(`expected at most ${MAX_COMMAND} octets, got ${octets}`);
  }
  return `${line}\r\n`;
}

function invalid(why: string): ConfigError {
  return new ConfigError('command-invalid', `command: ${why}`);
}

function bracket(path: string): string {
  if (path !== '' && !PATH.test(path)) {
    throw invalid('expected local@domain between the brackets, got something that would end them early');
  }
  return `<${path}>`;
}

/** MAIL FROM with what the server offers and the message needs. */
export function formatMail(envelope: Envelope, message: Message, offered: Capabilities): string {
  const utf8 = message.eightBitHeader || needsUtf8(envelope);
  const parameters = [
    offered.size === null ? '' : ` SIZE=${message.size}`,
    offered.eightBitMime && (message.eightBitBody || utf8) ? ' BODY=8BITMIME' : '',
    offered.smtpUtf8 && utf8 ? ' SMTPUTF8' : '',
    offered.dsn && envelope.ret !== null ? ` RET=${envelope.ret === 'full' ? 'FULL' : 'HDRS'}` : '',
    offered.dsn && envelope.envelopeId !== null ? ` ENVID=${encodeXtext(envelope.envelopeId)}` : '',
  ];
  return formatCommand(
    `MAIL FROM:${bracket(envelope.from?.path ?? '')}${parameters.join('')}`,
    offered.smtpUtf8,
  );
}

/** RCPT TO with NOTIFY and ORCPT where the server offers DSN (DSN-1). */
export function formatRcpt(recipient: Recipient, offered: Capabilities): string {
  const { notify, originalRecipient } = recipient;
  const words = notify === null ? null : notify === 'never' ? 'NEVER' : notify.join(',').toUpperCase();
  // UTF-8 is understood where the address itself needs it: then MAIL has said SMTPUTF8.
  const utf8 = offered.smtpUtf8 && recipient.address.needsUtf8;
  const parameters = [
    offered.dsn && words !== null ? ` NOTIFY=${words}` : '',
    offered.dsn && originalRecipient !== null ? ` ORCPT=${formatOriginal(originalRecipient, utf8)}` : '',
  ];
  return formatCommand(`RCPT TO:${bracket(recipient.address.path)}${parameters.join('')}`, offered.smtpUtf8);
}

function formatOriginal(originalRecipient: string, utf8: boolean): string {
  const [type = '', ...rest] = originalRecipient.split(';');
  const address = rest.join(';');
  // A type with a blank in it would be a parameter of its own (AT-21).
  if (!/^[A-Za-z0-9-]+$/.test(type)) {
    throw invalid('expected an address type such as "rfc822" in ORCPT, got something else');
  }
  if (type.toLowerCase() !== 'utf-8') return `${type};${encodeXtext(address)}`;
  return `${type};${utf8 && !/[\s+=]/.test(address) ? address : toAsciiForm(address)}`;
}
