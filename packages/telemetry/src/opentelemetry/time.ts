import type { TimeInput } from "@opentelemetry/api";

/**
 * A time of OpenTelemetry's API in milliseconds since 1970: a Date, seconds with nanoseconds, or a number, which is a time of
 * `performance.now()` where it is less than three years. `undefined` for none.
 */
export function millisecondsOf(time: TimeInput | undefined): number | undefined {
  if (time === undefined) return undefined;
  if (Array.isArray(time)) return finite(time[0] * 1e3 + time[1] / 1e6);
  if (time instanceof Date) return finite(time.getTime());
  return finite(time < THREE_YEARS_MS ? performance.timeOrigin + time : time);
}

/** No process runs as long, and no clock shows 1973. */
const THREE_YEARS_MS = 1e11;

function finite(ms: number): number | undefined {
  return Number.isFinite(ms) ? ms : undefined;
}
