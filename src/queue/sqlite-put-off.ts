/**
 * Domains of the SQLite queue that are put off, and how they are let go again: some jobs at a time, because a domain may
 * have very many and the event loop has other work. Functions over `Database` are steps of a transaction.
 */
import type { Committer } from './sqlite-commit.js';
import type { Database } from './sqlite-database.js';
import { forgetIdle, prioritiesOf, putOffUntil, READY, refreshDomain, refreshHead } from './sqlite-line.js';

/** Jobs that one step makes due. */
const HURRY_AT_ONCE = 500;

/** Puts a domain off until a time; null ends that. */
function setPutOff(database: Database, domain: string, until: number | null): void {
  database.run(
    'INSERT INTO domain (name, leased, put_off_until) VALUES (?, 0, ?) ON CONFLICT DO UPDATE SET put_off_until = excluded.put_off_until',
    domain,
    until,
  );
  forgetIdle(database, domain);
  refreshDomain(database, domain);
}

/** What a settlement says of its domain; gives how the domain goes on being let go, if it does. */
export function putOff(
  database: Database,
  domain: string,
  until: number | null,
  now: number,
): LettingGo | null {
  const before = putOffUntil(database, domain);
  if (before === until) return null;
  if (until === null) return letGo(database, { domain, until: before, now });
  setPutOff(database, domain, until);
  return null;
}

/** A domain that was put off until `until` and is being let go, some jobs at a time. */
export interface LettingGo {
  readonly domain: string;
  readonly until: number | null;
  readonly now: number;
}

/**
 * Makes some of the waiting jobs of a domain due, and ends that it is put off when none is left; until then it counts as
 * put off, so that what a crash interrupts is taken up by the next success. Gives what is left to do: null when there is
 * nothing, or when somebody has put the domain off anew.
 */
function letGo(database: Database, going: LettingGo): LettingGo | null {
  const { domain, until, now } = going;
  if (putOffUntil(database, domain) !== until) return null;
  if (hurry(database, domain, now) === HURRY_AT_ONCE) return going;
  setPutOff(database, domain, null);
  return null;
}

/** How a domain stands for an operator who wants all its waiting jobs due now. */
export function lettingGo(database: Database, domain: string, now: number): LettingGo {
  return { domain, until: putOffUntil(database, domain), now };
}

/** Makes some of the waiting jobs of a domain due; the number of jobs. */
function hurry(database: Database, domain: string, now: number): number {
  let count = 0;
  for (const priority of prioritiesOf(database, domain)) {
    const { changes } = database.run(
      `UPDATE job SET due_at = ? WHERE seq IN
        (SELECT seq FROM job WHERE ${READY} AND domain = ? AND priority = ? AND due_at > ? LIMIT ?)`,
      now,
      domain,
      priority,
      now,
      HURRY_AT_ONCE - count,
    );
    if (changes > 0) refreshHead(database, domain, priority);
    count += changes;
  }
  return count;
}

/** Lets a domain go, step by step; whoever else has something to write comes in between. */
export async function letAllGo(
  { database, committer }: { readonly database: Database; readonly committer: Committer },
  begun: LettingGo | null,
): Promise<void> {
  for (let going = begun; going !== null;) {
    const rest = going;
    going = await committer.write(() => letGo(database, rest));
  }
}
