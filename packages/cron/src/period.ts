import { formatDuration } from "@twinloop/core-native/internal";

const DAY_MS = 86_400_000;
const UNITS_MS = [3_600_000, 60_000, 1_000];

/** Whether a period divides a day of 24 hours into whole steps of at least one second. */
export function dividesDay(periodMs: number): boolean {
  return periodMs >= 1_000 && DAY_MS % periodMs === 0;
}

/**
 * Explains why a period does not divide a day, and which periods near it do.
 *
 * Shape:  a period in ms for which `dividesDay` is false -> the problem and the hint, as parts of a message.
 */
export function explainPeriod(periodMs: number): { readonly what: string; readonly hint: string } {
  if (periodMs > DAY_MS) {
    return {
      what: "which is longer than a day",
      hint: 'Write a schedule, such as "0 0 * * 1" for each Monday or "0 0 */2 * *" for each second day of a month.',
    };
  }
  const runs = Math.floor(DAY_MS / periodMs);
  const rest = DAY_MS - runs * periodMs;
  const near = neighbours(periodMs).map((ms) => `"${formatDuration(ms)}"`);
  return {
    what: `which does not divide a day: its last run would be only ${formatDuration(rest)} before the first of the next day`,
    hint: `Write ${near.join(" or ")}, or a schedule that says at which times it is due.`,
  };
}

/** The nearest shorter and longer periods that divide a day, in the largest whole unit of the given period (h, min or s). */
function neighbours(periodMs: number): number[] {
  const unit = UNITS_MS.find((unitMs) => periodMs % unitMs === 0) ?? 1_000;
  const seek = (from: number, step: number): number | undefined => {
    for (let ms = from; ms >= unit && ms <= DAY_MS; ms += step) if (dividesDay(ms)) return ms;
    return undefined;
  };
  const units = periodMs / unit;
  const found = [seek(Math.floor(units) * unit, -unit), seek(Math.ceil(units) * unit, unit)];
  return found.filter((ms) => ms !== undefined);
}
