import { revive } from "@twinloop/schema";
import { encodeThrown } from "../errors/thrown.ts";
import { port, type Port } from "../crossing/port.ts";
import { isThenable } from "./thenable.ts";
import { Work } from "./work.ts";

type Handler<W> = (input: unknown, work: W) => unknown;

/** A target whose jobs a `JobRunner` runs, such as an endpoint or a subscription. */
export interface Handled {
  readonly handler: (...given: never[]) => unknown;
}

/**
 * Runs jobs of one component in this isolate, each to its end: one handler call per job, and one answer.
 *
 * A subclass finds the target and makes the context of each job, and may override the empty reply.
 */
export abstract class JobRunner<Served extends Handled, W extends Work> {
  protected readonly port: Port = port();

  /** Runs one job. Never throws, whatever the handler or the reading of its input does. */
  protected run(served: Served, work: W, text: string, tagged: boolean): void {
    try {
      this.#call(served, work, this.read(text, tagged));
    } catch (error) {
      this.fail(served, work, error);
    }
  }

  /** Runs one job on what `read` returns; for input that is no text, since each call takes a function for it. */
  protected runOn(served: Served, work: W, read: () => unknown): void {
    try {
      this.#call(served, work, read());
    } catch (error) {
      this.fail(served, work, error);
    }
  }

  #call(served: Served, work: W, input: unknown): void {
    const result = Work.run(work, served.handler as Handler<W>, input);
    if (isThenable(result)) {
      result.then(
        (value) => this.succeed(served, work, value),
        (error: unknown) => this.fail(served, work, error),
      );
    } else {
      this.succeed(served, work, result);
    }
  }

  /** Reads a job's input; `undefined` where the job has none. */
  protected read(text: string, tagged: boolean): unknown {
    if (text === "") return undefined;
    return tagged ? revive(JSON.parse(text)) : JSON.parse(text);
  }

  /** Answers a job whose handler has returned: without a body, unless a subclass says otherwise. */
  protected succeed(_served: Served, work: W, _result: unknown): void {
    if (!Work.isOver(work)) this.port.outbox.reply(Work.id(work), 200, "");
    Work.end(work);
  }

  /** Answers a job whose handler has thrown: with the failure as JSON. */
  protected fail(_served: Served, work: W, error: unknown): void {
    this.refuse(work, 500, encodeThrown(error));
  }

  /** Answers a job with a failure as JSON, and headers where there are any, unless nobody waits for it any more. */
  protected refuse(work: W, status: number, failure: string, headers = ""): void {
    if (!Work.isOver(work)) {
      const { outbox } = this.port;
      if (headers === "") outbox.fail(Work.id(work), status, failure);
      else outbox.failWithHeaders(Work.id(work), status, headers, failure);
    }
    Work.end(work);
  }
}
