import { AsyncLocalStorage } from "node:async_hooks";
import type { Trace } from "../work/trace.ts";
import { NO_JOB } from "./frame.ts";

/**
 * What runs code that calls into the runtime: an operation, or a span within one. The outbox tells the runtime who makes a call.
 */
export abstract class Caller {
  /** The operation that the code belongs to; `undefined` for a span outside of operations. */
  protected abstract get callingOperation(): object | undefined;

  /** The id of the job that makes the calls; `NO_JOB` outside of jobs and after their end. */
  protected abstract get callingJob(): number;

  /** The `traceparent` that the calls name as their parent; `undefined` where the job itself makes them. */
  protected abstract get callingSpan(): string | undefined;

  /** The place in a distributed trace; `undefined` outside of any. */
  protected abstract get callingTrace(): Trace | undefined;

  /** The place that spans of the code name as their parent. */
  protected get callingParent(): Trace | undefined {
    return this.callingTrace;
  }

  /** The operation of a caller. */
  static operation(caller: Caller): object | undefined {
    return caller.callingOperation;
  }

  /** The id of the job of a caller, as an `i32`. */
  static job(caller: Caller): number {
    return caller.callingJob;
  }

  /** The `traceparent` of a caller that is a span of its own. */
  static span(caller: Caller): string | undefined {
    return caller.callingSpan;
  }

  /** The place of a caller in a distributed trace. */
  static trace(caller: Caller): Trace | undefined {
    return caller.callingTrace;
  }

  /** The place that a span of the caller's code names as its parent: that of the caller, and of a job that of its handler. */
  static parent(caller: Caller): Trace | undefined {
    return caller.callingParent;
  }
}

/**
 * The caller that the running code belongs to, across `await` and timers. It stands apart from the operations that it holds, because
 * the outbox names the caller of each call, and operations need the outbox.
 */
export const callers: AsyncLocalStorage<Caller> = new AsyncLocalStorage();

class Nobody extends Caller {
  protected override readonly callingOperation = undefined;
  protected override readonly callingJob: number = NO_JOB;
  protected override readonly callingSpan = undefined;
  protected override readonly callingTrace = undefined;
}

/** The running code's place in a distributed trace: that of the innermost span, else the operation's; `undefined` outside of both. */
export function currentTrace(): Trace | undefined {
  const running = callers.getStore();
  return running && Caller.trace(running);
}

/** The caller of code that belongs to no operation. */
export const NOBODY: Caller = new Nobody();
