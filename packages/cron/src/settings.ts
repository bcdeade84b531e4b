import {
  optionBounds,
  OptionReader,
  optionRule,
  optionsOf,
  parseDuration,
  problem,
  shownOption,
  SystemCode,
  type OptionFault,
  type OptionRule,
  type Problem,
  type RetrySettings,
} from "@twinloop/core-native/internal";
import type { CronJobOptions, JobTiming, Missed, Overlap, RetryPolicy } from "./options.ts";
import { dividesDay, explainPeriod } from "./period.ts";

/** A job's options as Rust reads them: all times in milliseconds, all defaults filled in. */
export interface JobSettings extends RetrySettings {
  /** The interval of `every`; `null` for a job with a pattern. */
  readonly everyMs: number | null;
  /** The five or six fields of `schedule`; `null` for a job with an interval. */
  readonly pattern: string | null;
  /** The IANA time zone in which the pattern is read. */
  readonly timeZone: string;
  /** What becomes of a run that is due while the one before still runs. */
  readonly overlap: Overlap;
  /** What becomes of runs that were due while no process was there. */
  readonly missed: Missed;
  /** The most by which a run is delayed, by chance. */
  readonly jitterMs: number;
  /** The time after which an attempt has failed. */
  readonly timeoutMs: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const OVERLAPS = ["skip", "queue", "allow"] as const;
const MISSED = ["skip", "once", "all"] as const;
/**
 * The names of a job's options; the kinds are checked where each is read. An option without an entry does not
 * compile.
 */
const OPTIONS = {
  title: optionRule.text,
  every: optionRule.any,
  schedule: optionRule.any,
  endpoint: optionRule.any,
  handler: optionRule.any,
  timeZone: optionRule.any,
  overlap: optionRule.any,
  missed: optionRule.any,
  jitter: optionRule.any,
  timeout: optionRule.any,
  retryPolicy: optionsOf({
    minBackoff: optionRule.any,
    maxBackoff: optionRule.any,
    maxRetries: optionRule.any,
  } satisfies Record<keyof RetryPolicy, OptionRule>),
} satisfies Record<keyof JobTiming | "every" | "schedule" | "endpoint" | "handler", OptionRule>;

const BOUNDS = optionBounds("CronJob", import.meta.url);

/** Reads the options of one job. */
class JobReader extends OptionReader {
  constructor() {
    super(BOUNDS);
  }

  /** Reads the job's times, which need either `every` or `schedule`, never both. */
  times(every: unknown, schedule: unknown): Pick<JobSettings, "everyMs" | "pattern"> {
    const form = 'Give it either `every`, such as "10m", or `schedule`, such as "0 4 * * *".';
    if (every !== undefined && schedule !== undefined) {
      this.complain("it has both every and schedule", form);
    } else if (every === undefined && schedule === undefined) {
      this.complain("it is never due", form);
    } else if (schedule !== undefined) {
      if (typeof schedule === "string" && schedule.trim() !== "") return { everyMs: null, pattern: schedule };
      this.complain(`schedule is ${shownOption(schedule)}`, 'Write a pattern such as "0 4 * * *".');
    } else {
      return { everyMs: this.#period(every), pattern: null };
    }
    return { everyMs: DAY_MS, pattern: null };
  }

  #period(every: unknown): number {
    const ms = parseDuration(every);
    if (ms === undefined || ms < 1_000) {
      const hint =
        'Write a period of at least 1 s that divides a day, such as "30s", "10m", "6h" or "1d"; for a longer one a schedule, such as "0 0 * * 1" for each Monday.';
      this.complain(`every is ${shownOption(every)}, which is no period`, hint);
      return DAY_MS;
    }
    if (dividesDay(ms)) return ms;
    const { what, hint } = explainPeriod(ms);
    this.complain(`every is ${shownOption(every)}, ${what}`, hint);
    return DAY_MS;
  }
}

/** Reads a job's options and reports all problems with them. The pattern and the time zone are checked later, by Rust. */
export function jobSettings(
  id: unknown,
  options: CronJobOptions,
): { settings: JobSettings; problems: readonly Problem[] } {
  const { settings, faults } = readOptions(id, options);
  const problems = faults.map(({ what, hint }) =>
    problem(SystemCode.ConfigInvalid, `The cron job ${shownOption(id)}: ${what}`, hint),
  );
  return { settings, problems };
}

/** Reads a job's options like `jobSettings`, and reports problems without naming the job. */
export function readOptions(
  id: unknown,
  options: CronJobOptions,
): { settings: JobSettings; faults: readonly OptionFault[] } {
  const reader = new JobReader();
  if (typeof id !== "string" || id.trim() === "") {
    reader.complain("its id is not a text", "Give it an id that it keeps: its history goes by it.");
  }
  const given = reader.known(options, OPTIONS);
  work(reader, given);
  const times = reader.times(given.every, given.schedule);
  const { timeZone = "UTC", retryPolicy } = given;
  if (typeof timeZone !== "string") {
    reader.complain(`timeZone is ${shownOption(timeZone)}`, 'Write a name such as "Europe/Berlin".');
  }
  const settings: JobSettings = {
    ...times,
    timeZone: typeof timeZone === "string" ? timeZone : "UTC",
    overlap: reader.oneOf("overlap", given.overlap, OVERLAPS),
    missed: reader.oneOf("missed", given.missed, MISSED),
    jitterMs: reader.duration("jitter", given.jitter, 0),
    timeoutMs: reader.duration("timeout", given.timeout, HOUR_MS),
    ...reader.retryPolicy(retryPolicy ?? { maxRetries: 0 }, 3),
  };
  return { settings, faults: reader.faults };
}

function work(reader: JobReader, { handler, endpoint }: CronJobOptions): void {
  const hint =
    "Give it either `handler`, a function of its context, or `endpoint`, an endpoint without parameters.";
  if (handler !== undefined && endpoint !== undefined)
    reader.complain("it has both handler and endpoint", hint);
  else if (handler === undefined && endpoint === undefined) reader.complain("it has no handler", hint);
  else if (typeof (handler ?? endpoint) !== "function") {
    reader.complain(`its ${handler === undefined ? "endpoint" : "handler"} is no function`, hint);
  }
}
