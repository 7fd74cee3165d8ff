/**
 * What the human part of a report needs in a language. Each language is one record; a sentence that lacks is a compile
 * error. The sentences are for the person who wrote the message, not for whoever runs the mail system.
 */
import type { Reason } from '../core/reasons.js';

/** Languages of the human part: English, Swedish, Norwegian (bokmål). */
export type Language = 'en' | 'sv' | 'nb';

/** RFC 3464 §2.3.3 actions that a sending system can report. */
export type DsnAction = 'failed' | 'delayed' | 'delivered' | 'relayed';

/** What was wrong, and what the reader can do; whole sentences. */
export type ReasonText = readonly [what: string, remedy: string];

/** All words of one language. */
export interface LanguageTexts {
  readonly reasons: Readonly<Record<Reason, ReasonText>>;
  /** For a failure whose cause nobody knows. */
  readonly unknownCause: ReasonText;
  /** Display name of the From field. */
  readonly fromName: string;
  /** Subjects; `to` is a domain or `several`. */
  readonly subject: Readonly<Record<DsnAction | 'insecure', (to: string) => string>>;
  readonly several: string;
  /** First sentence about one recipient. */
  readonly lead: Readonly<Record<DsnAction, (recipient: string) => string>>;
  /** What the sender of mail that still waits can do; the remedies of `reasons` are for mail that has ended. */
  readonly whileWaiting: string;
  /** Said where a policy forbade to send. */
  readonly secureOnly: string;
  readonly since: (time: string) => string;
  readonly lastAttempt: (time: string) => string;
  readonly retryUntil: (time: string) => string;
  readonly server: (host: string) => string;
  readonly detail: (text: string) => string;
  readonly reply: (text: string) => string;
  /** Said instead of quoting an answer that came before TLS (AT-5). */
  readonly unprovenReply: string;
  /** Last paragraph. */
  readonly closing: string;
  readonly months: readonly string[];
  /** `day`, `month` (a name), `year` and `clock` (`09:00`) as a date. */
  readonly date: (day: number, month: string, year: number, clock: string) => string;
}

/** A moment as people of the language write it, always UTC. */
export function formatTime(texts: LanguageTexts, time: number): string {
  const at = new Date(time);
  const clock = at.toISOString().slice(11, 16);
  return `${texts.date(at.getUTCDate(), texts.months[at.getUTCMonth()] ?? '', at.getUTCFullYear(), clock)} UTC`;
}
