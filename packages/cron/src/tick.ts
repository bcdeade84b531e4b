import {
  AbortReason,
  compose,
  encodeThrown,
  middlewaresOf,
  port,
  serviceOfDeclaration,
  Work,
  type Port,
} from "@twinloop/core-native/internal";
import type { Middleware } from "@twinloop/core-native";
import { CronContext, type Tick } from "./cron-context.ts";
import type { DeclaredJob } from "./registry.ts";

/** A job's handler as the runtime calls it. */
type Handler = (input: undefined, context: CronContext) => unknown;

/** The declared handler in the form that middlewares wrap: a cron handler has no input. */
function handlerOf({ handler }: DeclaredJob): Handler {
  return (_, context) => handler(context);
}

/** Runs the cron handlers of one isolate, one call per attempt. */
export class Ticks {
  /** The jobs, by their number in ticks. */
  readonly #jobs: readonly DeclaredJob[];
  #handlers: readonly Handler[];
  readonly #port: Port = port();
  readonly #running = new Set<number>();

  constructor(jobs: readonly DeclaredJob[]) {
    this.#jobs = jobs;
    this.#handlers = jobs.map(handlerOf);
  }

  /** Runs one attempt until its handler has ended, and answers Rust. Never throws. */
  readonly handle = (id: number, target: number, _aux: number, text: string): void => {
    const context = new CronContext(id, this.#jobs[target]!.id, JSON.parse(text) as Tick);
    this.#running.add(id);
    void this.#run(context, id, this.#handlers[target]!);
  };

  /** Puts the middlewares of the app and of the jobs' services around the handlers. */
  wrap(middlewares: readonly Middleware[] | undefined): void {
    this.#handlers = this.#jobs.map((job) => {
      const handler = handlerOf(job);
      const service = serviceOfDeclaration({ what: "CronJob", name: job.id });
      const layers = middlewaresOf(middlewares, service);
      return compose(layers, handler, { type: "cron-job", name: job.id }) ?? handler;
    });
  }

  /** Aborts all running attempts, because the app is stopping. */
  interrupt(): void {
    for (const id of this.#running) Work.abort(id, AbortReason.Stopping);
  }

  async #run(context: CronContext, id: number, handler: Handler): Promise<void> {
    try {
      context.log.debug("begin a cron run");
      await Work.run(context, handler, undefined);
      this.#port.outbox.reply(id, 200, "");
    } catch (error) {
      const isCut = context.stopping.aborted && context.signal.aborted;
      if (isCut) context.log.warn(error, "interrupted a cron run: the app is stopping");
      else context.log.error(error, "failed to run a cron job");
      this.#port.outbox.fail(id, 500, encodeThrown(error));
    } finally {
      this.#running.delete(id);
      Work.end(context);
    }
  }
}
