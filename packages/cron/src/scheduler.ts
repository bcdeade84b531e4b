import { hostname } from "node:os";
import { Kind, port, sharedDatabases } from "@twinloop/core-native/internal";
import { appMeta, StartError } from "@twinloop/core-native";
import { call, Operation } from "./native.ts";
import { findProblems } from "./plan.ts";
import { jobs, type DeclaredJob } from "./registry.ts";
import { Ticks } from "./tick.ts";

/** The app's jobs, as they are open in Rust. */
export interface OpenJobs {
  /** Their number in every operation. */
  readonly number: number;
  /** By their number in every operation and tick. */
  readonly jobs: readonly DeclaredJob[];
  /** Each job's next instant in ms since 1970; `null` where there is none. */
  readonly next: readonly (number | null)[];
  /** The database by which they fire once per fleet. */
  readonly database: string | undefined;
  readonly ticks: Ticks;
}

let opened: OpenJobs | undefined;
let opening: Promise<OpenJobs> | undefined;

/** The jobs, if they are open. */
export function openJobs(): OpenJobs | undefined {
  return opened;
}

/**
 * The jobs of this app, opened at the first call with all that are declared by then. Opening fires none.
 *
 * Errors: `StartError` for what is declared wrongly, `CronError` where the database refuses.
 */
export function connect(): Promise<OpenJobs> {
  opening ??= open().catch((error: unknown) => {
    opening = undefined;
    throw error;
  });
  return opening;
}

async function open(): Promise<OpenJobs> {
  const declared = [...jobs];
  const problems = await findProblems(declared);
  if (problems.length > 0) throw new StartError(problems);
  const [database] = sharedDatabases();
  const { number, next } = await call<Pick<OpenJobs, "number" | "next">>(Operation.open, {
    root: appMeta().root,
    jobs: declared.map(({ id, settings }) => ({ id, ...settings })),
    database: (await database?.connect()) ?? null,
    place: `${hostname()}/${process.pid}`,
  });
  const ticks = new Ticks(declared);
  port().on(Kind.Tick, ticks.handle);
  opened = { number, next, jobs: declared, database: database?.name, ticks };
  return opened;
}

/** Closes the jobs for this isolate; the next use opens them again. */
export async function disconnect(): Promise<void> {
  const closing = opening;
  opening = opened = undefined;
  const open = await closing?.catch(() => undefined);
  if (!open) return;
  open.ticks.interrupt();
  await call(Operation.close, [open.number]);
}
