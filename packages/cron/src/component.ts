import {
  formatDuration,
  problem,
  register,
  SystemCode,
  type Component,
  type Running,
} from "@twinloop/core-native/internal";
import { appMeta, log, StartError, type Problem } from "@twinloop/core-native";
import { CronError } from "./error.ts";
import { call, Operation } from "./native.ts";
import { findProblems } from "./plan.ts";
import { jobs, type DeclaredJob } from "./registry.ts";
import { connect, disconnect, openJobs, type OpenJobs } from "./scheduler.ts";

const component: Component = {
  name: "cron",
  stage: 40,

  check(): Promise<readonly Problem[]> {
    return findProblems(jobs);
  },

  async start(): Promise<readonly Running[]> {
    const open = await connectOrExplain();
    if (open.database === undefined && appMeta().isMainIsolate) await warnOfReplicas();
    await call(Operation.serve, [open.number]);
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

  async stop(graceMs: number): Promise<void> {
    const open = openJobs();
    if (open) await call(Operation.drain, [open.number, Math.round(graceMs)]);
    await disconnect();
  },
};

async function connectOrExplain(): Promise<OpenJobs> {
  try {
    return await connect();
  } catch (error) {
    if (!(error instanceof CronError)) throw error;
    const mend = "Correct what the message names; cron keeps its rows in the app's first database.";
    throw new StartError([problem(SystemCode.StartFailed, error.message, mend)], error);
  }
}

/** Without a database nobody knows what the others have fired. */
async function warnOfReplicas(): Promise<void> {
  const replicas = Number(process.env["REPLICAS"] ?? 1);
  // Only now: importing it loads Node's own networking.
  const isClustered = replicas > 1 || (await import("node:cluster")).default.isWorker;
  if (!isClustered) return;
  const message =
    "each replica fires the cron jobs for itself: declare an SQLDatabase, and they fire once per fleet";
  log.warn(message, { replicas: replicas > 1 ? replicas : "those of node:cluster" });
}

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
