import { randomBytes } from "node:crypto";
import { Caller, callers } from "../crossing/caller.ts";
import { NO_JOB } from "../crossing/frame.ts";
import { redacted } from "../log/redaction.ts";
import { newSpanId, type Trace } from "../work/trace.ts";
import { collected } from "./collected.ts";
import { record } from "./records.ts";
import {
  addAttributes,
  MOST_VALUES,
  setAttribute,
  type SpanValue,
  type GivenAttributes,
} from "./span-values.ts";

/** The kinds of spans, by OpenTelemetry's names. */
export type SpanKindName = "internal" | "server" | "client" | "producer" | "consumer";

/** A span of another trace, or of another place in this one, that belongs to a span beside its parent. */
export interface SpanLink {
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes?: GivenAttributes;
}

/** The beginning of a span. */
export interface SpanStart {
  readonly name: string;
  readonly kind?: SpanKindName;
  readonly attributes?: GivenAttributes;
  readonly links?: readonly SpanLink[];
  /** The beginning, in milliseconds since 1970; default now. */
  readonly startMs?: number;
}

interface SpanEventRecord {
  readonly name: string;
  readonly timeMs: number;
  readonly attributes: Record<string, SpanValue>;
}

/** The place of a span that another process has, or one that was made before. */
export interface SpanPlace {
  readonly traceId: string;
  readonly spanId: string;
  readonly isSampled: boolean;
  readonly tracestate?: string | undefined;
}

/** Milliseconds since 1970 with fractions, which never go back. */
export function preciseNow(): number {
  return performance.timeOrigin + performance.now();
}

/**
 * A span of code in this isolate, from its start to `end`. One that is never ended is never told, and leaves nothing behind.
 *
 * Code that runs in it (`callers.run(span, …)`) calls with it as parent. Its methods never throw, and do nothing after `end`.
 */
export class OpenSpan extends Caller {
  readonly trace: Trace;
  readonly #parent: Caller | undefined;
  readonly #kind: SpanKindName;
  readonly #startMs: number;
  readonly #attributes: Record<string, SpanValue> = {};
  readonly #links: SpanLink[];
  readonly #events: SpanEventRecord[] = [];
  #name: string;
  #status: "unset" | "ok" | "error" = "unset";
  #message: string | undefined;
  #hasEnded = false;

