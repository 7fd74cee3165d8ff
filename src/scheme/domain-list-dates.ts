/**
 * Dates of lists: days, kept as `YYYY-MM-DD` and meant in UTC, and the deadlines that follow from them.
 */

/** How a list writes days. */
export type DateNotation = 'YYYY-MM-DD' | 'DD.MM.YYYY';

/** A day that exists as `YYYY-MM-DD`; null for everything else. */
export function readDay(text: string, notation: DateNotation): string | null {
  const parts =
    notation === 'YYYY-MM-DD'
      ? /^(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)$/.exec(text)
      : /^(?<day>\d\d)\.(?<month>\d\d)\.(?<year>\d{4})$/.exec(text);
  if (parts === null) return null;
  const day = `${parts.groups?.['year']}-${parts.groups?.['month']}-${parts.groups?.['day']}`;
  const time = Date.parse(day);
  // Date.parse takes 2024-02-31 for a day in March.
  return Number.isNaN(time) || formatDay(time) !== day ? null : day;
}

/** The day, in UTC, of a time in milliseconds. */
export function formatDay(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** The start of the day `months` calendar months later, in milliseconds; the last day of a month that is too short. */
export function monthsAfter(day: string, months: number): number {
  const start = new Date(Date.parse(day));
  const [year, month] = [start.getUTCFullYear(), start.getUTCMonth() + months];
  const last = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return Date.UTC(year, month, Math.min(start.getUTCDate(), last));
}
