import {
  DURATION_FORM,
  parseDuration,
  problem,
  SystemCode,
  type Problem,
} from "@twinloop/core-native/internal";
import type { CronJobOptions, Missed, Overlap } from "./options.ts";
import { dividesDay, explainPeriod } from "./period.ts";

/** A job's options as the Rust half takes them, with the defaults in them. */
export interface JobSettings {
  readonly everyMs: number | null;
  readonly pattern: string | null;
  readonly timeZone: string;
  readonly overlap: Overlap;
  readonly missed: Missed;
  readonly jitterMs: number;
  readonly timeoutMs: number;
  readonly minBackoffMs: number;
  readonly maxBackoffMs: number;
  readonly maxRetries: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const OVERLAPS = ["skip", "queue", "allow"] as const;
const MISSED = ["skip", "once", "all"] as const;
const KNOWN: readonly string[] = [
  "title",
  "every",
  "schedule",
  "endpoint",
  "handler",
  "timeZone",
  "overlap",
  "missed",
  "jitter",
  "timeout",
  "retryPolicy",
];

/** What is wrong with an option, and what to do about it. */
export interface Fault {
  readonly what: string;
  readonly mend: string;
}

/** Collects what is wrong with the options of one job, and goes on with the defaults. */
class Reader {
  readonly faults: Fault[] = [];

  complain(what: string, mend: string): void {
    this.faults.push({ what, mend });
  }

  duration(
    name: string,
    given: unknown,
    byDefault: number,
    [least, most]: readonly [number, number],
  ): number {
    if (given === undefined) return byDefault;
    const ms = parseDuration(given);
    if (ms !== undefined && ms >= least && ms <= most) return ms;
    this.complain(
      `${name} is ${show(given)}`,
      `Write ${DURATION_FORM}; it is from ${least} ms to ${most} ms.`,
    );
    return byDefault;
  }

  whole(name: string, given: unknown, byDefault: number, [least, most]: readonly [number, number]): number {
    if (given === undefined) return byDefault;
    if (Number.isInteger(given) && (given as number) >= least && (given as number) <= most)
      return given as number;
    this.complain(`${name} is ${show(given)}`, `Write a whole number from ${least} to ${most}.`);
    return byDefault;
  }

  oneOf<T extends string>(name: string, given: unknown, choices: readonly [T, ...T[]]): T {
    if (given === undefined) return choices[0];
    if (choices.includes(given as T)) return given as T;
    this.complain(`${name} is ${show(given)}`, `Write ${choices.map((each) => `"${each}"`).join(" or ")}.`);
    return choices[0];
  }

  /** When it is due: one of two options, and never both. */
  times(every: unknown, schedule: unknown): Pick<JobSettings, "everyMs" | "pattern"> {
    const form = 'Give it either `every`, such as "10m", or `schedule`, such as "0 4 * * *".';
    if (every !== undefined && schedule !== undefined) {
      this.complain("it has both every and schedule", form);
    } else if (every === undefined && schedule === undefined) {
      this.complain("it is never due", form);
    } else if (schedule !== undefined) {
      if (typeof schedule === "string" && schedule.trim() !== "") return { everyMs: null, pattern: schedule };
      this.complain(`schedule is ${show(schedule)}`, 'Write a pattern such as "0 4 * * *".');
    } else {
      return { everyMs: this.#period(every), pattern: null };
    }
    return { everyMs: DAY_MS, pattern: null };
  }

  #period(every: unknown): number {
    const ms = parseDuration(every);
    if (ms === undefined || ms < 1_000) {
      this.complain(`every is ${show(every)}`, `Write ${DURATION_FORM}, at least 1 s.`);
      return DAY_MS;
    }
    if (dividesDay(ms)) return ms;
    const { what, mend } = explainPeriod(ms);
    this.complain(`every is ${show(every)}, ${what}`, mend);
    return DAY_MS;
  }
}

/** Reads a job's options; all that is wrong is told, but for the pattern and the zone, which Rust reads. */
export function jobSettings(
  id: unknown,
  options: CronJobOptions,
): { settings: JobSettings; problems: readonly Problem[] } {
  const { settings, faults } = readOptions(id, options);
  const problems = faults.map(({ what, mend }) =>
    problem(SystemCode.ConfigInvalid, `The cron job ${show(id)}: ${what}`, mend),
  );
  return { settings, problems };
}

/** The same, without the words of whose options they are. */
export function readOptions(
  id: unknown,
  options: CronJobOptions,
): { settings: JobSettings; faults: readonly Fault[] } {
  const reader = new Reader();
  if (typeof id !== "string" || id.trim() === "") {
    reader.complain("its id is not a text", "Give it an id that it keeps: its history goes by it.");
  }
  const given = (typeof options === "object" && options !== null ? options : {}) as CronJobOptions;
  for (const name of Object.keys(given).filter((name) => !KNOWN.includes(name))) {
    reader.complain(`there is no option ${name}`, `Its options are ${KNOWN.join(", ")}.`);
  }
  work(reader, given);
  const times = reader.times(given.every, given.schedule);
  const { timeZone = "UTC", retryPolicy } = given;
  if (typeof timeZone !== "string") {
    reader.complain(`timeZone is ${show(timeZone)}`, 'Write a name such as "Europe/Berlin".');
  }
  const policy = retryPolicy ?? { maxRetries: 0 };
  const minBackoffMs = reader.duration("retryPolicy.minBackoff", policy.minBackoff, 1_000, [0, 7 * DAY_MS]);
  const maxBackoffMs = reader.duration("retryPolicy.maxBackoff", policy.maxBackoff, 600_000, [0, 7 * DAY_MS]);
  if (minBackoffMs > maxBackoffMs) {
    reader.complain("minBackoff is longer than maxBackoff", "Make minBackoff the shorter one.");
  }
  const settings: JobSettings = {
    ...times,
    timeZone: typeof timeZone === "string" ? timeZone : "UTC",
    overlap: reader.oneOf("overlap", given.overlap, OVERLAPS),
    missed: reader.oneOf("missed", given.missed, MISSED),
    jitterMs: reader.duration("jitter", given.jitter, 0, [0, DAY_MS]),
    timeoutMs: reader.duration("timeout", given.timeout, HOUR_MS, [1, 7 * DAY_MS]),
    minBackoffMs,
    maxBackoffMs,
    maxRetries: reader.whole("retryPolicy.maxRetries", policy.maxRetries, 3, [0, 1_000]),
  };
  return { settings, faults: reader.faults };
}

function work(reader: Reader, { handler, endpoint }: CronJobOptions): void {
  const mend =
    "Give it either `handler`, a function of its context, or `endpoint`, an endpoint without parameters.";
  if (handler !== undefined && endpoint !== undefined)
    reader.complain("it has both handler and endpoint", mend);
  else if (handler === undefined && endpoint === undefined) reader.complain("it has no handler", mend);
  else if (typeof (handler ?? endpoint) !== "function") {
    reader.complain(`its ${handler === undefined ? "endpoint" : "handler"} is no function`, mend);
  }
}

function show(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