  /** Begins a span below `parent`, or one that begins a trace; of a call within the app, `place` is the call's own. */
  constructor(
    { name, kind = "internal", attributes, links = [], startMs }: SpanStart,
    parent?: Caller,
    place?: Trace,
  ) {
    super();
    this.#name = name;
    this.#kind = kind;
    this.#parent = parent;
    this.#links = links.slice(0, MOST_VALUES);
    this.#startMs = startMs ?? preciseNow();
    this.trace = place ?? placeBelow(parent && Caller.parent(parent));
    addAttributes(this.#attributes, attributes);
  }

  protected override get callingOperation(): object | undefined {
    return this.#parent && Caller.operation(this.#parent);
  }

  protected override get callingJob(): number {
    return this.#parent === undefined ? NO_JOB : Caller.job(this.#parent);
  }

  protected override get callingSpan(): string | undefined {
    // While nobody collects spans, what is called must not name a parent that will never be seen.
    return collected.spans || this.#parent === undefined ? this.trace.traceparent : Caller.span(this.#parent);
  }

  protected override get callingTrace(): Trace {
    return this.trace;
  }

  /** Whether somebody takes the span once it ends. */
  get isRecording(): boolean {
    return !this.#hasEnded && collected.spans;
  }

  /** Gives the span another name. */
  rename(name: string): void {
    if (!this.#hasEnded) this.#name = name;
  }

  /** Sets an attribute; a list or text that is too long is cut, and what is no value of an attribute is left out. */
  setAttribute(name: string, value: unknown): void {
    if (this.isRecording) setAttribute(this.#attributes, name, value);
  }

  /** Adds an event at a time, by default now. */
  addEvent(name: string, attributes?: GivenAttributes, timeMs: number = preciseNow()): void {
    if (!this.isRecording || this.#events.length >= MOST_VALUES) return;
    const kept: Record<string, SpanValue> = {};
    addAttributes(kept, attributes);
    this.#events.push({ name, timeMs, attributes: kept });
  }

  /** Adds a link to another span. */
  addLink(link: SpanLink): void {
    if (this.isRecording && this.#links.length < MOST_VALUES) this.#links.push(link);
  }

  /** Sets the outcome. One that is `ok` stays so (OpenTelemetry, "Set Status"). */
  setStatus(status: "unset" | "ok" | "error", message?: string): void {
    if (!this.isRecording || this.#status === "ok") return;
    this.#status = status;
    this.#message = status === "error" ? message : undefined;
  }

  /** Adds an event for an error, by the conventions for exceptions. */
  recordException(error: unknown, timeMs?: number): void {
    if (this.isRecording) this.addEvent("exception", exceptionOf(error), timeMs);
  }

  /** Notes an error by which the span's code has ended: an event, and the status. */
  fail(error: unknown): void {
    if (!this.isRecording) return;
    this.recordException(error);
    this.setAttribute("error.type", errorType(error));
    this.setStatus("error", redacted(messageOf(error)));
  }

  /** Ends the span and tells the runtime of it. The first end counts. */
  end(endMs: number = preciseNow()): void {
    const isWanted = this.isRecording;
    this.#hasEnded = true;
    if (!isWanted) return;
    const { traceId, spanId, parentSpanId, traceparent } = this.trace;
    const text = JSON.stringify({
      ...{ traceId, spanId, parentSpanId, name: this.#name, kind: this.#kind },
      ...{ startMs: this.#startMs, endMs: Math.max(endMs, this.#startMs) },
      ...{ status: this.#status, message: this.#message },
      ...{ attributes: this.#attributes, events: this.#events, links: this.#links },
      // A trace that begins here is chosen by the runtime's sampler.
      sampled: parentSpanId === undefined ? undefined : traceparent.endsWith("1"),
    });
    // The runtime finds the operation by who tells of the span, wherever it is ended.
    callers.run(this, () => record("recordSpan", text));
  }
}

/** The place of a span that this isolate has not begun, as the caller of what runs below it. */
export class RemoteSpan extends Caller {
  readonly #within: Caller | undefined;
  readonly #trace: Trace;

  /** `within` is the caller whose operation the code stays in. */
  constructor(place: SpanPlace, within: Caller | undefined) {
    super();
    const { traceId, spanId, isSampled, tracestate } = place;
    this.#within = within;
    const traceparent = `00-${traceId}-${spanId}-${isSampled ? "01" : "00"}`;
    this.#trace = { traceId, spanId, parentSpanId: undefined, traceparent, tracestate };
  }

  protected override get callingOperation(): object | undefined {
    return this.#within && Caller.operation(this.#within);
  }

  protected override get callingJob(): number {
    return this.#within === undefined ? NO_JOB : Caller.job(this.#within);
  }

  protected override get callingSpan(): string {
    return this.#trace.traceparent;
  }

  protected override get callingTrace(): Trace {
    return this.#trace;
  }
}

/** The place of a new span: in the trace of its parent, with its flags and state. */
function placeBelow(parent: Trace | undefined): Trace {
  const traceId = parent?.traceId ?? randomBytes(16).toString("hex");
  const spanId = newSpanId();
  const flags = parent?.traceparent.slice(-2) ?? (isChosen(traceId) ? "01" : "00");
  return {
    ...{ traceId, spanId, parentSpanId: parent?.spanId, traceparent: `00-${traceId}-${spanId}-${flags}` },
    tracestate: parent?.tracestate,
  };
}

/** Whether a trace that begins here is exported: the rightmost 7 bytes of its id choose, as the runtime's sampler does. */
function isChosen(traceId: string): boolean {
  return Number.parseInt(traceId.slice(-14), 16) < collected.sampledShare * 2 ** 56;
}

function exceptionOf(error: unknown): GivenAttributes {
  try {
    const stack =
      error instanceof Error && typeof error.stack === "string" ? redacted(error.stack) : undefined;
    return {
      "exception.type": errorType(error),
      "exception.message": redacted(messageOf(error)),
      "exception.stacktrace": stack,
    };
  } catch {
    return {};
  }
}

function errorType(error: unknown): string {
  try {
    return error instanceof Error ? String(error.name) : typeof error;
  } catch {
    return "unknown";
  }
}

function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? String(error.message) : String(error);
  } catch {
    return "a thrown value that cannot be shown";
  }
}
