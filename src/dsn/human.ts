/**
 * The part of a report that people read: for each recipient what happened, why, since when, and what to do. It quotes
 * only answers that came inside TLS; what anybody on the path could have said stands in the technical part alone (AT-5).
 */
import { printable } from '../core/printable.js';
import { wrapWords } from './encode.js';
import type { DsnRecipient } from './fields.js';
import { formatTime, type LanguageTexts } from './texts.js';

const MAX_REPLY_LINES = 6;

/** The text, lines ending in CRLF. */
export function formatHumanPart(recipients: readonly DsnRecipient[], texts: LanguageTexts): string {
  const paragraphs = recipients.flatMap((recipient) => describeRecipient(recipient, texts));
  return `${[...paragraphs, texts.closing].map((text) => wrapWords(text)).join('\r\n\r\n')}\r\n`;
}

/** The subject: what happened, and to which domain; nothing of the message and nothing that a server said (AT-22). */
export function formatSubject(recipients: readonly DsnRecipient[], texts: LanguageTexts): string {
  const failed = recipients.filter(({ action }) => action === 'failed');
  const shown = failed.length > 0 ? failed : recipients;
  const domains = [...new Set(recipients.map(({ address }) => address.slice(address.lastIndexOf('@') + 1)))];
  const to = domains.length === 1 ? (domains[0] ?? '') : texts.several;
  const insecure = failed.length > 0 && failed.every((recipient) => recipient.insecure === true);
  return printable(texts.subject[insecure ? 'insecure' : (shown[0]?.action ?? 'failed')](to), 300);
}

function describeRecipient(recipient: DsnRecipient, texts: LanguageTexts): string[] {
  const { action } = recipient;
  const lead = texts.lead[action](printable(recipient.address, 320));
  if (action === 'relayed' || action === 'delivered') return [lead];
  const [what, remedy] = recipient.reason === null ? texts.unknownCause : texts.reasons[recipient.reason];
  const why = [what];
  if (recipient.failingSince) why.push(texts.since(formatTime(texts, recipient.failingSince)));
  if (recipient.lastAttempt) why.push(texts.lastAttempt(formatTime(texts, recipient.lastAttempt)));
  if (action === 'delayed' && recipient.retryUntil) {
    why.push(texts.retryUntil(formatTime(texts, recipient.retryUntil)));
  }
  const paragraphs = [lead, why.join(' ')];
  if (recipient.insecure === true) paragraphs.push(texts.secureOnly);
  paragraphs.push(action === 'delayed' ? texts.whileWaiting : remedy, ...technical(recipient, texts));
  return paragraphs;
}

function technical(recipient: DsnRecipient, texts: LanguageTexts): string[] {
  const remote = recipient.remote ?? null;
  const host = remote?.host ?? recipient.attemptedHost;
  const lines = host ? [texts.server(printable(host, 260))] : [];
  if (remote === null) {
    if (recipient.unproven === true) lines.push(texts.unprovenReply);
    else if (recipient.detail) lines.push(texts.detail(printable(recipient.detail, 600)));
  } else if (remote.secure) {
    const said = remote.lines.slice(0, MAX_REPLY_LINES).map((line) => printable(line, 300));
    if (remote.lines.length > MAX_REPLY_LINES) said.push('...');
    lines.push(texts.reply(`"${remote.code} ${said.join(' ')}"`));
  } else {
    lines.push(texts.unprovenReply);
  }
  return lines;
}
