/**
 * Appendix 3 of Bits as a list whose state is computed: what is done, what is due and when, what failed (BITS-A3). Pure: values
 * in, list out. What only people can do stands there with the day on which they say that it was done.
 */
import { ageOfList, QUARTER_DAYS } from './domain-list-age.js';
import { formatDay, monthsAfter } from './domain-list-dates.js';
import type { FormFormat } from './form.js';
import { fieldSection, lineSection } from './form.js';
import { writeForm } from './form-write.js';
import type { PolicyReport } from './verify-policies.js';

/** What is known of a participant. Times are milliseconds, days `YYYY-MM-DD`. */
export interface BitsStanding {
  readonly at: number;
  /** Day on which the own domains came on the list; null: not yet. */
  readonly enrolled: string | null;
  /** Whether the registration says that mail without TLS is refused (BITS-5.2.4). */
  readonly rejectsPlaintext: boolean;
  /** The list in force, as `status()` of the source gives it; null: none has been read. */
  readonly list: {
    readonly asOf: number;
    readonly list: { readonly entries: readonly { readonly domain: string }[] };
  } | null;
  /** `verifyPolicies` of the sender; null: not done. */
  readonly outgoing: PolicyReport | null;
  /** `verifyPolicies` of the guard for incoming mail; null: not done. */
  readonly incoming: PolicyReport | null;
  /** The own domains, as `sender.dryRun` saw them from outside, each with the time of that. */
  readonly ownDomains: readonly OwnDomain[];
  /** The last self-test; null: none. */
  readonly selfTest: { readonly at: number; readonly passed: boolean; readonly digest: string } | null;
  /** Days on which people did what only people can. */
  readonly people?: {
    /** The form was sent. */
    readonly sent?: string;
    /** The scheme confirmed the listing. */
    readonly confirmed?: string;
    /** The quarterly look is part of the routines of the office. */
    readonly routine?: string;
  };
  /** The administrator of the scheme. */
  readonly schemeContact: string;
}

/** A dry run of an own domain. */
export interface OwnDomain {
  readonly domain: string;
  readonly at: number;
  /** null: every host takes mail under the plan of the sender. */
  readonly reason: string | null;
  readonly hosts: readonly { readonly verdict: { readonly encrypted: boolean } | null }[];
}

/** How an item stands. `later`: its time has not come; `people`: only people can do it, and nobody says that it was done. */
export type ItemState = 'done' | 'open' | 'soon' | 'overdue' | 'failed' | 'later' | 'people' | 'not-asked';

/** One item. */
export interface ChecklistItem {
  /** `A3.1` to `A3.10`, the steps of the appendix; `5.2.6` for the test after changes. */
  readonly step: string;
  readonly phase: Phase;
  readonly title: string;
  readonly state: ItemState;
  readonly why: string;
  /** Milliseconds; null: no day is set. */
  readonly due: number | null;
}

/** The list. */
export interface BitsChecklist {
  readonly at: number;
  readonly items: readonly ChecklistItem[];
  /** Every step before enrolment is done. */
  readonly ready: boolean;
  /** Nothing is overdue and nothing failed. */
  readonly passed: boolean;
  /** Whom to write to when mail to a participant fails. */
  readonly contact: string;
}

type Phase = keyof typeof PHASES;
type Found = Pick<ChecklistItem, 'state' | 'why'> & { readonly due?: number | null };

const PHASES = {
  before: 'Before enrolment',
  upon: 'Upon registration',
  later: 'Three months after registration',
  quarterly: 'Once every quarter',
} as const;
const QUARTER_MS = QUARTER_DAYS * 86_400_000;

