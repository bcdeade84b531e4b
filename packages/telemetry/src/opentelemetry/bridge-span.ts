import {
  SpanStatusCode,
  TraceFlags,
  type Attributes,
  type AttributeValue,
  type Exception,
  type Link,
  type Span,
  type SpanContext,
  type SpanStatus,
  type TimeInput,
} from "@opentelemetry/api";
import type { Trace } from "@twinloop/core-native";
import type { Caller, OpenSpan } from "@twinloop/core-native/internal";
import { millisecondsOf } from "./time.ts";
import { traceStateOf } from "./trace-state.ts";

/** The status codes of OpenTelemetry's API by the names of ours. */
const STATUS = {
  [SpanStatusCode.UNSET]: "unset",
  [SpanStatusCode.OK]: "ok",
  [SpanStatusCode.ERROR]: "error",
} as const;

/** The place of a span in OpenTelemetry's form. */
export function spanContextOf({ traceId, spanId, traceparent, tracestate }: Trace): SpanContext {
  const traceFlags = traceparent.endsWith("1") ? TraceFlags.SAMPLED : TraceFlags.NONE;
  const traceState = traceStateOf(tracestate);
  return { traceId, spanId, traceFlags, ...(traceState === undefined ? {} : { traceState }) };
}

/** The running operation, or a span that others have, as OpenTelemetry's API sees it: a parent that nobody ends from here. */
export class PlaceSpan implements Span {
  readonly caller: Caller;
  readonly #trace: Trace;

  constructor(caller: Caller, trace: Trace) {
    this.caller = caller;
    this.#trace = trace;
  }

  spanContext(): SpanContext {
    return spanContextOf(this.#trace);
  }

  setAttribute(_name: string, _value: AttributeValue): this {
    return this;
  }

  setAttributes(_attributes: Attributes): this {
    return this;
  }

  addEvent(_name: string, _attributes?: Attributes | TimeInput, _time?: TimeInput): this {
    return this;
  }

  addLink(_link: Link): this {
    return this;
  }

  addLinks(_links: Link[]): this {
    return this;
  }

  setStatus(_status: SpanStatus): this {
    return this;
  }

  updateName(_name: string): this {
    return this;
  }

  end(_time?: TimeInput): void {}

  isRecording(): boolean {
    return false;
  }

  recordException(_exception: Exception, _time?: TimeInput): void {}
}

/** A span that OpenTelemetry's API has begun here. */
export class BridgeSpan extends PlaceSpan {
  readonly #span: OpenSpan;

  constructor(span: OpenSpan) {
    super(span, span.trace);
    this.#span = span;
  }

  override setAttribute(name: string, value: AttributeValue): this {
    this.#span.setAttribute(name, value);
    return this;
  }

  override setAttributes(attributes: Attributes): this {
    for (const [name, value] of Object.entries(attributes)) this.#span.setAttribute(name, value);
    return this;
  }

  override addEvent(name: string, second?: Attributes | TimeInput, third?: TimeInput): this {
    const isTime = second !== undefined && !isAttributes(second);
    const attributes = isTime ? undefined : second;
    const time = isTime ? second : third;
    this.#span.addEvent(name, attributes, millisecondsOf(time));
    return this;
  }

  override addLink(link: Link): this {
    const { traceId, spanId } = link.context;
    this.#span.addLink({ traceId, spanId, attributes: link.attributes ?? {} });
    return this;
  }

  override addLinks(links: Link[]): this {
    for (const link of links) this.addLink(link);
    return this;
  }

  override setStatus({ code, message }: SpanStatus): this {
    this.#span.setStatus(STATUS[code] ?? "unset", message);
    return this;
  }

  override updateName(name: string): this {
    this.#span.rename(name);
    return this;
  }

  override end(time?: TimeInput): void {
    this.#span.end(millisecondsOf(time));
  }

  override isRecording(): boolean {
    return this.#span.isRecording;
  }

  override recordException(exception: Exception, time?: TimeInput): void {
    this.#span.recordException(asError(exception), millisecondsOf(time));
  }
}

function isAttributes(value: Attributes | TimeInput): value is Attributes {
  return typeof value === "object" && !Array.isArray(value) && !(value instanceof Date);
}

/** An exception as an error: the API allows objects that only look like one. */
function asError(exception: Exception): unknown {
  if (typeof exception === "string" || exception instanceof Error) return exception;
  const { name, message, stack } = exception;
  return Object.assign(new Error(message ?? ""), {
    name: name ?? String(exception.code ?? "Error"),
    ...(stack === undefined ? {} : { stack }),
  });
}
