import { hostname } from "node:os";
import { OpenOnce, sharedDatabases } from "@twinloop/core-native/internal";
import { appMeta, StartError } from "@twinloop/core-native";
import { CronError } from "./error.ts";
import { native, type CronOperation } from "./native.ts";
import { findProblems } from "./plan.ts";
import { jobs, type DeclaredJob } from "./registry.ts";
import { Ticks } from "./tick.ts";

/** The app's cron jobs, opened in Rust. */
export interface OpenJobs {
  /** The number of the app's jobs in every operation. */
  readonly number: number;
  /** The declared jobs; a job's index is its number in operations and ticks. */
  readonly jobs: readonly DeclaredJob[];
  /** Each job's next instant in ms since 1970; `null` where there is none. */
  readonly next: readonly (number | null)[];
  /** The name of the database by which jobs fire once per fleet; `undefined` without one. */
  readonly database: string | undefined;
  readonly ticks: Ticks;
}

const once = new OpenOnce(open, async ({ ticks, number }) => {
  ticks.interrupt();
  await native.call("close", [number]);
});

/** The app's open jobs, if this isolate has opened them. */
export function openJobs(): OpenJobs | undefined {
  return once.opened;
}

/**
 * Opens the cron jobs of this app at the first call, with all that are declared by then. Opening fires no job.
 *
 * Errors: `StartError` for wrong declarations, `CronError` where the database refuses.
 */
export function connect(): Promise<OpenJobs> {
  return once.get();
}

async function open(): Promise<OpenJobs> {
  const declared = [...jobs];
  const problems = await findProblems(declared);
  if (problems.length > 0) throw new StartError(problems);
  const [database] = sharedDatabases();
  const { number, next } = await native.call<Pick<OpenJobs, "number" | "next">>("open", {
    root: appMeta().root,
    jobs: declared.map(({ id, settings }) => ({ id, ...settings })),
    database: (await database?.connect()) ?? null,
    place: `${hostname()}/${process.pid}`,
  });
  const ticks = new Ticks(declared);
  native.onJob(ticks.handle);
  return { number, next, jobs: declared, database: database?.name, ticks };
}

/** Closes the jobs for this isolate; the next use opens them again. */
export function disconnect(): Promise<void> {
  return once.close();
}

/** The jobs that this isolate has paused and not resumed: a ledger in memory tells nobody. */
const pausedHere = new WeakSet<DeclaredJob>();

/** Whether this isolate has paused a job and not resumed it. */
export function isPausedHere(job: DeclaredJob): boolean {
  return pausedHere.has(job);
}

/**
 * Runs an operation on one job of this isolate; opens the jobs where they are not open.
 *
 * Errors: `CronError` `failed_precondition` for a job that was declared after the jobs were opened; those of the operation.
 */
export async function callJob<T>(
  job: DeclaredJob,
  operation: CronOperation,
  ...more: readonly number[]
): Promise<T> {
  const open = await connect();
  const number = open.jobs.indexOf(job);
  if (number < 0) {
    throw new CronError(
      "failed_precondition",
      `the cron job "${job.id}" was declared after the jobs were opened: declare it at the top level of a module`,
    );
  }
  const result = await native.call<T>(operation, [open.number, number, ...more]);
  if (operation === "pause") pausedHere.add(job);
  if (operation === "resume") pausedHere.delete(job);
  return result;
}
