import type { Component, Role } from "./component.ts";
import { TwinloopError } from "../errors/error.ts";
import { log } from "../log/log.ts";

/** How much longer than its grace period a part is waited for. */
const MARGIN_MS = 3_000;

/** The parts of a running app that stop in turn. */
export interface Parts {
  readonly components: readonly Component[];
  readonly hooks: readonly (() => unknown)[];
  /** Ends the isolates beside this one. */
  readonly stopWorkers: (withinMs: number) => Promise<void>;
}

/**
 * Stops the parts one after another, each within the remaining time: HTTP, the workers, everything else that takes work,
 * the hooks while databases are still open, and then databases and secrets.
 */
export async function stopParts({ components, hooks, stopWorkers }: Parts, withinMs: number): Promise<void> {
  const deadline = Date.now() + withinMs;
  const left = (): number => Math.max(0, deadline - Date.now());
  const last = [...components].reverse();
  const stopAll = async (...roles: readonly Role[]): Promise<void> => {
    for (const component of last.filter(({ role }) => roles.includes(role))) {
      await attempt(component.name, () => within(left() + MARGIN_MS, component.stop(left())));
    }
  };
  await stopAll("listens");
  await attempt("workers", () => stopWorkers(left()));
  await stopAll("schedules", "works");
  for (const hook of hooks) await attempt("onShutdown", () => within(left(), hook()));
  await stopAll("provides", "configures");
}

/** Runs one part's stop. A failure is logged, so that the other parts still stop. */
async function attempt(part: string, work: () => unknown): Promise<void> {
  try {
    await work();
  } catch (error) {
    log.error(error, "failed to stop a part of the app", { part });
  }
}

function within(ms: number, work: unknown): Promise<unknown> {
  let timer: NodeJS.Timeout;
  const late = new Promise((_, reject) => {
    const error = new TwinloopError("deadline_exceeded", "it did not finish within shutdownTimeout");
    timer = setTimeout(() => reject(error), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
