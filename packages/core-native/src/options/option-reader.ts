import { parseDuration } from "./duration.ts";
import type { Bounds, OptionBounds } from "./option-bounds.ts";
import {
  durationWithin,
  either,
  oneOf,
  optionFaults,
  shownOption,
  wholeNumber,
  type OptionFault,
  type OptionRule,
  type OptionRules,
} from "./option-rule.ts";

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

  /** Reads a duration in milliseconds. `bounds` are those of another option, where the value stands for it. */
  duration<Default extends number | undefined>(
    name: string,
    given: unknown,
    byDefault: Default,
    bounds: Bounds = this.#bounds.durationMs![name]!,
  ): number | Default {
    return this.#fits(name, given, durationWithin(bounds)) ? parseDuration(given)! : byDefault;
  }

  /** Reads a duration in milliseconds, or `"never"` as `null`; `undefined` where none is given, or a wrong one. */
  durationOrNever(
    name: string,
    given: unknown,
    bounds: Bounds = this.#bounds.durationMs![name]!,
  ): number | null | undefined {
    if (!this.#fits(name, given, either(durationWithin(bounds), oneOf("never")))) return undefined;
    return given === "never" ? null : parseDuration(given);
  }

  /** Reads a whole number. `bounds` are those of another option, where the value stands for it. */
  whole<Default extends number | undefined>(
    name: string,
    given: unknown,
    byDefault: Default,
    bounds: Bounds = this.#bounds.whole![name]!,
  ): number | Default {
    return this.#fits(name, given, wholeNumber(bounds)) ? (given as number) : byDefault;
  }

  /** Reads one of a few texts; the first is the default. */
  oneOf<T extends string>(name: string, given: unknown, choices: readonly [T, ...T[]]): T {
    return this.#fits(name, given, oneOf(...choices)) ? (given as T) : choices[0];
  }

  /** Whether a value is given and fits; notes one that does not. */
  #fits(name: string, given: unknown, rule: OptionRule): boolean {
    if (given === undefined) return false;
    if (rule.fits(given)) return true;
    this.complain(`${name} is ${shownOption(given)}`, `Write ${rule.expected}.`);
    return false;
  }

  /**
   * Reads `retryPolicy`, whose pauses are at least 1 s and at most 10 minutes where it does not say otherwise. Where it says one of
   * both, the other's default gives way.
   */
  retryPolicy({ minBackoff, maxBackoff, maxRetries }: GivenRetries, mostByDefault: number): RetrySettings {
    const least = this.duration("retryPolicy.minBackoff", minBackoff, undefined);
    const most = this.duration("retryPolicy.maxBackoff", maxBackoff, undefined);
    if (least !== undefined && most !== undefined && least > most) {
      this.complain("minBackoff is longer than maxBackoff", "Make minBackoff the shorter one.");
    }
    const minBackoffMs = least ?? Math.min(1_000, most ?? 1_000);
    const maxBackoffMs = most ?? Math.max(600_000, minBackoffMs);
    return {
      minBackoffMs,
      maxBackoffMs,
      maxRetries: this.whole("retryPolicy.maxRetries", maxRetries, mostByDefault),
    };
  }
}
