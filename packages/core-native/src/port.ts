import { TwinloopError } from "./error.ts";
import { Kind } from "./frame.ts";
import { Inbox, type ItemHandler } from "./inbox.ts";
import { native } from "./native.ts";
import { Outbox } from "./outbox.ts";

interface PendingCall {
  readonly resolve: (result: CallResult) => void;
}

type CallResult = { readonly text: string } | { readonly failure: string };

const MAX_IN_FLIGHT = 256;

/**
 * This isolate's connection to the runtime. It attaches at its first use, so that a package can be imported without
 * starting a thread.
 *
 * While a call is pending or the port is held, the process stays alive; otherwise a script ends by itself.
 */
export class Port {
  readonly isolate: number;
  readonly outbox: Outbox;
  readonly #inbox: Inbox;
  readonly #calls = new Map<number, PendingCall>();
  readonly #onWake = (): void => this.#turn();
  #lastCall = 0;
  #holds = 0;

  constructor(maxInFlight: number = MAX_IN_FLIGHT) {
    this.isolate = native.attach(maxInFlight, this.#onWake);
    this.outbox = new Outbox(native, this.isolate);
    this.#inbox = new Inbox(native, this.isolate);
    this.on(Kind.Completed, (id, _target, _aux, text) => this.#settleCall(id, { text }));
    this.on(Kind.Failed, (id, _target, _aux, text) => this.#settleCall(id, { failure: text }));
  }

  /** Sets who acts on items of this kind. A handler must not throw. */
  on(kind: number, handler: ItemHandler): void {
    this.#inbox.on(kind, handler);
  }

  /**
   * Calls an operation of a Rust component.
   *
   * Shape:  a JSON-serialisable argument -> the parsed JSON result (`undefined` for an empty one).
   * Errors: `TwinloopError` with the component's code; its stack names the caller.
   */
  async call<T>(component: number, operation: number, argument: unknown): Promise<T> {
    this.hold();
    const result = await new Promise<CallResult>((resolve) => {
      const id = (this.#lastCall = (this.#lastCall + 1) | 0);
      this.#calls.set(id, { resolve });
      this.outbox.call(id, component, operation, JSON.stringify(argument));
    }).finally(() => this.release());
    if ("failure" in result) throw toError(result.failure);
    return (result.text === "" ? undefined : JSON.parse(result.text)) as T;
  }

  /** Keeps the process alive until `release`; counted. */
  hold(): void {
    if (this.#holds++ === 0) native.hold(this.isolate, true);
  }

  /** The counterpart of `hold`. */
  release(): void {
    if (--this.#holds === 0) native.hold(this.isolate, false);
  }

  #turn(): void {
    let more: boolean;
    try {
      more = this.#inbox.drain();
    } catch (error) {
      // Nothing may escape: an exception in a wake would end the process.
      process.emitWarning(error instanceof Error ? error : String(error), "TwinloopWarning");
      return;
    }
    // The next batch waits for one turn of the loop, so that timers and other I/O are not starved.
    if (more) setImmediate(this.#onWake);
  }

  #settleCall(id: number, result: CallResult): void {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    call?.resolve(result);
  }
}

function toError(failure: string): TwinloopError {
  const { code, message, details } = JSON.parse(failure) as { code: string; message: string; details?: unknown };
  return new TwinloopError(code, message, { details });
}

let current: Port | undefined;

/** This isolate's port, attached at the first call. */
export function port(): Port {
  return (current ??= new Port());
}

/** This isolate's port if it has attached. */
export function attachedPort(): Port | undefined {
  return current;
}
