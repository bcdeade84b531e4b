import { duration } from "./quantity.ts";

/** A value that may be an instant: milliseconds since 1970, or a text that `Date` reads. */
export function toMs(value: unknown): number | null {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (typeof value !== "string") return null;
  const read = Date.parse(value);
  return Number.isNaN(read) ? null : read;
}

const pad = (value: number, length = 2): string => String(value).padStart(length, "0");

/** The time of day, in the browser's time zone, with milliseconds: `09:05:03.120`. */
export function clock(ms: number): string {
  const at = new Date(ms);
  return `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}.${pad(at.getMilliseconds(), 3)}`;
}

/** Hours and minutes in the browser's time zone: `09:05`. */
export function hourMinute(ms: number): string {
  const at = new Date(ms);
  return `${pad(at.getHours())}:${pad(at.getMinutes())}`;
}

/** The day in the browser's time zone: `2026-03-09`. */
export function day(ms: number): string {
  const at = new Date(ms);
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
}

/** Day and time: `2026-03-09 09:05:03`. */
export function dayAndTime(ms: number): string {
  return `${day(ms)} ${clock(ms).slice(0, 8)}`;
}

/** How far an instant is from now: `in 3 min`, `12 s ago`, `now` within half a second. */
export function fromNow(ms: number, nowMs: number): string {
  const distance = ms - nowMs;
  if (Math.abs(distance) < 500) return "now";
  const size = duration(Math.max(1000, Math.round(Math.abs(distance) / 1000) * 1000));
  return distance > 0 ? `in ${size}` : `${size} ago`;
}
