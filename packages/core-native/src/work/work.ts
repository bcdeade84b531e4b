import { randomBytes } from "node:crypto";
import { APIError } from "../errors/error.ts";
import { Caller, callers } from "../crossing/caller.ts";
import { AbortReason, Kind, NO_JOB } from "../crossing/frame.ts";
import { loggerOf, type Logger } from "../log/log.ts";
import { native } from "../crossing/native.ts";
import { port } from "../crossing/port.ts";
import { collected } from "../telemetry/collected.ts";
import { stopSignal } from "./stop-signal.ts";
import type { MiddlewareParts } from "./middleware-parts.ts";
import { WorkTrace, type Trace } from "./trace.ts";

export type { Trace } from "./trace.ts";

const NO_PARTS: MiddlewareParts = Object.freeze({});

const SLOT_MASK = (1 << 20) - 1;

/** The running work of this isolate, by slot. Rust hands out small slots, so the array stays dense. */
const live: (Work | undefined)[] = [];

/**
 * Values that middleware and handlers of one operation share. An app names its own by merging:
 * `declare module "@twinloop/core-native" { interface RequestData { user: User } }`.
 */
export interface RequestData {
  // oxlint-disable-next-line typescript/no-explicit-any -- as Encore has it: only the app knows the types
  [name: string]: any;
}

/** Something that a job holds until it ends. */
export interface Held {
  /** Lets go of it. Must not throw. */
  release(): void;
}

/** The contexts of operations by their `type`. Each primitive adds its own by merging. */
export interface OperationTypes {}

/** The running operation: one of the contexts of the app's primitives, told apart by `type`. */
export type RequestMeta = keyof OperationTypes extends never ? Work : OperationTypes[keyof OperationTypes];

/**
 * The context of one operation, which a handler is given beside its input. Each part is made when it is first read.
 */
export class Work extends Caller {
  readonly #id: number;
  #input: unknown;
  #controller: AbortController | undefined;
  #log: Logger | undefined;
  #trace: WorkTrace | undefined;
  #data: RequestData | undefined;
  #calls: Set<Work> | undefined;
  /** What the job lets go of at its end. */
  #held: Held[] | undefined;
  /** Who has made this call within the app; `undefined` for a job. */
  #caller: Caller | undefined;

  constructor(id: number) {
    super();
    this.#id = id;
  }

  protected override get callingOperation(): object {
    return this;
  }

