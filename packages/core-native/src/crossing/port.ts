import { Flows } from "./flow.ts";
import { Kind } from "./frame.ts";
import { Inbox, type ItemHandler } from "./inbox.ts";
import { log } from "../log/log.ts";
import { native } from "./native.ts";
import { Outbox } from "./outbox.ts";
import { PendingCalls, type Settle } from "./pending-calls.ts";
import { printRuntimeLine } from "../log/runtime-log.ts";

const MAX_IN_FLIGHT = 256;
const RETRY_MS = 20;
const CALL_LOST = '{"code":"internal","message":"the native runtime did not take the call"}';

/**
 * This isolate's connection to the runtime. The port attaches at its first use, so that a package can be imported without
 * starting a thread.
 *
 * While a call is pending or the port is held, the process stays alive; otherwise a script ends by itself.
 */
export class Port {
  readonly isolate: number;
  readonly outbox: Outbox;
  /** The jobs whose input or answer moves in pieces. */
  readonly flows: Flows;
  readonly #inbox: Inbox;
  readonly #calls = new PendingCalls();
  readonly #onWake = (): void => this.#turn();
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
    this.#inbox = new Inbox(native, this.isolate, native.progressMarker(this.isolate));
    this.on(Kind.Completed, (id, _target, _aux, text) => this.#settleCall(id, text, false));
    this.on(Kind.Failed, (id, _target, _aux, text) => this.#settleCall(id, text, true));
    this.on(Kind.Log, printRuntimeLine);
    this.flows = new Flows((number) => native.takeBlob(this.isolate, number));
    this.on(Kind.Credit, this.flows.credit);
    this.on(Kind.Piece, this.flows.piece);
  }

  /** Sets the handler of items of this kind. The handler must not throw. */
  on(kind: number, handler: ItemHandler): void {
    this.#inbox.on(kind, handler);
  }

  /** Sets the handler of a component's jobs. The handler must not throw. */
  onJob(component: number, handler: ItemHandler): void {
    this.#inbox.onJob(component, handler);
  }

  /** Calls an operation of a Rust component, with its arguments as one line of JSON. */
  ask(component: number, operation: number, argument: string, settle: Settle): void {
    const id = this.#calls.add(settle);
    this.hold();
    this.outbox.call(id, component, operation, argument);
  }

  /** Copies bytes into Rust and returns the number under which an operation takes them. */
  putBlob(bytes: Uint8Array): number {
    return native.putBlob(this.isolate, bytes);
  }

  /** Takes the bytes that an operation left under a number; `null` if there are none. */
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

  /** Ends one `hold`; when none is left, the process may end. */
  release(): void {
    if (--this.#holds > 0 || this.#lettingGo) return;
    // Deferred, because consecutive calls would hold and let go each time, at 5 µs, a third of a whole call.
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
      log.error(error, "failed to take a batch from the native runtime; retrying");
      setTimeout(this.#onWake, RETRY_MS).unref();
      return;
    }
    // The next batch waits for one turn of the loop, so that timers and other I/O are not starved.
    if (more) setImmediate(this.#onWake);
  }

  #settleCall(id: number, text: string, failed: boolean): void {
    const settle = this.#calls.take(id);
    if (!settle) return;
    settle(text, failed);
    this.release();
  }
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
