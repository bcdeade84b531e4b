import {
  allowSplices,
  encodeWireError,
  encodeWireHeaders,
  endSplices,
  idsOf,
  isThenable,
  JobRunner,
  ResponseMismatch,
  toWireError,
  type Frame,
  type Serialize,
  type WireError,
  Work,
  type Node,
} from "@twinloop/core-native/internal";
import { log, type Middleware } from "@twinloop/core-native";
import { Authenticator } from "./auth/authenticator.ts";
import { KnownEnvelope } from "./auth/known-envelope.ts";
import {
  shapeError,
  thrownError,
  withHeadersOf,
  type ErrorFunction,
  type ErrorToSend,
  type ShapedError,
} from "./answer/error-form.ts";
import type { ErrorForms } from "./answer/error-forms.ts";
import { framedBody, type FramedBody } from "./body/framed-body.ts";
import { receiveBody } from "./body/receive.ts";
import { CallSchemas } from "./call/call-schemas.ts";
import { prepare, type Callee } from "./call/callee.ts";
import { Context } from "./context.ts";
import { EventContext, EventStreams, StreamFailure } from "./event-stream.ts";
import { UNKNOWN_ENDPOINT, type EndpointMeta } from "./endpoint-meta.ts";
import type { HealthChecks } from "./health-checks.ts";
import type { Plan } from "./plan.ts";
import { InvalidInput } from "./refine.ts";
import type { Answer } from "./body/answer.ts";
import type { Responder } from "./responder.ts";
import { BodyError } from "./raw/body-error.ts";
import { RawContext } from "./raw/raw-exchange.ts";
import type { Handler } from "./registry.ts";
import { runStream, serveStream, type ServedStream } from "./stream/run-stream.ts";
import { StreamContext } from "./stream/stream-context.ts";

/** An endpoint with all that is needed to run one request. */
interface Served {
  readonly name: string;
  readonly path: string;
  readonly meta: EndpointMeta;
  readonly handler: Handler;
  readonly respond: Responder;
  /** Serializes an event; `undefined` for an endpoint that answers once. */
  readonly serialize: Serialize | undefined;
  /** Reads large bodies that come as frames; `undefined` where none does. */
  readonly frames?: FramedBody | undefined;
  /** Makes the answer of an error; `undefined` where Rust gives errors their form. */
  readonly shape: ErrorFunction | undefined;
  /** The status for an input that the schema's own checks refuse. */
  readonly invalidInput: number;
  /** A WebSocket; `undefined` for an endpoint that is none. */
  readonly stream?: ServedStream | undefined;
}

/** What the server of an isolate is made from. */
export interface ServerOptions extends Pick<Plan, "types" | "endpoints" | "authHandlers"> {
  /** The health checks. Their target comes after the last endpoint and the verdict on callers. */
  readonly checks: HealthChecks | undefined;
  /** The middlewares of the app. */
  readonly middlewares: readonly Middleware[] | undefined;
  /** The forms of errors; the functions among them have the target numbers after all others. */
  readonly errors: ErrorForms;
}

/**
 * Runs the handlers of one isolate: one call per request item. What the target's number stands for is said where the
 * configuration of Rust is made (`http.ts`).
 *
 * Every request ends in one of four ways: `succeed` sends the handler's result, `fail` what it has thrown, a raw exchange or
 * a stream has sent its own pieces, or the request is over (`Work.isOver`) and nothing is sent.
 */
export class Server extends JobRunner<Served, Context> {
  readonly #served: readonly Served[];
  readonly #events = new EventStreams(this.port);

  readonly #shapes: readonly ErrorFunction[];

  constructor({ types, endpoints, authHandlers, checks, middlewares, errors }: ServerOptions) {
    super();
    const schemas = new CallSchemas(types, endpoints);
    const callees = prepare({ types, endpoints }, schemas, middlewares);
    const authenticator = new Authenticator(types, authHandlers, schemas);
    const served = callees.map((callee) => toServed(callee, types, authenticator, errors));
    const own = checks === undefined ? [] : [servedChecks(checks)];
    this.#served = [...served, servedVerdict(authenticator), ...own];
    this.#shapes = errors.functions;
  }

  /**
   * Runs the handler of one request and sends its answer. Never throws: an exception would end the batch that holds other
   * requests.
   *
   * Shape:  the job's number, its target, and its input as JSON; `tagged` says that dates, bigints and bytes are marked in
   *         it. A target beyond the endpoints is a function that shapes errors.
   */
  readonly handle = (
    id: number,
    target: number,
    _aux: number,
    text: string,
    tagged: boolean,
    frame?: Frame,
  ): void => {
    const served = this.#served[target];
    if (served === undefined) return this.#shape(id, this.#shapes[target - this.#served.length]!, text);
    if (frame !== undefined) {
      return this.runOn(served, new Context(id, served.meta), () => served.frames!.read(frame));
    }
    if (served.stream) return this.#runStream(id, served, served.stream, text, tagged);
    if (served.serialize) return this.#stream(id, served, text, tagged);
    if (served.meta.isRaw) return this.#raw(id, served, text);
    this.run(served, new Context(id, served.meta), text, tagged);
  };

