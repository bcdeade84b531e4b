/** The units of a duration in words; a day has 24 hours. */
export type DurationUnit = "ms" | "s" | "m" | "h" | "d";

/** A duration: milliseconds, or a text such as `"500ms"`, `"30s"`, `"10m"`, `"1.5h"`, `"1h30m"`, `"7d"`. */
export type Duration =
  number | `${number}${DurationUnit}` | `${number}${DurationUnit}${number}${DurationUnit}`;

/** The form of a duration, for messages that refuse one. */
export const DURATION_FORM =
  'milliseconds as a number, or a text such as "500ms", "30s", "10m", "1h30m" or "7d"';

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

// Each unit at most once, from the largest: "30m1h" is more likely a slip than meant.
const PARTS =
  /^(?:(\d+(?:\.\d+)?)d)?(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?$/;

/**
 * Reads a duration.
 *
 * Shape:  a `Duration`, of whatever type at run time -> whole milliseconds; `undefined` for what is none.
 * Units:  0 to 2^53 - 1 ms; a fraction of a millisecond is rounded.
 */
export function parseDuration(value: unknown): number | undefined {
  const ms = typeof value === "number" ? value : typeof value === "string" ? textMs(value) : Number.NaN;
  const whole = Math.round(ms);
  return Number.isSafeInteger(whole) && whole >= 0 ? whole : undefined;
}

function textMs(text: string): number {
  const parts = text === "" ? null : PARTS.exec(text);
  if (!parts) return Number.NaN;
  return ["d", "h", "m", "s", "ms"].reduce(
    (sum, unit, index) => sum + Number(parts[index + 1] ?? 0) * UNIT_MS[unit]!,
    0,
  );
}

/** The shortest text that reads as this many milliseconds, such as `1h30m`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return "0s";
  let left = ms;
  let text = "";
  for (const unit of ["d", "h", "m", "s", "ms"]) {
    const count = Math.floor(left / UNIT_MS[unit]!);
    if (count > 0) text += `${count}${unit}`;
    left -= count * UNIT_MS[unit]!;
  }
  return text;
}
