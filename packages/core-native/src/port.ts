import { TwinloopError } from "./error.ts";
import { Kind } from "./frame.ts";
import { Inbox, type ItemHandler } from "./inbox.ts";
import { log } from "./log.ts";
import { native } from "./native.ts";
import { Outbox } from "./outbox.ts";
import { printRuntimeLine } from "./runtime-log.ts";

/** Takes the result of a call, or with `failed` the error as JSON. Must not throw. */
export type Settle = (text: string, failed: boolean) => void;

const MAX_IN_FLIGHT = 256;
const RETRY_MS = 20;
const CALL_LOST = '{"code":"internal","message":"the native runtime did not take the call"}';

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
  readonly #calls = new Map<number, Settle>();
  readonly #onWake = (): void => this.#turn();
  #lastCall = 0;
  readonly #letGo = (): void => {
    this.#lettingGo = false;
    if (this.#holds > 0 || !this.#held) return;
    this.#held = false;
    native.hold(this.isolate, false);
  };
  #holds = 0;
  #held = false;
  #lettingGo = false;

  constructor(maxInFlight: number = MAX_IN_FLIGHT) {
    this.isolate = native.attach(maxInFlight, this.#onWake);
    this.outbox = new Outbox(native, this.isolate, (id) => this.#settleCall(id, CALL_LOST, true));
    this.#inbox = new Inbox(native, this.isolate);
    this.on(Kind.Completed, (id, _target, _aux, text) => this.#settleCall(id, text, false));
    this.on(Kind.Failed, (id, _target, _aux, text) => this.#settleCall(id, text, true));
    this.on(Kind.Log, printRuntimeLine);
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
    const { text, failed } = await new Promise<{ text: string; failed: boolean }>((resolve) => {
      this.ask(component, operation, JSON.stringify(argument), (text, failed) => resolve({ text, failed }));
    });
    if (failed) throw toError(text);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }

  /** The same for an operation whose argument and result are texts of its own; `argument` has no line feed. */
  ask(component: number, operation: number, argument: string, settle: Settle): void {
    this.hold();
    const id = (this.#lastCall = (this.#lastCall + 1) | 0);
    this.#calls.set(id, settle);
    this.outbox.call(id, component, operation, argument);
  }

  /** Copies bytes into Rust and returns the number under which an operation takes them. */
  putBlob(bytes: Uint8Array): number {
    return native.putBlob(this.isolate, bytes);
  }

  /** Takes bytes an operation has left under a number. */
  takeBlob(number: number): Buffer | null {
    return native.takeBlob(this.isolate, number);
  }

  /** Keeps the process alive until `release`; counted. */
  hold(): void {
    this.#holds++;
    if (this.#held) return;
    this.#held = true;
    native.hold(this.isolate, true);
  }

  /** The counterpart of `hold`. */
  release(): void {
    if (--this.#holds > 0 || this.#lettingGo) return;
    // Not at once: one call after another would hold and let go each time, which costs 5 µs, a third of a whole call.
    this.#lettingGo = true;
    setImmediate(this.#letGo);
  }

  #turn(): void {
    let more: boolean;
    try {
      more = this.#inbox.drain();
    } catch (error) {
      // Nothing may escape: an exception in a wake would end the process. And the runtime wakes again only after a
      // drain, so that without another try nothing would ever move.
      log.error(error, "a batch could not be taken from the native runtime");
      setTimeout(this.#onWake, RETRY_MS).unref();
      return;
    }
    // The next batch waits for one turn of the loop, so that timers and other I/O are not starved.
    if (more) setImmediate(this.#onWake);
  }

  #settleCall(id: number, text: string, failed: boolean): void {
    const settle = this.#calls.get(id);
    if (!settle) return;
    this.#calls.delete(id);
    settle(text, failed);
    this.release();
  }
}

function toError(failure: string): TwinloopError {
  const { code, message, details } = JSON.parse(failure) as {
    code: string;
    message: string;
    details?: unknown;
  };
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
