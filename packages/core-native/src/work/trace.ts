/** An operation's place in a distributed trace. Source: W3C Trace Context. */
export interface Trace {
  /** The trace id, 32 hexadecimal digits. The caller receives it as request id. */
  readonly traceId: string;
  /** The id of this operation, 16 hexadecimal digits. What it calls in other processes without spans of its own names it as the parent. */
  readonly spanId: string;
  /** The id of the operation that caused this one; `undefined` where none is known. */
  readonly parentSpanId: string | undefined;
  /** The value of the `traceparent` header for calls that belong to this operation. */
  readonly traceparent: string;
  /** The value of the `tracestate` header, passed on unread; `undefined` where there is none. */
  readonly tracestate: string | undefined;
}

/** The form of `traceparent`: `00-<trace id>-<parent id>-<flags>`, ids not all zero (W3C Trace Context, section 3.2). */
const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;
/**
 * The longest `tracestate` that is passed on; longer ones are dropped (W3C Trace Context, section 3.3.1.5, asks for
 * 512).
 */
const MAX_TRACESTATE = 512;
/** The flags by what Rust says of the operation: whether the trace is recorded. */
const FLAGS: Readonly<Record<string, string>> = { "0": "00", "1": "01" };
/** The flags of a trace that begins where nobody records: sampled. */
const SAMPLED = "01";

/** The trace of one operation. Only the trace id is looked up at once. */
export class WorkTrace implements Trace {
  readonly traceId: string;
  readonly #lookUp: (name: string) => string | undefined;
  #spanId: string | undefined;
  #parent: { readonly spanId: string; readonly flags: string } | null | undefined;
  #traceparent: string | undefined;
  #handler: Trace | undefined;

  constructor(traceId: string, lookUp: (name: string) => string | undefined) {
    this.traceId = traceId;
    this.#lookUp = lookUp;
  }

  get spanId(): string {
    return (this.#spanId ??= this.#lookUp("span-id") ?? newSpanId());
  }

  get parentSpanId(): string | undefined {
    return this.#caller()?.spanId;
  }

  get traceparent(): string {
    return (this.#traceparent ??= `00-${this.traceId}-${this.spanId}-${this.#flags()}`);
  }

  /** The place of the handler's own span, where Rust makes one within the operation's; otherwise the operation's place. */
  get ofHandler(): Trace {
    if (this.#handler !== undefined) return this.#handler;
    const spanId = this.#lookUp("handler-span-id");
    if (spanId === undefined) return this;
    const traceparent = `00-${this.traceId}-${spanId}-${this.#flags()}`;
    const { traceId, spanId: parentSpanId, tracestate } = this;
    return (this.#handler = { traceId, spanId, parentSpanId, traceparent, tracestate });
  }

  get tracestate(): string | undefined {
    const state = this.#caller() === undefined ? undefined : this.#lookUp("tracestate");
    // Control characters would end the header that it is sent in.
    const isValid = state !== undefined && state.length <= MAX_TRACESTATE && /^[\x20-\x7e]+$/.test(state);
    return isValid ? state : undefined;
  }

  /** The flags that Rust has chosen; those of the caller where the operation is a call that Rust does not know. */
  #flags(): string {
    return FLAGS[this.#lookUp("sampled") ?? ""] ?? this.#caller()?.flags ?? SAMPLED;
  }

  /** Reads the caller's span from `traceparent`; `undefined` where the header belongs to another trace. */
  #caller(): { readonly spanId: string; readonly flags: string } | undefined {
    if (this.#parent === undefined) {
      const [, traceId, spanId, flags] = TRACEPARENT.exec(this.#lookUp("traceparent") ?? "") ?? [];
      this.#parent = traceId === this.traceId ? { spanId: spanId!, flags: flags! } : null;
    }
    return this.#parent ?? undefined;
  }
}

/** Makes a random span id, 16 hexadecimal digits. Span ids are no secrets, so `Math.random` is enough. */
export function newSpanId(): string {
  const half = (): string =>
    Math.floor(Math.random() * 0x1_0000_0000)
      .toString(16)
      .padStart(8, "0");
  const id = half() + half();
  return id === "0000000000000000" ? "0000000000000001" : id;
}
