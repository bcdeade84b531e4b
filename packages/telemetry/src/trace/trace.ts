import type { Trace } from "@twinloop/core-native";
import {
  Caller,
  callers,
  collected,
  isThenable,
  OpenSpan,
  type SpanAttributes,
  type SpanValue,
} from "@twinloop/core-native/internal";

/**
 * The options of a span.
 *
 * Example: `{ kind: "client", attributes: { "server.address": "mail.example" } }`
 */
export interface SpanOptions {
  /** Named values that the span has from its beginning. */
  readonly attributes?: SpanAttributes;
  /** The span's part in a call between two sides (OpenTelemetry, SpanKind). Default `internal`, for what calls nobody. */
  readonly kind?: "internal" | "server" | "client" | "producer" | "consumer";
}

/** A running span of user code. Its methods never throw, and do nothing once the span has ended. */
export interface Span {
  /** The trace that the span belongs to, and its own id in it. */
  readonly trace: Trace;
  /** Sets a named value: a text, a number, a boolean, or a list of them. A later one of a name replaces it; `undefined` is left out. */
  setAttribute(name: string, value: SpanValue | undefined): void;
  /** Adds something that happened, now. */
  addEvent(name: string, attributes?: SpanAttributes): void;
  /** Sets the outcome, with a message for an error; an error that the code throws sets it by itself. Default: neither. */
  setStatus(status: "ok" | "error", message?: string): void;
}

/** What runs in a span. */
type Work<T> = (span: Span) => T;

interface Tracing {
  /**
   * Runs a function in a span, which ends when the function returns, or when its promise settles. Queries, publishes and calls that it
   * makes have the span as parent; spans within it too. An error is noted, and thrown on.
   *
   * Shape:   `(name, fn)` or `(name, { attributes, kind }, fn)` -> what the function returns.
   * Units:   at most 128 attributes and 128 events; a text is cut after 8,192 characters.
   * Example: `await trace.span("charge", { attributes: { amount } }, async (span) => { … });`
   */
  span<T>(name: string, run: Work<T>): T;
  span<T>(name: string, options: SpanOptions, run: Work<T>): T;
  /**
   * The place of the running code in its trace, below which its spans, queries and calls stand: that of the innermost span, else that of the
   * operation's handler; `undefined` outside of both. The operation's own place is `ctx.trace`.
   */
  current(): Trace | undefined;
}

/** Spans of an app's own code. */
export const trace: Tracing = {
  span<T>(name: string, first: SpanOptions | Work<T>, second?: Work<T>): T {
    const [options, run] = typeof first === "function" ? [{}, first] : [first, second!];
    const parent = callers.getStore();
    // Nobody would see the span; outside of operations, though, it is the trace that its calls belong to.
    if (!collected.spans && parent !== undefined) return run(quiet(parent));
    const span = new OpenSpan({ name, ...options }, parent);
    return callers.run(span, () => within(span, run));
  },

  current(): Trace | undefined {
    const running = callers.getStore();
    return running && Caller.parent(running);
  },
};

/** A span that nobody sees: the place is its parent's. */
function quiet(parent: Caller): Span {
  return {
    get trace() {
      return Caller.trace(parent)!;
    },
    setAttribute: () => undefined,
    addEvent: () => undefined,
    setStatus: () => undefined,
  };
}

function within<T>(span: OpenSpan, run: Work<T>): T {
  try {
    const result = run(span);
    if (!isThenable(result)) {
      span.end();
      return result;
    }
    const ended = result.then(
      (value) => {
        span.end();
        return value;
      },
      (error: unknown) => {
        throw failed(span, error);
      },
    );
    return ended as T;
  } catch (error) {
    throw failed(span, error);
  }
}

function failed(span: OpenSpan, error: unknown): unknown {
  span.fail(error);
  span.end();
  return error;
}
