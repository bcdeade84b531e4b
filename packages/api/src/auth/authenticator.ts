import { APIError, ErrCode } from "@twinloop/core-native";
import { buildSerializer, revive, Work, type Node, type Serialize } from "@twinloop/core-native/internal";
import type { CallSchemas } from "../call/call-schemas.ts";
import { Context } from "../context.ts";
import { native } from "../native.ts";
import type { Handler } from "../registry.ts";
import { DeclaredAuthHandler } from "./auth-handler.ts";
import { isIdentified, type AuthData } from "./auth-data.ts";
import type { PlannedAuthHandler } from "./auth-plan.ts";
import { KnownEnvelope } from "./known-envelope.ts";

/** Message of a 401, as Rust has it too: it answers where a request has no credentials. */
const UNKNOWN_CALLER = "the endpoint needs valid credentials";

/** One step towards the caller: an auth handler to ask, or the data that it has given before. */
type Step =
  | {
      readonly handler: number;
      readonly params: unknown;
      /** Names the credentials in Rust, where the result is to be kept. */
      readonly ticket?: string;
      readonly tagged?: true;
    }
  | { readonly handler: number; readonly data: unknown; readonly tagged?: true };

/**
 * What a guarded endpoint's job holds of a caller whom Rust does not know: the steps (`null` without credentials), the request, and
 * whether that is tagged text.
 */
type Envelope = readonly [steps: readonly Step[] | null, request?: unknown, tagged?: true];

/** A caller whom an auth handler has recognised. */
interface Recognised {
  readonly handler: number;
  readonly data: AuthData;
  /** The data as JSON, where a handler has just given it. */
  readonly written?: string;
}

/** An auth handler that runs in this isolate. */
interface Runnable {
  readonly name: string;
  readonly handler: DeclaredAuthHandler;
  readonly serialize: Serialize;
  /** The type of the handler's data. */
  readonly type: number;
}

/**
 * Runs the auth handlers of one isolate.
 *
 * Rust looks for credentials, and gives the job of a guarded endpoint one of two forms: a `KnownEnvelope` where the caller is known
 * from a cache, a token or an API key, or an `Envelope` of steps. The steps are taken in order:
 *
 * 1. Data that Rust has, or that an auth handler returns, are the caller: no further step is taken.
 * 2. After `null` or an `APIError` of code `unauthenticated`, the next step is taken.
 * 3. Any other error ends the request, also of an endpoint that lets everybody in.
 *
 * Where no step has found anybody, an endpoint that needs a caller throws the first refusal, or a 401; any other runs for nobody.
 */
export class Authenticator {
  /** The auth handlers by their index; `undefined` for those that Rust runs. */
  readonly #handlers: readonly (Runnable | undefined)[];
  readonly #names: readonly string[];
  readonly #schemas: CallSchemas;

  constructor(types: readonly Node[], handlers: readonly PlannedAuthHandler[], schemas: CallSchemas) {
    this.#names = handlers.map(({ name }) => name);
    this.#schemas = schemas;
    this.#handlers = handlers.map(({ name, handler, data }) =>
      handler instanceof DeclaredAuthHandler && data !== null
        ? { name, handler, serialize: buildSerializer(types, data, "auth"), type: data }
        : undefined,
    );
  }

  /**
   * Puts the auth handlers before an endpoint's handler, which then finds the caller in its context.
   *
   * Shape:  the handler -> one that takes an envelope in place of the request. It stays synchronous where nobody has to be asked.
   *         `takesInput` is false where no request of the endpoint has an input: an envelope then stays closed.
   */
  guard(handler: Handler, required: boolean, takesInput: boolean): Handler {
    return (envelope: Envelope | KnownEnvelope, context: Context) => {
      if (envelope instanceof KnownEnvelope) {
        const input = (takesInput ? envelope.request() : undefined) as never;
        Work.take(context, input);
        Context.identify(context, envelope.caller(this.#names));
        return handler(input, context);
      }
      const [steps, request, tagged] = envelope;
      const input = (tagged ? revive(request) : request) as never;
      // Until here the input is the envelope, whose credentials are no part of the request's payload.
      Work.take(context, input);
      const first = steps?.[0];
      if (first === undefined) return handler(input, context);
      return this.#ask(steps!, context, required).then((found) => {
        if (found !== null) this.#identify(context, found);
        return handler(input, context);
      });
    };
  }

  #identify(context: Context, { handler, data }: Recognised): void {
    Context.identify(context, { handler: this.#names[handler], data });
  }

  /**
   * Finds out who a caller is, and no more, where Rust has to know before it answers a request by itself.
   *
   * Shape:  an envelope without a request -> `{"handler","data"}` as JSON.
   * Errors: `unauthenticated` for nobody. Where the endpoint lets everybody in, Rust lets the request go on.
   */
  readonly verdict: Handler = async ([steps]: Envelope, context: Context) => {
    Work.take(context, undefined);
    const found = await this.#ask(steps ?? [], context, true);
    const { handler, data } = found!;
    const written = found!.written ?? this.#handlers[handler]?.serialize(data) ?? JSON.stringify(data);
    return `{"handler":${handler},"data":${written}}`;
  };

  /** Takes the steps in order until one recognises the caller; `null` where none does, and none has to. */
  async #ask(steps: readonly Step[], context: Context, required: boolean): Promise<Recognised | null> {
    let refusal: unknown;
    for (const step of steps) {
      const { handler } = step;
      if ("data" in step) return { handler, data: dataOf(step) };
      try {
        const found = await this.#run(handler, step.tagged ? revive(step.params) : step.params, context);
        if (found === null) continue;
        if (step.ticket !== undefined) this.#keep(handler, step.ticket, found.written);
        return found;
      } catch (error) {
        if (!(error instanceof APIError) || error.code !== ErrCode.Unauthenticated) throw error;
        refusal ??= error;
      }
    }
    if (required) throw refusal ?? APIError.unauthenticated(UNKNOWN_CALLER);
    return null;
  }

  /** Asks one auth handler; `null` for nobody. Errors: its own, and a `TypeError` for data without a `userID`. */
  async #run(
    index: number,
    params: unknown,
    context: Context,
  ): Promise<(Recognised & { readonly written: string }) | null> {
    const { name, handler, serialize, type } = this.#handlers[index]!;
    const data: unknown = (await handler.run(params as never, context)) ?? null;
    if (data === null) return null;
    if (!isIdentified(data))
      throw new TypeError(`the auth handler ${name} must give an object with a userID, or null`);
    // By its type, as a cached result and that of a stream are: whether a handler has just run must not show.
    const written = serialize(data);
    return { handler: index, data: this.#schemas.value(type, written) as AuthData, written };
  }

  /** Hands the data of a caller to the cache in Rust, together with the answer of the request. */
  #keep(index: number, ticket: string, written: string): void {
    const { authenticated } = native.operation;
    void native.ask(authenticated, `{"handler":${index},"ticket":"${ticket}","data":${written}}`);
  }
}

function dataOf(step: { readonly data: unknown; readonly tagged?: true }): AuthData {
  return (step.tagged ? revive(step.data) : step.data) as AuthData;
}
