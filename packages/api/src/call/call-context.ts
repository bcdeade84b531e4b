import type { EncodedRequest, OpenSpan } from "@twinloop/core-native/internal";
import { Context } from "../context.ts";
import type { EndpointMeta } from "../endpoint-meta.ts";
import { EventContext } from "../event-stream.ts";
import { placeOf } from "./call-span.ts";

/** The id of a call's context. No request has this id: Rust knows nothing of calls within the app. */
const NO_REQUEST = -1;

/** The place in a trace from which a call comes. Source: W3C Trace Context, sections 3.2 and 3.3. */
export interface CallOrigin {
  /** 32 hexadecimal digits: the callee's request id, so that the logs of both name the same one. */
  readonly traceId: string;
  readonly traceparent: string;
  readonly tracestate: string | undefined;
}

/** The facts of a call within the app, which a request over HTTP has in Rust. */
export interface CallFacts {
  /** The terms of the call; `origin` is looked up when the callee asks for its trace. */
  readonly terms: { readonly origin: CallOrigin | undefined };
  /** The call's own span, whose place is the callee's; `undefined` while nobody collects spans. */
  readonly span: OpenSpan | undefined;
  /** The endpoint's first method; `POST` for one that takes any. */
  readonly method: string;
  /** The route with its parameters filled in, without a query. */
  readonly path: string;
  /** The request as a client would have sent it: the headers that `ctx.header()` reads are the declared ones. */
  readonly encoded: EncodedRequest;
}

/**
 * The context of an endpoint that other code of the app has called: its trace goes on with the caller's. Method, path and headers
 * are those of the encoded request; what only a connection has, such as `remoteAddress` and `peer`, is empty or `undefined`.
 */
export class CallContext extends Context {
  readonly #facts: CallFacts;

  constructor(meta: EndpointMeta, facts: CallFacts) {
    super(NO_REQUEST, meta);
    this.#facts = facts;
  }

  protected override lookUp(name: string): string | undefined {
    return factOf(this.#facts, name);
  }

  protected override lookUpAll(): string | undefined {
    return JSON.stringify(this.#facts.encoded.headers);
  }
}

/** The context of an event stream that other code of the app has called, with the facts of a `CallContext`. */
export class EventCallContext extends EventContext {
  readonly #facts: CallFacts;

  constructor(meta: EndpointMeta, facts: CallFacts) {
    super(NO_REQUEST, meta);
    this.#facts = facts;
  }

  protected override lookUp(name: string): string | undefined {
    return factOf(this.#facts, name);
  }

  protected override lookUpAll(): string | undefined {
    return JSON.stringify(this.#facts.encoded.headers);
  }
}

/** Answers what a context would ask Rust, by the same names: `header:<name>` for a header, several joined by `", "`. */
function factOf({ terms, span, method, path, encoded }: CallFacts, name: string): string | undefined {
  const place = span && placeOf(span, name);
  if (place !== undefined) return place;
  switch (name) {
    case "request-id":
    case "trace-id":
      return terms.origin?.traceId;
    case "traceparent":
      return span === undefined ? terms.origin?.traceparent : undefined;
    case "tracestate":
      return terms.origin?.tracestate;
    case "method":
      return method;
    case "path":
      return encoded.query === null ? path : `${path}?${encoded.query}`;
    default: {
      const values = encoded.headers.filter(([own]) => `header:${own}` === name).map(([, value]) => value);
      return values.length === 0 ? undefined : values.join(", ");
    }
  }
}