  /** Runs a request for server-sent events, which answers by pieces of its own. */
  #stream(id: number, served: Served, text: string, tagged: boolean): void {
    const context = new EventContext(id, served.meta);
    const { signal } = context;
    const send = (request: unknown): Promise<void> => {
      const open = (): unknown =>
        (served.handler as (request: unknown, context: Context) => unknown)(request, context);
      return this.#events.send({ id, signal, open, serialize: served.serialize! });
    };
    const failed = (error: unknown): void => this.#failStream(id, served, context, error);
    try {
      Work.run(context, send, this.read(text, tagged)).then(() => Work.end(context), failed);
    } catch (error) {
      failed(error);
    }
  }

  /** Runs one connection of a WebSocket, from its handshake to its end. */
  #runStream(id: number, served: Served, stream: ServedStream, text: string, tagged: boolean): void {
    const context = new StreamContext(id, served.meta, this.port, stream.form);
    const failed = (error: unknown): void => this.fail(served, context, error);
    try {
      const run = (handshake: unknown): Promise<void> => runStream(stream, handshake, context);
      Work.run(context, run, this.read(text, tagged)).then(() => Work.end(context), failed);
    } catch (error) {
      failed(error);
    }
  }

  /** Runs a request of a raw endpoint. Its text is the head that Rust has written; its handler answers by itself. */
  #raw(id: number, served: Served, text: string): void {
    const context = new RawContext(id, served.meta);
    const failed = (error: unknown): void => this.#failRaw(served, context, error);
    RawContext.onFailure(context, failed);
    try {
      const result: unknown = Work.run(
        context,
        served.handler as unknown as (input: unknown, context: RawContext) => unknown,
        this.read(text, false),
      );
      if (isThenable(result)) result.then(undefined, failed);
    } catch (error) {
      failed(error);
    }
  }

  /**
   * Answers a failed raw request where nothing of its answer has left, and breaks the answer off otherwise. The error of a
   * body that ended early has its own status (413, 408, 400).
   */
  #failRaw(served: Served, context: RawContext, error: unknown): void {
    const exchange = RawContext.exchange(context);
    if (exchange === undefined) return this.fail(served, context, error);
    const refusal = BodyError.wireOf(error);
    if (!exchange.hasBegun && !exchange.isOver) {
      exchange.withdraw();
      if (refusal === undefined) return this.fail(served, context, error);
      return this.#refuse(served, context, refusal, error);
    }
    // A client that has left ends its handler by an error, which is nobody's fault.
    const isExpected = refusal !== undefined || (Work.isOver(context) && toWireError(error).status < 500);
    if (!isExpected) {
      log.error(error, "failed to finish the answer of a raw endpoint", {
        endpoint: served.name,
        ...idsOf(context),
      });
    }
    exchange.response.destroy();
  }

  /**
   * Ends an event stream that failed: by an ordinary answer before it has begun, else by breaking it off, which makes the
   * client connect again.
   */
  #failStream(id: number, served: Served, context: Context, error: unknown): void {
    const { cause, hasBegun } = error instanceof StreamFailure ? error : { cause: error, hasBegun: false };
    if (!hasBegun) return this.fail(served, context, cause);
    const fields = { endpoint: served.name, ...idsOf(context) };
    // The client has its status and cannot be told more, so an `APIError` leaves a line too.
    if (toWireError(cause).status >= 500)
      log.error(cause, "broke off an event stream: its handler failed", fields);
    else log.info(cause, "broke off an event stream: its handler refused to go on", fields);
    this.port.outbox.end(id, false);
    Work.end(context);
  }

  /**
   * Reads a request's input. Where Rust knows the caller, the text holds both, and the guard takes them apart: what no
   * handler asks for is not parsed.
   */
  protected override read(text: string, tagged: boolean): unknown {
    return KnownEnvelope.is(text) ? new KnownEnvelope(text) : super.read(text, tagged);
  }

  /** Sends a handler's result. A result that does not fit its declared type is answered 500 and logged with the place. */
  protected override succeed(served: Served, context: Context, result: unknown): void {
    if (Work.isOver(context)) return Work.end(context);
    try {
      allowSplices();
      const { status, headers, body } = served.respond(result);
      const hasSplices = endSplices();
      if (typeof body !== "string") this.port.outbox.replyWithBytes(Work.id(context), status, headers, body);
      else if (hasSplices) this.port.outbox.replyWithSplices(Work.id(context), status, headers, body);
      else if (headers === "") this.port.outbox.reply(Work.id(context), status, body);
      else this.port.outbox.replyWithHeaders(Work.id(context), status, headers, body);
      Work.end(context);
    } catch (error) {
      endSplices();
      this.#unsent(served, context, error);
      this.#refuse(served, context, toWireError(error), error);
    }
  }

  /**
   * Logs that a response could not be sent although the handler had succeeded: a client that retries repeats its
   * effects.
   */
  #unsent({ name, path }: Served, context: Context, error: unknown): void {
    const { at, expected, found } = error instanceof ResponseMismatch ? error : {};
    log.error(error, "failed to send the response: the handler had finished its work, do not retry blindly", {
      endpoint: name,
      method: context.method,
      path,
      at,
      expected,
      found,
      ...idsOf(context),
    });
  }

  /** Answers what a handler has thrown, and logs it where it is no answer that the handler meant to give (500 and above). */
  protected override fail(served: Served, context: Context, error: unknown): void {
    const wire = toWireError(error);
    if (wire.status >= 500) {
      log.error(error, "failed to handle a request", { endpoint: served.name, ...idsOf(context) });
    }
    const told = error instanceof InvalidInput ? { ...wire, status: served.invalidInput } : wire;
    this.#refuse(served, context, told, error);
  }

  /** Sends an error in the endpoint's form: by the app's function where `errors` is one, else as Rust writes it. */
  #refuse({ shape }: Served, context: Context, wire: WireError, thrown: unknown): void {
    if (shape !== undefined && !Work.isOver(context)) {
      const error = thrownError(wire, thrown, context.trace.traceId);
      const shaped = Work.inside(context, () => shapeError(shape, error, context));
      if (shaped !== undefined) return this.#send(context, withHeadersOf(wire, shaped));
    }
    this.refuse(context, wire.status, encodeWireError(wire), encodeWireHeaders(wire));
  }

  /** Makes the answer of what Rust refused by a function of the app. Rust sends its own where the function fails. */
  #shape(id: number, shape: ErrorFunction, text: string): void {
    const context = new Context(id, UNKNOWN_ENDPOINT);
    const error = JSON.parse(text) as ErrorToSend;
    const shaped = Work.inside(context, () => shapeError(shape, error, context));
    if (shaped === undefined) this.refuse(context, error.status, "{}");
    else this.#send(context, shaped);
  }

  /** Sends an answer that the app's function has shaped, unless nobody waits for it any more. */
  #send(context: Context, { status, headers, body }: ShapedError): void {
    const { outbox } = this.port;
    if (!Work.isOver(context)) {
      const id = Work.id(context);
      if (typeof body !== "string") outbox.replyWithBytes(id, status, headers, body);
      else outbox.replyWithHeaders(id, status, headers === "" ? "[]" : headers, body);
    }
    Work.end(context);
  }
}

