import { AbortReason, Operation, port, type Port } from "@twinloop/core-native/internal";
import { CronContext } from "./cron-context.ts";
import type { DeclaredJob } from "./registry.ts";

/** Runs the handlers of one isolate: one call per attempt. */
export class Ticks {
  readonly #jobs: readonly DeclaredJob[];
  readonly #port: Port = port();
  readonly #running = new Set<number>();

  constructor(jobs: readonly DeclaredJob[]) {
    this.#jobs = jobs;
  }

  /** Runs one attempt to its end. Never throws. */
  readonly handle = (id: number, target: number, _aux: number, text: string): void => {
    const { id: jobId, handler } = this.#jobs[target]!;
    const [scheduledAt, attempt] = JSON.parse(text) as [number, number];
    const context = new CronContext(id, jobId, scheduledAt, attempt);
    this.#running.add(id);
    void this.#run(context, id, handler);
  };

  /** Tells what still runs that the app stops. */
  interrupt(): void {
    for (const id of this.#running) Operation.abort(id, AbortReason.Stopping);
  }

  async #run(context: CronContext, id: number, handler: DeclaredJob["handler"]): Promise<void> {
    const { jobId: job, attempt } = context;
    const scheduledAt = context.scheduledAt.toISOString();
    try {
      context.log.debug("a run begins", { job, scheduledAt, attempt });
      await Operation.run(context, (_: void, given: CronContext) => handler(given), undefined);
      this.#port.outbox.reply(id, 200, "");
    } catch (error) {
      const isCut = context.stopping.aborted && context.signal.aborted;
      if (isCut) context.log.warn(error, "a run was interrupted", { job, scheduledAt, attempt });
      else context.log.error(error, "a run failed", { job, scheduledAt, attempt });
      this.#port.outbox.fail(id, 500, encodeFailure(error));
    } finally {
      this.#running.delete(id);
      Operation.end(context);
    }
  }
}

/** What the Rust half keeps of a failure: never throws, whatever was thrown. */
function encodeFailure(thrown: unknown): string {
  try {
    const { code, message } = thrown as { code?: unknown; message?: unknown };
    return JSON.stringify({
      code: typeof code === "string" ? code : "unknown",
      message: typeof message === "string" ? message : String(thrown),
    });
  } catch {
    return '{"code":"unknown","message":"a value was thrown that cannot be shown"}';
  }
}
