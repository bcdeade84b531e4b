import {
  context as contextApi,
  SpanKind,
  trace,
  type Context,
  type Span,
  type SpanOptions,
  type Tracer,
  type TracerProvider,
} from "@opentelemetry/api";
import { OpenSpan, type Caller, type SpanKindName } from "@twinloop/core-native/internal";
import { BridgeSpan } from "./bridge-span.ts";
import type { Contexts } from "./contexts.ts";
import { millisecondsOf } from "./time.ts";

const KINDS: Readonly<Record<SpanKind, SpanKindName>> = {
  [SpanKind.INTERNAL]: "internal",
  [SpanKind.SERVER]: "server",
  [SpanKind.CLIENT]: "client",
  [SpanKind.PRODUCER]: "producer",
  [SpanKind.CONSUMER]: "consumer",
};

/** Gives instrumentation tracers whose spans nest in the app's operations. */
export class Tracers implements TracerProvider {
  readonly #contexts: Contexts;

  constructor(contexts: Contexts) {
    this.#contexts = contexts;
  }

  getTracer(name: string, version?: string): Tracer {
    return new BridgeTracer(this.#contexts, name, version);
  }
}

class BridgeTracer implements Tracer {
  readonly #contexts: Contexts;
  readonly #scope: Readonly<Record<string, string>>;

  constructor(contexts: Contexts, name: string, version: string | undefined) {
    this.#contexts = contexts;
    // The attributes by which OTLP's readers that know no scopes name one (OpenTelemetry to non-OTLP formats).
    this.#scope = {
      "otel.scope.name": name,
      ...(version === undefined ? {} : { "otel.scope.version": version }),
    };
  }

  startSpan(name: string, options: SpanOptions = {}, context: Context = contextApi.active()): Span {
    const { kind = SpanKind.INTERNAL, attributes, links = [], startTime, root = false } = options;
    const parent: Caller | undefined = root ? undefined : this.#contexts.callerOf(context);
    const startMs = millisecondsOf(startTime);
    const start = {
      ...{ name, kind: KINDS[kind] ?? "internal", attributes: { ...this.#scope, ...attributes } },
      links: links.map((link) => ({
        traceId: link.context.traceId,
        spanId: link.context.spanId,
        attributes: link.attributes ?? {},
      })),
      ...(startMs === undefined ? {} : { startMs }),
    };
    const begun = new OpenSpan(start, parent);
    const span = new BridgeSpan(begun);
    this.#contexts.know(begun, span);
    return span;
  }

  startActiveSpan<F extends (span: Span) => unknown>(name: string, ...given: unknown[]): ReturnType<F> {
    const run = given.pop() as F;
    const [options = {}, context = contextApi.active()] = given as [SpanOptions?, Context?];
    const span = this.startSpan(name, options, context);
    return contextApi.with(trace.setSpan(context, span), () => run(span) as ReturnType<F>);
  }
}
