import type { Component } from "./component.ts";
import { TwinloopError } from "./error.ts";
import { log } from "./log.ts";

/** Components of this stage or a later one take work: from HTTP, schedules and subscriptions. */
const TAKES_WORK = 30;

/** HTTP's stage: what comes last at the start. */
const LISTENS = 50;

/** How much longer than told a part is waited for. */
const MARGIN_MS = 3_000;

/** The parts of a running app, for its end. */
export interface Parts {
  readonly components: readonly Component[];
  readonly hooks: readonly (() => unknown)[];
  /** Ends the isolates beside this one. */
  readonly stopWorkers: (withinMs: number) => Promise<void>;
}

/**
 * Stops the parts one after another, each told how long is left: HTTP, the workers, all else that takes work, the hooks
 * while databases are still open, and then what the work was done with.
 */
export async function stopParts({ components, hooks, stopWorkers }: Parts, withinMs: number): Promise<void> {
  const deadline = Date.now() + withinMs;
  const left = (): number => Math.max(0, deadline - Date.now());
  const last = [...components].reverse();
  const stopAll = async (stages: (stage: number) => boolean): Promise<void> => {
    for (const component of last.filter(({ stage }) => stages(stage))) {
      await attempt(component.name, () => within(left() + MARGIN_MS, component.stop(left())));
    }
  };
  await stopAll((stage) => stage >= LISTENS);
  await attempt("workers", () => stopWorkers(left()));
  await stopAll((stage) => stage >= TAKES_WORK && stage < LISTENS);
  for (const hook of hooks) await attempt("onShutdown", () => within(left(), hook()));
  await stopAll((stage) => stage < TAKES_WORK);
}

/** One part that fails to stop must not keep the others from stopping. */
async function attempt(part: string, work: () => unknown): Promise<void> {
  try {
    await work();
  } catch (error) {
    log.error(error, "a part of the app failed to stop", { part });
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
