import { DURATION_FORM, formatDuration, parseDuration } from "./duration.ts";
import type { Bounds, OptionBounds } from "./option-bounds.ts";
import { optionFaults, shownOption, type OptionFault, type OptionRules } from "./option-rule.ts";

/** The part of a declaration's options that says when a failure is tried again. */
interface GivenRetries {
  readonly minBackoff?: unknown;
  readonly maxBackoff?: unknown;
  readonly maxRetries?: unknown;
}

/** When a failure is tried again, with all defaults filled in. */
export interface RetrySettings {
  /** The longest pause before the second attempt. */
  readonly minBackoffMs: number;
  /** The longest pause between two attempts. */
  readonly maxBackoffMs: number;
  /** The attempts after the first. */
  readonly maxRetries: number;
}

/** Reads the options of one declaration: collects faults, and goes on with the default of each wrong option. */
export class OptionReader {
  /** The faults so far, in the order of the calls. */
  readonly faults: OptionFault[] = [];
  readonly #bounds: OptionBounds;

  constructor(bounds: OptionBounds) {
    this.#bounds = bounds;
  }

  /** Notes a fault. */
  complain(what: string, hint: string): void {
    this.faults.push({ what, hint });
  }

  /** Returns the options if they are an object, else an empty one. Notes unknown names and values of a wrong kind. */
  known<T extends object>(given: T, rules: OptionRules): T {
    this.faults.push(...optionFaults(given, rules));
    return typeof given === "object" && given !== null ? given : ({} as T);
  }

  /** Reads a duration in milliseconds. */
  duration(name: string, given: unknown, byDefault: number): number {
    if (given === undefined) return byDefault;
    const bounds = this.#bounds.durationMs![name]!;
    const ms = parseDuration(given);
    if (ms !== undefined && isWithin(ms, bounds)) return ms;
    this.complain(`${name} is ${shownOption(given)}`, `Write ${DURATION_FORM}${rangeOf(bounds)}.`);
    return byDefault;
  }

  /** Reads a duration in milliseconds, or `"never"` as `null`; `undefined` where none is given, or a wrong one. */
  durationOrNever(
    name: string,
    given: unknown,
    bounds: Bounds = this.#bounds.durationMs![name]!,
  ): number | null | undefined {
    if (given === undefined) return undefined;
    if (given === "never") return null;
    const ms = parseDuration(given);
    if (ms !== undefined && isWithin(ms, bounds)) return ms;
    const hint = `Write ${DURATION_FORM}${rangeOf(bounds)}, or "never".`;
    this.complain(`${name} is ${shownOption(given)}`, hint);
    return undefined;
  }

  /** Reads a whole number. */
  whole(name: string, given: unknown, byDefault: number): number {
    if (given === undefined) return byDefault;
    const bounds = this.#bounds.whole![name]!;
    if (Number.isInteger(given) && isWithin(given as number, bounds)) return given as number;
    const range =
      bounds.most === undefined ? `from ${bounds.least}` : `from ${bounds.least} to ${bounds.most}`;
    this.complain(`${name} is ${shownOption(given)}`, `Write a whole number ${range}.`);
    return byDefault;
  }

  /** Reads one of a few texts; the first is the default. */
  oneOf<T extends string>(name: string, given: unknown, choices: readonly [T, ...T[]]): T {
    if (given === undefined) return choices[0];
    if (choices.includes(given as T)) return given as T;
    const hint = `Write ${choices.map((each) => `"${each}"`).join(" or ")}.`;
    this.complain(`${name} is ${shownOption(given)}`, hint);
    return choices[0];
  }

  /** Reads `retryPolicy`, whose pauses are at least 1 s and at most 10 minutes where it does not say otherwise. */
  retryPolicy({ minBackoff, maxBackoff, maxRetries }: GivenRetries, mostByDefault: number): RetrySettings {
    const minBackoffMs = this.duration("retryPolicy.minBackoff", minBackoff, 1_000);
    const maxBackoffMs = this.duration("retryPolicy.maxBackoff", maxBackoff, 600_000);
    if (minBackoffMs > maxBackoffMs) {
      this.complain("minBackoff is longer than maxBackoff", "Make minBackoff the shorter one.");
    }
    return {
      minBackoffMs,
      maxBackoffMs,
      maxRetries: this.whole("retryPolicy.maxRetries", maxRetries, mostByDefault),
    };
  }
}

function isWithin(value: number, { least, most = Infinity }: Bounds): boolean {
  return value >= least && value <= most;
}

function rangeOf({ least, most }: Bounds): string {
  if (most === undefined) return `, at least ${least} ms`;
  return `; it is from ${formatDuration(least)} to ${formatDuration(most)}`;
}