  protected override get callingJob(): number {
    if (this.#id === NO_JOB) return this.#caller === undefined ? NO_JOB : Caller.job(this.#caller);
    return this.#isRunning() ? this.#id : NO_JOB;
  }

  protected override get callingSpan(): string | undefined {
    // A call within the app is a span of its own, where there are spans; a job is the one that Rust knows by its id.
    if (this.#id === NO_JOB) {
      if (collected.spans) return this.trace.traceparent;
      return this.#caller === undefined ? undefined : Caller.span(this.#caller);
    }
    return this.#isRunning() ? undefined : this.#trace?.traceparent;
  }

  protected override get callingTrace(): Trace {
    return this.trace;
  }

  protected override get callingParent(): Trace {
    return collected.spans ? this.#workTrace.ofHandler : this.trace;
  }

  /** Whether Rust has the job still: it was not answered, nor aborted. */
  #isRunning(): boolean {
    return live[this.#id & SLOT_MASK] === this && !Work.isOver(this);
  }

  /** The kind of the operation: `api-call`, `pubsub-message`, `pubsub-batch` or `cron-job`. */
  get type(): string {
    return "";
  }

  /** The handler's input: the checked request or message; `undefined` where there is none. */
  get payload(): unknown {
    return this.#input;
  }

  /** The handler's input, by Encore's name of `payload`. */
  // oxlint-disable-next-line typescript/no-explicit-any -- as Encore has it
  get parsedPayload(): Record<string, any> | undefined {
    // oxlint-disable-next-line typescript/no-explicit-any
    return this.#input as Record<string, any> | undefined;
  }

  /** Values that middleware and the handler of this operation share; empty at first. */
  get data(): RequestData {
    return (this.#data ??= {});
  }

  /** The values that middleware has set, by Encore's name of `data`. */
  get middlewareData(): RequestData {
    return this.data;
  }

  /** The stream, or the raw request and response, that middleware finds on its request. */
  get middlewareParts(): MiddlewareParts {
    return NO_PARTS;
  }

  /** A signal that aborts when the caller disconnects, the time limit passes, or a stopping app cuts the connection. */
  get signal(): AbortSignal {
    return (this.#controller ??= new AbortController()).signal;
  }

  /**
   * A signal that aborts when the app begins to stop. Work that waits or repeats should then end early; it may still
   * finish within `shutdownTimeout`.
   */
  get stopping(): AbortSignal {
    return stopSignal();
  }

  /** The app's logger, which adds the operation's own fields, `trace_id` and `span_id` to each line. */
  get log(): Logger {
    return (this.#log ??= loggerOf(this, this.logFields()));
  }

  /** The fields that `log` adds to each line beside the ids of the trace. */
  protected logFields(): Readonly<Record<string, unknown>> {
    return {};
  }

  /** The operation's place in a distributed trace. */
  get trace(): Trace {
    return this.#workTrace;
  }

  get #workTrace(): WorkTrace {
    if (this.#trace === undefined) {
      // A trusted proxy may give a request an id that is not its trace's.
      const given = this.lookUp("trace-id") ?? this.lookUp("request-id");
      const traceId = given ?? randomBytes(16).toString("hex");
      this.#trace = new WorkTrace(traceId, (name) => this.lookUp(name));
    }
    return this.#trace;
  }

  /** Reads one value that stayed in Rust; `undefined` when there is none or the work is over. */
  protected lookUp(name: string): string | undefined {
    return native.contextValue(port().isolate, this.#id, name) ?? undefined;
  }

  /** Tells the component something about the running work; false when it knows no such message. */
  protected tell(message: string): boolean {
    return native.contextTell(port().isolate, this.#id, message);
  }

  /** Reads all values that stayed in Rust, as JSON; `undefined` when the work is over. */
  protected lookUpAll(): string | undefined {
    return native.contextAll(port().isolate, this.#id) ?? undefined;
  }

  /** Copies bytes that stayed in Rust, such as a binary body; `undefined` when there are none or the work is over. */
  protected lookUpBytes(name: string): Buffer | undefined {
    return native.contextBytes(port().isolate, this.#id, name) ?? undefined;
  }

  /** Registers the work under its id and runs `handler(input, work)` in its async context. */
  static run<W extends Work, I, R>(work: W, handler: (input: I, work: W) => R, input: I): R {
    live[work.#id & SLOT_MASK] = work;
    work.#input = input;
    return callers.run(work, handler, input, work);
  }

  /** Replaces the input that `payload` returns, because a schema has transformed it. */
  static take(work: Work, input: unknown): void {
    work.#input = input;
  }

  /** The number by which the work is answered. */
  static id(work: Work): number {
    return work.#id;
  }

  /** Whether the work is over, so that no answer may be sent: its id may be that of other work by now. */
  static isOver(work: Work): boolean {
    const controller = work.#controller;
    return controller !== undefined && controller.signal.aborted;
  }

  /** Ends the work; later aborts of its id have no effect. */
  static end(work: Work): void {
    const slot = work.#id & SLOT_MASK;
    if (live[slot] === work) live[slot] = undefined;
    if (work.#held !== undefined) letGo(work.#held);
    work.#held = undefined;
  }

  /**
   * Has the job that the calling code belongs to let go of something at its end; at once where the job has ended. False outside of
   * jobs.
   */
  static hold(held: Held): boolean {
    const job = runningJob();
    if (job === undefined) return false;
    if (live[job.#id & SLOT_MASK] === job) (job.#held ??= []).push(held);
    else held.release();
    return true;
  }

  /** The job that a call within the app was made for in the end; the operation itself where it is one. */
  static jobOf(operation: object | undefined): Work | undefined {
    let found = operation;
    while (found instanceof Work && found.#id === NO_JOB)
      found = found.#caller && Caller.operation(found.#caller);
    return found instanceof Work ? found : undefined;
  }

  /** Aborts the signal of the work `id`, because nobody waits for its answer any more. */
  static abort(id: number, reason: number): void {
    const work = live[id & SLOT_MASK];
    if (work === undefined || work.#id !== id) return;
    Work.abortWith(work, abortError(reason));
  }

  /** Aborts the signal of an operation, and those of the calls that it has made. */
  static abortWith(work: Work, reason: APIError): void {
    // Made even if the handler has not read `signal` yet: it must find the signal aborted later.
    work.#controller ??= new AbortController();
    work.#controller.abort(reason);
    work.aborted();
    for (const call of work.#calls ?? []) Work.abortWith(call, reason);
  }

  /** Runs a function in the async context of an operation, whose input stays what it is. */
  static inside<R>(work: Work, run: () => R): R {
    return callers.run(work, run);
  }

  /** Runs a call within the app in its async context. Rust knows nothing of it, so it has no slot. */
  static runCall<W extends Work, I, R>(work: W, handler: (input: I, work: W) => R, input: I): R {
    work.#input = input;
    // A span of the caller's own; the events of a stream, though, may be taken by whoever has not called.
    const running = callers.getStore();
    const isItsOwn = running !== undefined && Caller.operation(running) === work.#caller;
    if (work.#caller === undefined || isItsOwn) work.#caller = running;
    return callers.run(work, handler, input, work);
  }

  /** Makes the end of `caller` by abort the end of `call` too. */
  static adopt(caller: Work, call: Work): void {
    call.#caller = caller;
    (caller.#calls ??= new Set()).add(call);
  }

  /** Ends what `adopt` has begun. */
  static release(caller: Work, call: Work): void {
    caller.#calls?.delete(call);
  }

  /** Throws the reason of an operation's abort. */
  static throwIfOver(work: Work): void {
    work.#controller?.signal.throwIfAborted();
  }

  /** Acts on the abort of the work, after its signal. Must not throw. */
  protected aborted(): void {}
}

/** The job that the calling code belongs to, across calls within the app; `undefined` outside of any. */
function runningJob(): Work | undefined {
  const running = callers.getStore();
  return running && Work.jobOf(Caller.operation(running));
}

function letGo(held: readonly Held[]): void {
  for (const one of held) one.release();
}

function abortError(reason: number): APIError {
  if (reason === AbortReason.TimedOut)
    return APIError.deadlineExceeded("the time limit of the operation passed");
  if (reason === AbortReason.Stopping) return APIError.canceled("the app is stopping");
  return APIError.canceled("the caller disconnected");
}

/** The ids by which log lines are found from an operation's trace, by OpenTelemetry's names of them. */
export function idsOf({ trace }: Work): { readonly trace_id: string; readonly span_id: string } {
  return { trace_id: trace.traceId, span_id: trace.spanId };
}

/** Returns the operation that the calling code belongs to, across `await` and timers; `undefined` outside of any. */
export function currentRequest(): RequestMeta | undefined {
  const running = callers.getStore();
  return running && (Caller.operation(running) as RequestMeta | undefined);
}

let listening = false;

/** Subscribes this isolate to aborts from Rust; called by every primitive that runs handlers. */
export function hearAborts(): void {
  if (listening) return;
  listening = true;
  port().on(Kind.Abort, (id, _target, reason) => Work.abort(id, reason));
}
