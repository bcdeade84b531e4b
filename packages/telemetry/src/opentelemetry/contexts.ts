import { AsyncLocalStorage } from "node:async_hooks";
import {
  isSpanContextValid,
  ROOT_CONTEXT,
  trace,
  TraceFlags,
  type Context,
  type ContextManager,
} from "@opentelemetry/api";
import { Caller, callers, RemoteSpan } from "@twinloop/core-native/internal";
import { PlaceSpan } from "./bridge-span.ts";

/** A context of OpenTelemetry's API, with the caller that ran when it became active. */
interface Active {
  readonly context: Context;
  readonly caller: Caller | undefined;
}

/**
 * The contexts of OpenTelemetry's API, bound to the operations and spans of the app: what runs in an operation has it as active span,
 * and what runs in a span of the API calls with that span as parent.
 */
export class Contexts implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Active>();
  /** The callers by the spans that stand for them, so that a span is one object as long as its caller lives. */
  readonly #spans = new WeakMap<Caller, PlaceSpan>();

  active(): Context {
    const active = this.#storage.getStore();
    const caller = callers.getStore();
    const context = active?.context ?? ROOT_CONTEXT;
    // An operation or a span has begun since, or the code belongs to none.
    if (caller === active?.caller) return context;
    return caller === undefined ? trace.deleteSpan(context) : this.#with(context, caller);
  }

  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    context: Context,
    fn: F,
    thisArg?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    const caller = this.callerOf(context);
    const run = (): ReturnType<F> => this.#storage.run({ context, caller }, () => fn.apply(thisArg, args));
    return caller === callers.getStore() || caller === undefined ? run() : callers.run(caller, run);
  }

  bind<T>(context: Context, target: T): T {
    if (typeof target !== "function") return target;
    const run = target as unknown as (this: unknown, ...args: unknown[]) => unknown;
    const within = (call: () => unknown): unknown => this.with(context, call);
    const bound = function (this: unknown, ...args: unknown[]): unknown {
      return within(() => run.apply(this, args));
    };
    Object.defineProperty(bound, "length", { value: run.length });
    return bound as unknown as T;
  }

  enable(): this {
    return this;
  }

  disable(): this {
    this.#storage.disable();
    return this;
  }

  /** The caller that code in a context belongs to: that of its span, else the running one. */
  callerOf(context: Context): Caller | undefined {
    const span = trace.getSpan(context);
    const running = callers.getStore();
    if (span === undefined) return running;
    if (span instanceof PlaceSpan) return span.caller;
    const place = span.spanContext();
    if (!isSpanContextValid(place)) return running;
    const { traceId, spanId, traceFlags, traceState } = place;
    const isSampled = (traceFlags & TraceFlags.SAMPLED) !== 0;
    return new RemoteSpan({ traceId, spanId, isSampled, tracestate: traceState?.serialize() }, running);
  }

  #with(context: Context, caller: Caller): Context {
    const known = this.#spans.get(caller);
    if (known !== undefined) return trace.setSpan(context, known);
    const place = Caller.parent(caller);
    if (place === undefined) return context;
    const span = new PlaceSpan(caller, place);
    this.#spans.set(caller, span);
    return trace.setSpan(context, span);
  }

  /** Makes a span stand for its caller. */
  know(caller: Caller, span: PlaceSpan): void {
    this.#spans.set(caller, span);
  }
}
