/**
 * Lists, triggers, pauses and resumes an app's cron jobs, for operators' tools: from outside of the app's processes through the
 * ledger in its database, and within a process of an app without a database through the ledger in its memory.
 *
 * @packageDocumentation
 */
import { hostname } from "node:os";
import { sharedDatabases } from "@twinloop/core-native/internal";
import type { CronAdmin, CronStanding } from "./cron-admin.ts";
import { readRun, type CronRun, type WrittenRun } from "./cron-run.ts";
import { CronError } from "./error.ts";
import { native } from "./native.ts";
import type { CronJobOptions } from "./options.ts";
import { OwnJobs } from "./own-jobs.ts";
import { jobs } from "./registry.ts";
import { callJob, openJobs } from "./scheduler.ts";
import { readOptions } from "./settings.ts";

export type { CronAdmin, CronStanding } from "./cron-admin.ts";
export type { CronRun, Outcome } from "./cron-run.ts";

/** The options that say when a job is due. */
export type Times = Pick<CronJobOptions, "every" | "schedule" | "timeZone">;

/**
 * Computes the instants at which a job with these times would be due.
 *
 * Shape:  `every` or `schedule` with a zone -> at most `count` instants (default 1) after `after` (default now).
 * Errors: `CronError` of code `invalid_argument` for times that a job may not have.
 */
export async function preview(
  times: Times,
  { after = new Date(), count = 1 }: { readonly after?: Date; readonly count?: number } = {},
): Promise<Date[]> {
  const { settings, faults } = readOptions("preview", {
    ...times,
    handler: () => undefined,
  } as CronJobOptions);
  if (faults.length > 0) {
    throw new CronError("invalid_argument", faults.map(({ what, hint }) => `${what}. ${hint}`).join(" "));
  }
  const { everyMs, pattern, timeZone } = settings;
  const found = await native.call<number[]>("preview", [
    { everyMs, pattern, timeZone },
    after.getTime(),
    count,
  ]);
  return found.map((ms) => new Date(ms));
}

/** The next instants of a job that this process has declared, as if it were not paused; none for any other job. */
export async function upcoming(job: string, count: number): Promise<Date[]> {
  const declared = jobs.find(({ id }) => id === job);
  if (declared === undefined) return [];
  return (await callJob<number[]>(declared, "nextRuns", count)).map((ms) => new Date(ms));
}

/**
 * Opens the ledger of an app, in the app's first declared `SQLDatabase`, or where it has none, that of this process, if it runs the
 * app's jobs. No job fires in the calling process because of it.
 *
 * Errors: `CronError` `failed_precondition` where the app has no database and this process does not run its jobs: the ledger of each
 *         process is in its memory, and nobody outside can reach it; `unavailable` where the database cannot be reached.
 */
export async function openAdmin(): Promise<CronAdmin> {
  const [database] = sharedDatabases();
  if (!database && openJobs() !== undefined) return new OwnJobs();
  if (!database) {
    const message =
      "the app declares no SQLDatabase: each process keeps its cron ledger in memory, where nobody outside can reach it. " +
      "Declare a database, or use job.trigger(), pause() and history() within the app";
    throw new CronError("failed_precondition", message);
  }
  const asked = { database: await database.connect(), place: `${hostname()}/${process.pid}` };
  return new OpenLedger(database.name, await native.call<number>("openLedger", asked));
}

/** A standing as Rust writes it: times in ms since 1970. */
type WrittenStanding = Omit<CronStanding, "next" | "last"> & {
  /** Milliseconds since 1970. */
  readonly next: number | null;
  /** The last run, with its times as numbers. */
  readonly last: WrittenRun | null;
};

const LOOK_MS = 200;
/** How often a taken run is looked at before it is returned as `waiting`. */
const MAX_LOOKS = 5;

class OpenLedger implements CronAdmin {
  /** The name of the ledger's database. */
  readonly database: string;
  /** The number by which Rust knows the open ledger. */
  readonly #number: number;

  constructor(database: string, number: number) {
    this.database = database;
    this.#number = number;
  }

  async list(): Promise<CronStanding[]> {
    const jobs = await this.#ask<WrittenStanding[]>({ do: "list" });
    return jobs.map(({ next, last, ...rest }) => ({
      ...rest,
      next: next === null ? null : new Date(next),
      last: last && readRun(last),
    }));
  }

  async history(job: string, { limit = 20 }: { readonly limit?: number } = {}): Promise<CronRun[]> {
    return (await this.#ask<WrittenRun[]>({ do: "history", job, limit })).map(readRun);
  }

  async trigger(job: string, { timeoutMs = 15_000 }: { readonly timeoutMs?: number } = {}): Promise<CronRun> {
    const run = await this.#ask<number>({ do: "trigger", job });
    const until = performance.now() + timeoutMs;
    for (;;) {
      const found = await this.#ask<WrittenRun | null>({ do: "run", run });
      if (found && found.outcome !== "asked") return await this.#begun(found);
      if (performance.now() > until && (await this.#ask<boolean>({ do: "withdraw", run }))) break;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    const message = `no process of the app has taken the run of "${job}" within ${timeoutMs} ms, so the run was withdrawn. Start a process of the app with this database, then trigger again`;
    throw new CronError("unavailable", message);
  }

  /** Waits until a run that a process has just taken is begun or refused. */
  async #begun(taken: WrittenRun): Promise<CronRun> {
    let run = taken;
    for (let looks = 0; run.outcome === "waiting" && looks < MAX_LOOKS; looks++) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      run = (await this.#ask<WrittenRun | null>({ do: "run", run: run.id })) ?? run;
    }
    return readRun(run);
  }

  async pause(job: string): Promise<void> {
    await this.#ask({ do: "pause", job });
  }

  async resume(job: string): Promise<void> {
    await this.#ask({ do: "resume", job });
  }

  async close(): Promise<void> {
    await native.call("closeLedger", [this.#number]);
  }

  #ask<T>(question: object): Promise<T> {
    return native.call<T>("askLedger", [this.#number, question]);
  }
}