/** The parts of a target that is no endpoint. Rust gives its errors their form. */
const OF_NO_ENDPOINT = {
  path: "",
  meta: UNKNOWN_ENDPOINT,
  serialize: undefined,
  shape: undefined,
  invalidInput: 400,
} as const;

/** An endpoint as its requests are served: behind its guard, where callers are to be known. */
function toServed(
  { planned, meta, handler: behind, respond, serialize }: Callee,
  types: readonly Node[],
  authenticator: Authenticator,
  errors: ErrorForms,
): Served {
  const { guard, endpoint, request, stream } = planned;
  const read = receiveBody(request, behind, (context) => Context.bodyReader(context));
  const handler =
    guard === null ? read : authenticator.guard(read, guard.required, request !== null || meta.isRaw);
  return {
    name: meta.name,
    path: meta.path,
    meta,
    handler,
    respond,
    serialize,
    frames: framedBody(planned, types),
    shape: errors.functionOf({ endpoint, meta }),
    invalidInput: errors.invalidInputOf({ endpoint, meta }),
    stream: stream && serveStream(types, stream, handler),
  };
}

/** The target that tells who a caller is, which Rust asks before it refuses a request for another reason than its credentials. */
function servedVerdict({ verdict }: Authenticator): Served {
  const respond = (body: unknown): Answer => ({ status: 200, headers: "", body: body as string });
  return { ...OF_NO_ENDPOINT, name: "auth", handler: verdict, respond };
}

/** The target that runs the app's health checks; answers `[{ name, reason }]`, empty where all have passed. */
function servedChecks(checks: HealthChecks): Served {
  return {
    ...OF_NO_ENDPOINT,
    name: "health.checks",
    handler: () => checks.run(),
    respond: (failed) => ({ status: 200, headers: "", body: JSON.stringify(failed) }),
  };
}