/** Computes the list. */
export function bitsChecklist(standing: BitsStanding): BitsChecklist {
  const people = standing.people ?? {};
  const items: readonly ChecklistItem[] = [
    item('A3.1', 'before', 'TLS of the own domains passes every check', judgeOwn(standing, passes)),
    item('A3.2', 'before', 'the list is fetched', judgeList(standing)),
    item('A3.3', 'before', 'mail to everybody on the list is forced', judgePolicies(standing, 'outgoing')),
    item('A3.4', 'before', 'TLS is offered to everybody who sends', judgeOwn(standing, offersTls)),
    item('5.2.6', 'before', 'the configuration was tested after its last change', judgeSelfTest(standing)),
    item('A3.5', 'upon', 'the form is sent', byPeople(people.sent)),
    item(
      'A3.6',
      'upon',
      'the listing is confirmed',
      byPeople(people.confirmed ?? standing.enrolled ?? undefined),
    ),
    item('A3.7', 'upon', 'the quarterly look is part of the routines', byPeople(people.routine)),
    item('A3.8', 'later', 'the list is fetched once more', judgeSecondLook(standing)),
    item('A3.9', 'later', 'incoming mail of everybody on the list is forced', judgeIncoming(standing)),
    item('A3.10', 'quarterly', 'list and configuration are checked', judgeQuarter(standing)),
  ];
  const before = items.filter(({ phase }) => phase === 'before');
  return {
    at: standing.at,
    items,
    ready: before.every(({ state }) => state === 'done' || state === 'soon'),
    passed: items.every(({ state }) => state !== 'overdue' && state !== 'failed'),
    contact: standing.schemeContact,
  };
}

function item(step: string, phase: Phase, title: string, found: Found): ChecklistItem {
  return { step, phase, title, due: null, ...found };
}

const passes = ({ reason, hosts }: OwnDomain): string | null =>
  hosts.length === 0 ? (reason ?? 'no mail server') : reason;
const offersTls = ({ hosts }: OwnDomain): string | null =>
  hosts.length > 0 && hosts.every(({ verdict }) => verdict?.encrypted === true)
    ? null
    : 'not every mail server does';

function judgeOwn({ ownDomains, at }: BitsStanding, fault: (own: OwnDomain) => string | null): Found {
  if (ownDomains.length === 0) return { state: 'open', why: 'no own domain was tried' };
  const wrong = ownDomains.flatMap((own) => {
    const why = fault(own);
    return why === null ? [] : [`${own.domain}: ${why}`];
  });
  if (wrong.length > 0) return { state: 'failed', why: wrong.join('; ') };
  const oldest = Math.min(...ownDomains.map((own) => own.at));
  const why = `tried on ${formatDay(oldest)}: ${ownDomains.map(({ domain }) => domain).join(', ')}`;
  return { state: at - oldest >= QUARTER_MS ? 'open' : 'done', why };
}

function judgeList({ list, at }: BitsStanding): Found {
  if (list === null) return { state: 'open', why: 'no list has been read' };
  const { days, staleness } = ageOfList(list.asOf, at);
  const state = staleness === 'fresh' ? 'done' : staleness === 'warning' ? 'soon' : 'overdue';
  const why = `${list.list.entries.length} domains, checked ${days} days ago`;
  return { state, why, due: list.asOf + QUARTER_MS };
}

/** BITS-A3.3, BITS-A3.9: the report is about the list that is in force, and no row of it failed. */
function judgePolicies({ list, at, ...standing }: BitsStanding, which: 'outgoing' | 'incoming'): Found {
  const report = standing[which];
  if (report === null) return { state: 'open', why: 'the policies were not verified' };
  const failed = report.rows.filter(({ state }) => state === 'failed');
  if (failed.length > 0) {
    const shown = failed.slice(0, 3).map(({ domain, problems }) => `${domain}: ${problems.join(', ')}`);
    const rest = failed.length > shown.length ? `; and ${failed.length - shown.length} more` : '';
    return { state: 'failed', why: `${shown.join('; ')}${rest}` };
  }
  const verified = new Set(report.rows.map(({ domain }) => domain));
  if (list === null) return { state: 'open', why: 'no list has been read' };
  const missing = list.list.entries.filter(({ domain }) => !verified.has(domain));
  if (missing.length > 0 || verified.size === 0)
    return { state: 'open', why: `${missing.length} domains of the list were not verified` };
  const waiting = report.rows.filter(({ state }) => state === 'pending');
  const due = waiting.length === 0 ? null : Math.min(...waiting.map((row) => row.due ?? at));
  const why =
    due === null
      ? `${report.rows.length} domains`
      : `${report.rows.length - waiting.length} domains, ${waiting.length} more until ${formatDay(due)}`;
  return due === null ? { state: 'done', why } : { state: due <= at ? 'overdue' : 'soon', why, due };
}

