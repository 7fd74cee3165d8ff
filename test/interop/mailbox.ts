/**
 * Reads what a server has stored: one file for each recipient, line ends as LF. Servers put header fields of their own
 * on top; from the first field of the message on, all octets must be those that were sent.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import type { MailServer } from './servers.js';

/** One delivery. */
export interface Stored {
  /** Fields that the server put in front. */
  readonly added: string;
  /** From the first field of the message on. */
  readonly message: Buffer;
  /** The recipient that the server wrote down. */
  readonly recipient: string;
}

export interface Mailbox {
  /** Waits until `count` deliveries of the message with this first line are there. */
  find(firstLine: string, count: number): Promise<readonly Stored[]>;
  /** Waits for a delivery to a recipient whose text holds all of these. */
  findReport(recipient: string, texts: readonly string[]): Promise<string>;
}

/** Fields of Postfix and Exim (RFC 5321 §4.4 asks for Return-Path and Received). */
const SERVER_FIELDS = /^(?:Return-Path|X-Original-To|Delivered-To|Envelope-to|Received):/i;

export function openMailbox(server: MailServer): Mailbox {
  // Files in new/ are complete and never change.
  const seen = new Map<string, Buffer>();
  const all = (): Buffer[] => {
    for (const name of readdirSync(server.maildir)) {
      if (!seen.has(name)) seen.set(name, readFileSync(join(server.maildir, name)));
    }
    return [...seen.values()];
  };
  const waitFor = <T>(read: () => T): Promise<T> => vi.waitFor(read, { timeout: 30_000, interval: 20 });
  return {
    find: (firstLine, count) =>
      waitFor(() => {
        const found = all().flatMap((octets) => split(octets, firstLine) ?? []);
        if (found.length >= count) return found;
        throw new Error(`${server.name} has stored ${found.length} of ${count} copies of "${firstLine}"`);
      }),
    findReport: (recipient, texts) =>
      waitFor(() => {
        const found = all()
          .map((octets) => octets.toString('latin1'))
          .find((text) => recipientOf(text) === recipient && texts.every((part) => text.includes(part)));
        if (found !== undefined) return found;
        throw new Error(`${server.name} has stored nothing for ${recipient} with ${texts.join(', ')}`);
      }),
  };
}

/** null: another message. */
function split(octets: Buffer, firstLine: string): Stored | null {
  const at = octets.indexOf(`\n${firstLine}\n`);
  if (at === -1) return null;
  const added = octets.toString('utf8', 0, at + 1);
  for (const line of added.trimEnd().split('\n')) {
    if (!SERVER_FIELDS.test(line) && !/^\s/.test(line)) {
      throw new Error(`no server adds ${JSON.stringify(line)}`);
    }
  }
  return { added, message: octets.subarray(at + 1), recipient: recipientOf(added) };
}

/** Postfix says Delivered-To, Exim Envelope-to. */
function recipientOf(added: string): string {
  return /^(?:Delivered-To|Envelope-to): (.*)$/im.exec(added)?.[1] ?? '';
}

/** Where two texts part, for people; null: nowhere. */
export function difference(sent: Buffer, stored: Buffer): string | null {
  if (sent.equals(stored)) return null;
  let at = 0;
  while (at < sent.length && sent[at] === stored[at]) at += 1;
  const around = (octets: Buffer): string => JSON.stringify(octets.toString('latin1', at - 20, at + 40));
  return `${sent.length} octets sent, ${stored.length} stored; at ${at} ${around(sent)} became ${around(stored)}`;
}
