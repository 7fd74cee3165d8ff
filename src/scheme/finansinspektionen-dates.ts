/**
 * Dates as the questionnaire wants them, `YY:MM:DD` (FI-23). Two digits of a year mean 2000 to 2099. Records hold ISO
 * dates; times are UTC and say so.
 */

/** True for a day that the calendar has, `20YY-MM-DD`. */
export function isDay(text: string): boolean {
  if (!/^20\d\d-\d\d-\d\d$/.test(text)) return false;
  const time = Date.parse(`${text}T00:00Z`);
  // Some days that no month has are read as days of the next one.
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

/** True for `20YY-MM-DDTHH:MMZ`. */
export function isMoment(text: string): boolean {
  return isDay(text.slice(0, 10)) && /^T(?:[01]\d|2[0-3]):[0-5]\dZ$/.test(text.slice(10));
}

/** `2027-01-31` to `27:01:31`. */
export function writeDay(day: string): string {
  return day.slice(2).replaceAll('-', ':');
}

/** `27:01:31` to `2027-01-31`; null for another form. Whether the calendar has that day is not looked at. */
export function readDay(text: string): string | null {
  return /^\d\d:\d\d:\d\d$/.test(text) ? `20${text.replaceAll(':', '-')}` : null;
}

/** `2027-01-31T09:00Z` to `27:01:31 09:00 UTC`. */
export function writeMoment(moment: string): string {
  return `${writeDay(moment.slice(0, 10))} ${moment.slice(11, 16)} UTC`;
}

/** `27:01:31 09:00 UTC` to `2027-01-31T09:00Z`; null for another form. */
export function readMoment(text: string): string | null {
  const [, day = '', time = ''] = /^(\S+) (\d\d:\d\d) UTC$/.exec(text) ?? [];
  const read = readDay(day);
  return read === null ? null : `${read}T${time}Z`;
}