function judgeSelfTest({ selfTest, outgoing }: BitsStanding): Found {
  if (selfTest === null) return { state: 'open', why: 'no self-test was made' };
  const day = formatDay(selfTest.at);
  if (!selfTest.passed) return { state: 'failed', why: `the self-test of ${day} failed` };
  if (outgoing === null) return { state: 'open', why: 'the policies were not verified' };
  return selfTest.digest === outgoing.digest
    ? { state: 'done', why: `self-test of ${day}` }
    : { state: 'open', why: `the configuration has changed since the self-test of ${day}` };
}

function byPeople(day: string | undefined): Found {
  return day === undefined ? { state: 'people', why: 'people do this' } : { state: 'done', why: `on ${day}` };
}

/** The day three months after the own enrolment (BITS-P3). */
function threeMonths({ enrolled }: BitsStanding): number | null {
  return enrolled === null ? null : monthsAfter(enrolled, 3);
}

function judgeSecondLook(standing: BitsStanding): Found {
  const due = threeMonths(standing);
  if (due === null) return { state: 'later', why: 'not enrolled' };
  if (standing.at < due) return { state: 'later', why: `from ${formatDay(due)} on`, due };
  if (standing.list !== null && standing.list.asOf >= due)
    return { state: 'done', why: `on ${formatDay(standing.list.asOf)}`, due };
  return { state: 'overdue', why: `since ${formatDay(due)}`, due };
}

function judgeIncoming(standing: BitsStanding): Found {
  if (!standing.rejectsPlaintext)
    return { state: 'not-asked', why: 'requirement 5.2.4 is not supported: Nei' };
  const due = threeMonths(standing);
  const found = judgePolicies(standing, 'incoming');
  if (found.state !== 'open') return found;
  if (due === null) return { state: 'later', why: 'not enrolled' };
  return { state: standing.at < due ? 'later' : 'overdue', why: found.why, due };
}

/** BITS-5.3.1, BITS-A3.10: the list was looked at and the configuration verified, both within the quarter. */
function judgeQuarter(standing: BitsStanding): Found {
  const list = judgeList(standing);
  if (standing.enrolled === null) return { state: 'later', why: 'not enrolled' };
  if (list.state === 'open' || list.state === 'overdue') return { ...list, state: 'overdue' };
  const verified = standing.outgoing?.at ?? null;
  if (verified === null || standing.at - verified >= QUARTER_MS)
    return { state: 'overdue', why: 'the policies were not verified in this quarter' };
  const due = Math.min(list.due ?? verified + QUARTER_MS, verified + QUARTER_MS);
  return { state: list.state, why: `again by ${formatDay(due)}`, due };
}

/** Writes the list. @throws ConfigError `option-unknown` for another format */
export function writeBitsChecklist(checklist: BitsChecklist, format: FormFormat): string {
  const phases = Object.keys(PHASES) as Phase[];
  const sections = phases.map((phase) => {
    const own = checklist.items.filter((each) => each.phase === phase);
    return fieldSection(
      PHASES[phase],
      Object.fromEntries(own.map(({ step, title }) => [step, `${step} ${title}`])),
      Object.fromEntries(own.map(({ step, state, why }) => [step, `${state} (${why})`])),
    );
  });
  const help = lineSection('When mail to a participant fails', [`Write to ${checklist.contact}`]);
  const title = `Forced TLS, ${formatDay(checklist.at)}: ${checklist.passed ? 'in order' : 'not in order'}`;
  return writeForm({ title, sections: [...sections, help] }, checklist, format, 'writeBitsChecklist');
}
