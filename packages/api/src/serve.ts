import {
  buildSerializer,
  encodeWireError,
  Operation,
  port,
  revive,
  toWireError,
  type Node,
  type Port,
  type Serialize,
} from "@twinloop/core-native/internal";
import { log } from "@twinloop/core-native";
import { Context } from "./context.ts";
import { EventContext, EventStreams, StreamFailure } from "./event-stream.ts";
import type { PlannedEndpoint } from "./plan.ts";
import { refine } from "./refine.ts";
import { buildResponder, type Responder } from "./responder.ts";
import type { Handler } from "./registry.ts";

/** An endpoint as the hot path sees it. */
interface Served {
  readonly name: string;
  readonly handler: Handler;
  readonly respond: Responder;
  /** Writes an event; only of an endpoint that yields them. */
  readonly serialize: Serialize | undefined;
}

/** Runs the handlers of one isolate: one call per request item. */
export class Server {
  readonly #served: readonly Served[];
  readonly #port: Port = port();
  readonly #events = new EventStreams(this.#port);

  constructor(types: readonly Node[], endpoints: readonly PlannedEndpoint[]) {
    this.#served = endpoints.map(({ name, endpoint, response, events, refine: schema }) => ({
      name,
      handler: schema ? refine(schema, endpoint.handler) : endpoint.handler,
      respond: buildResponder(types, response),
      serialize: events === undefined ? undefined : buildSerializer(types, events, "event"),
    }));
  }

  /** Runs one request to its answer. Never throws. */
  readonly handle = (id: number, target: number, _aux: number, text: string, tagged: boolean): void => {
    const served = this.#served[target]!;
    if (served.serialize) return this.#stream(id, served, text, tagged);
    const context = new Context(id);
    try {
      const request = parse(text, tagged);
      const result = Operation.run(
        context,
        served.handler as (request: unknown, context: Context) => unknown,
        request,
      );
      if (isThenable(result)) {
        result.then(
          (value) => this.#succeed(id, served, context, value),
          (error: unknown) => this.#fail(id, served, context, error),
        );
      } else {
        this.#succeed(id, served, context, result);
      }
    } catch (error) {
      this.#fail(id, served, context, error);
    }
  };

  #stream(id: number, served: Served, text: string, tagged: boolean): void {
    const context = new EventContext(id);
    const { signal } = context;
    const send = (request: unknown): Promise<void> => {
      const open = (): AsyncIterable<unknown> =>
        (served.handler as (request: unknown, context: Context) => AsyncIterable<unknown>)(request, context);
      return this.#events.send({ id, signal, open, serialize: served.serialize! });
    };
    Operation.run(context, (input: string) => send(parse(input, tagged)), text).then(
      () => Operation.end(context),
      (error: unknown) => this.#failStream(id, served, context, error),
    );
  }

  #failStream(id: number, served: Served, context: Context, error: unknown): void {
    const { cause, hasBegun } = error instanceof StreamFailure ? error : { cause: error, hasBegun: false };
    if (!hasBegun) return this.#fail(id, served, context, cause);
    log.error(cause, "the event stream was broken off", {
      endpoint: served.name,
      trace: context.trace.traceId,
    });
    this.#port.outbox.end(id, false);
    Operation.end(context);
  }

  #succeed(id: number, served: Served, context: Context, result: unknown): void {
    if (Operation.isOver(context)) return Operation.end(context);
    try {
      const { status, headers, body } = served.respond(result);
      if (headers === "") this.#port.outbox.reply(id, status, body);
      else this.#port.outbox.replyWithHeaders(id, status, headers, body);
      Operation.end(context);
    } catch (error) {
      this.#fail(id, served, context, error);
    }
  }

  #fail(id: number, served: Served, context: Context, error: unknown): void {
    const wire = toWireError(error);
    if (wire.status >= 500) {
      log.error(error, "the endpoint failed", { endpoint: served.name, trace: context.trace.traceId });
    }
    if (Operation.isOver(context)) return Operation.end(context);
    this.#port.outbox.fail(id, wire.status, encodeWireError(wire));
    Operation.end(context);
  }
}

function parse(text: string, tagged: boolean): unknown {
  if (text === "") return undefined;
  return tagged ? revive(JSON.parse(text)) : JSON.parse(text);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" && value !== null && typeof (value as PromiseLike<unknown>).then === "function"
  );
}
