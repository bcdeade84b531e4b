import { AsyncLocalStorage } from "node:async_hooks";
import { randomBytes } from "node:crypto";
import { APIError } from "./error.ts";
import { AbortReason, Kind } from "./frame.ts";
import { log, type Logger } from "./log.ts";
import { native } from "./native.ts";
import { port } from "./port.ts";
import { stopSignal } from "./stop-signal.ts";

const SLOT_MASK = (1 << 20) - 1;

/** The operations this isolate is working on, by slot; Rust hands out small slots, so the array stays dense. */
const live: (Operation | undefined)[] = [];

const storage = new AsyncLocalStorage<Operation>();

/** Where an operation stands in a distributed trace (W3C Trace Context). */
export interface Trace {
  /** 32 hexadecimal digits; also the request id that the caller is told. */
  readonly traceId: string;
}

/**
 * What a handler is told about the work it does, beside its input.
 *
 * Nothing in it costs anything before it is read.
 */
export class Operation {
  readonly #id: number;
  #controller: AbortController | undefined;
  #log: Logger | undefined;
  #trace: Trace | undefined;

  constructor(id: number) {
    this.#id = id;
  }

  /** Aborts when the caller goes away, the time limit passes, or a stopping app cuts the connection. */
  get signal(): AbortSignal {
    return (this.#controller ??= new AbortController()).signal;
  }

  /**
   * Aborts when the app begins to stop, while this operation may still finish within `shutdownTimeout`: for work that
   * waits or repeats, to end early.
   */
  get stopping(): AbortSignal {
    return stopSignal();
  }

  /** The app's logger, with the trace id in each line. */
  get log(): Logger {
    return (this.#log ??= log.with({ trace: this.trace.traceId }));
  }

  /** The trace this operation belongs to. */
  get trace(): Trace {
    return (this.#trace ??= { traceId: this.lookUp("request-id") ?? randomBytes(16).toString("hex") });
  }

  /** One value that stayed in Rust; `undefined` when there is none or the operation is over. */
  protected lookUp(name: string): string | undefined {
    return native.contextValue(port().isolate, this.#id, name) ?? undefined;
  }

  /** All values that stayed in Rust, as JSON. */
  protected lookUpAll(): string | undefined {
    return native.contextAll(port().isolate, this.#id) ?? undefined;
  }

  /** Registers the operation under its id and runs `work(input, operation)` in its async context. */
  static run<O extends Operation, I, R>(operation: O, work: (input: I, operation: O) => R, input: I): R {
    live[operation.#id & SLOT_MASK] = operation;
    return storage.run(operation, work, input, operation);
  }

  /** Whether nobody waits for its answer any more. Its id may be another's by now, which must not get it. */
  static isOver(operation: Operation): boolean {
    const controller = operation.#controller;
    return controller !== undefined && controller.signal.aborted;
  }

  /** Ends the operation: late aborts find nothing. */
  static end(operation: Operation): void {
    const slot = operation.#id & SLOT_MASK;
    if (live[slot] === operation) live[slot] = undefined;
  }

  /** Tells the operation `id` that nobody waits for it any more. */
  static abort(id: number, reason: number): void {
    const operation = live[id & SLOT_MASK];
    if (operation === undefined || operation.#id !== id) return;
    // Made even if nobody asked yet: a handler that asks for the signal later must find it aborted.
    operation.#controller ??= new AbortController();
    operation.#controller.abort(abortError(reason));
  }
}

function abortError(reason: number): APIError {
  if (reason === AbortReason.TimedOut)
    return APIError.deadlineExceeded("the time limit of the operation passed");
  if (reason === AbortReason.Stopping) return APIError.canceled("the app is stopping");
  return APIError.canceled("the caller went away");
}

/** The operation that the calling code belongs to, across `await` and timers; `undefined` outside of any. */
export function currentRequest(): Operation | undefined {
  return storage.getStore();
}

let listening = false;

/** Starts to hear of aborts; called by every primitive that runs operations. */
export function hearAborts(): void {
  if (listening) return;
  listening = true;
  port().on(Kind.Abort, (id, _target, reason) => Operation.abort(id, reason));
}
