/** The two digits of each number from 0 to 99. */
const TWO = Array.from({ length: 100 }, (_, number) => String(number).padStart(2, "0"));
/** The text `hh:mm` of each minute of a day. */
const MINUTES = Array.from(
  { length: 1440 },
  (_, minute) => `${TWO[Math.floor(minute / 60)]}:${TWO[minute % 60]}:`,
);
const MILLIS = Array.from({ length: 1000 }, (_, millis) => `.${String(millis).padStart(3, "0")}Z`);
const DAY_MS = 86_400_000;

let knownDay = Number.NaN;
let knownDate = "";

/**
 * Writes an instant as RFC 3339 in UTC with milliseconds: the same text as `Date.prototype.toISOString`, in a third of
 * the time.
 *
 * Units:  whole milliseconds since 1970, in the years 0 to 9999.
 */
export function instantText(time: number): string {
  const day = Math.floor(time / DAY_MS);
  if (day !== knownDay) {
    knownDate = dateText(day);
    knownDay = day;
  }
  const millis = time - day * DAY_MS;
  const seconds = Math.floor(millis / 1000);
  const minute = Math.floor(seconds / 60);
  return knownDate + MINUTES[minute]! + TWO[seconds - minute * 60]! + MILLIS[millis - seconds * 1000]!;
}

/**
 * The date of a day since 1970 in the proleptic Gregorian calendar. Counts years from March, so that the leap day is
 * the last day of a year.
 */
function dateText(day: number): string {
  const sinceMarch0 = day + 719_468;
  const era = Math.floor(sinceMarch0 / 146_097);
  const inEra = sinceMarch0 - era * 146_097;
  const leapDays = Math.floor(inEra / 1_460) - Math.floor(inEra / 36_524) + Math.floor(inEra / 146_096);
  const yearInEra = Math.floor((inEra - leapDays) / 365);
  const inYear = inEra - (365 * yearInEra + Math.floor(yearInEra / 4) - Math.floor(yearInEra / 100));
  const shifted = Math.floor((5 * inYear + 2) / 153);
  const dayOfMonth = inYear - Math.floor((153 * shifted + 2) / 5) + 1;
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  const year = yearInEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${TWO[Math.floor(year / 100)]}${TWO[year % 100]}-${TWO[month]}-${TWO[dayOfMonth]}T`;
}
