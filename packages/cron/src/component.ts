import {
  connectOrExplain,
  formatDuration,
  problem,
  register,
  SystemCode,
  testMode,
  type Component,
  type Declarations,
  type Running,
} from "@twinloop/core-native/internal";
import { appMeta, log, type Problem, type StartOptions } from "@twinloop/core-native";
import { CronError } from "./error.ts";
import { native } from "./native.ts";
import { findProblems } from "./plan.ts";
import { jobs, type DeclaredJob } from "./registry.ts";
import { connect, disconnect, openJobs } from "./scheduler.ts";

const component: Component = {
  name: "cron",
  role: "schedules",

  /** Finds wrong options, schedules that are never due and unknown time zones. Opens no ledger. */
  check(): Promise<readonly Problem[]> {
    return findProblems(jobs);
  },

  /** Opens the ledger and starts the timers. */
  async start({ middlewares }: StartOptions): Promise<readonly Running[]> {
    const open = await connectOrExplain(connect, CronError, explain);
    open.ticks.wrap(middlewares);
    if (open.database === undefined && appMeta().isMainIsolate) await warnOfReplicas();
    // In a test a job runs by `trigger`, unless the test asks for its schedule.
    if (testMode()?.cron ?? true) await native.call("serve", [open.number]);
    const where =
      open.database === undefined ? "in this process" : `once per fleet, by the database ${open.database}`;
    return [
      { what: "cron", where },
      ...open.jobs.map((job, index) => ({
        what: `cron ${job.id}`,
        where: describe(job, open.next[index] ?? null),
      })),
    ];
  },

  /** Names the declarations of this isolate, which the start compares with the manifest. */
  declared(): readonly Declarations[] {
    return [
      { package: "@twinloop/cron", what: "CronJob", names: jobs.map(({ id }) => id), runs: "cron jobs" },
    ];
  },

  /** Stops the timers, waits for running handlers, and interrupts what is left after the grace. */
  async stop(graceMs: number): Promise<void> {
    const open = openJobs();
    if (open) await native.call("drain", [open.number, Math.round(graceMs)]);
    await disconnect();
  },
};

/** The problem of a ledger that cannot be opened. */
function explain(error: CronError): Problem {
  const hint = "Correct what the message names; cron keeps its rows in the app's first database.";
  return problem(SystemCode.StartFailed, error.message, hint);
}

/** Warns where several replicas run without a database, because each of them then fires every job. */
async function warnOfReplicas(): Promise<void> {
  const replicas = Number(process.env["REPLICAS"] ?? 1);
  // Only now: importing it loads Node's own networking.
  const isClustered = replicas > 1 || (await import("node:cluster")).default.isWorker;
  if (!isClustered) return;
  const message =
    "each replica fires the cron jobs for itself: declare an SQLDatabase, and they fire once per fleet";
  log.warn(message, { replicas: replicas > 1 ? replicas : "those of node:cluster" });
}

/** What the start says of a job: when it is due next, by which rule, and in which time zone unless it is UTC. */
function describe({ settings }: DeclaredJob, next: number | null): string {
  const { everyMs, pattern, timeZone } = settings;
  const rule = everyMs === null ? pattern : `every ${formatDuration(everyMs)}`;
  const at = next === null ? "never" : `next at ${new Date(next).toISOString().replace(".000", "")}`;
  return `${at}, ${rule}${timeZone === "UTC" ? "" : ` in ${timeZone}`}`;
}

/** Makes jobs part of the app's start and stop. */
export function registerComponent(): void {
  register(component);
}
