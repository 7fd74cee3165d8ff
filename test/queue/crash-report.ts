/**
 * What became of the mail after processes were killed: the ledger of what they said, and the table that is made of it.
 */
import { appendFileSync } from 'node:fs';

/** What a process can be in the middle of. */
export const POINTS = ['put', 'lease', 'delivery', 'dot', 'settle', 'ndr'] as const;

/** One of them: `dot` is after the final dot and before settle, `ndr` a settlement that brings a report. */
export type Point = (typeof POINTS)[number];

/** What became of the mail after all the kills. */
export interface CrashReport {
  readonly kills: number;
  /** Kills that struck in the middle of it; one may strike several. */
  readonly during: Readonly<Record<Point, number>>;
  /** Messages that were promised. */
  readonly accepted: number;
  /** Their recipients that were delivered, and those that were reported. */
  readonly delivered: number;
  readonly reported: number;
  /** Recipients of accepted messages that were neither delivered nor reported. */
  readonly lost: readonly string[];
  /** Recipients that got a message twice without anybody knowing that this could be. */
  readonly unmarkedDuplicates: readonly string[];
  readonly markedDuplicates: number;
  /** Recipients that stand in two different reports. */
  readonly reportedTwice: readonly string[];
  readonly errors: readonly string[];
  readonly left: number;
}

/** What must be true of every report. */
export const NOTHING_LOST = {
  lost: [],
  unmarkedDuplicates: [],
  reportedTwice: [],
  errors: [],
  left: 0,
} satisfies Partial<CrashReport>;

/** What a process has begun and not ended. */
export type Unfinished = Readonly<Record<Point, Set<string>>>;

/** Nothing yet. */
export function nothingBegun(): Unfinished {
  const [put, lease, delivery, dot, settle, ndr] = POINTS.map(() => new Set<string>()) as [
    Set<string>,
    Set<string>,
    Set<string>,
    Set<string>,
    Set<string>,
    Set<string>,
  ];
  return { put, lease, delivery, dot, settle, ndr };
}

/** The words of all processes, and what they come to. */
export interface Ledger {
  /** Notes what a process said; the point that it has reached thereby, or null. */
  note(line: string, unfinished: Unfinished): Point | null;
  /** Notes that a process was killed in the middle of this. */
  killed(unfinished: Unfinished): void;
  report(): CrashReport;
}

/** An empty ledger. */
export function createLedger(): Ledger {
  const accepted = new Map<string, readonly string[]>();
  const sent = new Map<string, number>();
  const reports = new Map<string, Set<string>>();
  const arrived = new Set<string>();
  const unmarkedDuplicates: string[] = [];
  const errors: string[] = [];
  const during: Record<Point, number> = { put: 0, lease: 0, delivery: 0, dot: 0, settle: 0, ndr: 0 };
  let markedDuplicates = 0;
  let left = -1;
  let kills = 0;
  const noteSent = ([kind, id = '', recipient = '', interruptions]: readonly string[]): void => {
    if (kind === 'report') arrived.add(id);
    const times = (sent.get(recipient) ?? 0) + 1;
    sent.set(recipient, times);
    if (times > 1 && interruptions === '0') unmarkedDuplicates.push(recipient);
    else if (times > 1) markedDuplicates += 1;
  };
  const noteReport = ([id = '', ...failed]: readonly string[]): void => {
    for (const recipient of failed) {
      reports.set(recipient, (reports.get(recipient) ?? new Set()).add(id));
    }
  };
  /** Reports about a recipient that reached the sender of the message. */
  const arrivals = (recipient: string): number =>
    [...(reports.get(recipient) ?? [])].filter((id) => arrived.has(id)).length;
  return {
    note(line, unfinished) {
      const [what = '', ...words] = line.split(' ');
      const [first = ''] = words;
      if (what === 'accepted') accepted.set(first, words.slice(1));
      if (what === 'error') errors.push(words.join(' '));
      if (what === 'left') left = Number(first);
      if (what === 'reporting') noteReport(words);
      if (what === 'sent') noteSent(words);
      if (what === 'ended') for (const each of Object.values(unfinished)) each.delete(first);
      const point = POINTS.find((each) => each === what) ?? null;
      if (point !== null) {
        for (const each of Object.values(unfinished)) each.delete(first);
        unfinished[point].add(first);
      }
      return point;
    },
    killed(unfinished) {
      kills += 1;
      for (const point of POINTS) if (unfinished[point].size > 0) during[point] += 1;
    },
    report() {
      const recipients = [...accepted.values()].flat();
      return {
        kills,
        during,
        accepted: accepted.size,
        delivered: recipients.filter((each) => sent.has(each)).length,
        reported: recipients.filter((each) => arrivals(each) > 0).length,
        lost: recipients.filter((each) => !sent.has(each) && arrivals(each) === 0),
        unmarkedDuplicates,
        markedDuplicates,
        reportedTwice: [...reports.keys()].filter((each) => arrivals(each) > 1),
        errors,
        left,
      };
    },
  };
}

/** Prints a report; `npm run crash` gathers those of all drivers from the file that CRASH_REPORT names. */
export function printReport(driver: string, report: CrashReport): void {
  const row = {
    driver,
    kills: report.kills,
    messages: report.accepted,
    delivered: report.delivered,
    NDRs: report.reported,
    lost: report.lost.length,
    'duplicates, marked': report.markedDuplicates,
    'duplicates, unmarked': report.unmarkedDuplicates.length,
    'in two NDRs': report.reportedTwice.length,
    ...Object.fromEntries(Object.entries(report.during).map(([point, count]) => [`in ${point}`, count])),
  };
  console.log(
    `after kills: ${Object.entries(row)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ')}`,
  );
  const file = process.env['CRASH_REPORT'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(row)}\n`);
}
