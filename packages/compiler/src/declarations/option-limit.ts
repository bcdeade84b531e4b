import {
  DURATION_FORM,
  formatDuration,
  parseDuration,
  wholeNumberWords,
} from "@twinloop/core-native/build-time";
import type { DeclaredOptions, Limits, TextForm } from "./declares-definition.ts";

interface LimitFault {
  readonly not: string;
  readonly hint: string;
  /** Whether the value is left out of the message, because it may hold a password. */
  readonly isConfidential?: boolean;
}

/** The reason why a value is outside an option's limits, or of another form; null when it is not, or there are none. */
export function limitFault(options: DeclaredOptions, path: string, value: unknown): LimitFault | null {
  const { whole = {}, durationMs = {}, texts = {}, timeZones = [] } = options;
  if (timeZones.includes(path)) return timeZoneFault(value);
  if (Object.hasOwn(texts, path) && typeof value === "string") return textFault(value, texts[path]!);
  if (Object.hasOwn(whole, path) && typeof value === "number") return numberFault(value, whole[path]!);
  // Whether an option may be `null` or `"never"` is its type's to say.
  return !Object.hasOwn(durationMs, path) || value === "never" || value === null
    ? null
    : durationFault(value, durationMs[path]!);
}

function numberFault(value: number, limits: Limits): LimitFault | null {
  const { least, most } = limits;
  if (Number.isInteger(value) && value >= least && value <= (most ?? Number.MAX_SAFE_INTEGER)) return null;
  const words = wholeNumberWords(limits);
  return { not: `not ${words}`, hint: `Write ${words}.` };
}

/** The hint for a value of another kind at an option that has limits: its unit. Nothing where the name tells it. */
export function unitHint({ whole = {}, durationMs = {} }: DeclaredOptions, path: string): string | undefined {
  if (Object.hasOwn(durationMs, path)) return `Write ${DURATION_FORM}.`;
  const limits = Object.hasOwn(whole, path) ? whole[path]! : undefined;
  return limits?.unit === undefined ? undefined : `Write ${wholeNumberWords(limits)}.`;
}

function textFault(value: string, { pattern, not, hint, confidential }: TextForm): LimitFault | null {
  if (new RegExp(pattern, "u").test(value)) return null;
  return { not, hint, isConfidential: confidential ?? false };
}

function durationFault(value: unknown, { least, most, divides, hint }: Limits): LimitFault | null {
  const ms = parseDuration(value);
  if (ms === undefined) return { not: "no duration", hint: `Write ${DURATION_FORM}.` };
  if (ms >= least && ms <= (most ?? Number.MAX_SAFE_INTEGER)) {
    if (divides === undefined || divides % ms === 0) return null;
    const form = `${DURATION_FORM} that divides ${formatDuration(divides)}`;
    return {
      not: `no part of ${formatDuration(divides)} that leaves no rest`,
      hint: hint ?? `Write ${form}.`,
    };
  }
  const from = least === 0 ? "0" : formatDuration(least);
  const range = most === undefined ? `from ${from}` : `from ${from} to ${formatDuration(most)}`;
  return { not: `not ${range}`, hint: `Write ${DURATION_FORM}; it is ${range}.` };
}

/** The reason why a text names no time zone; null where it names one, or is no text. */
function timeZoneFault(value: unknown): LimitFault | null {
  if (typeof value !== "string") return null;
  try {
    Intl.DateTimeFormat("en", { timeZone: value });
    return null;
  } catch {
    const hint = 'Write a name of the IANA time zone database, such as "Europe/Berlin", or "UTC".';
    return { not: "no time zone", hint };
  }
}

/** Whether the lesser one of two durations, or of two numbers, is greater than the other. */
export function isReversed(least: unknown, most: unknown): boolean {
  const [min, max] = [parseDuration(least), parseDuration(most)];
  return min !== undefined && max !== undefined && min > max;
}
