import { buildSerializer, middlewaresOf, type Node, type Serialize } from "@twinloop/core-native/internal";
import type { Middleware } from "@twinloop/core-native";
import type { EndpointMeta } from "../endpoint-meta.ts";
import { plan, type Plan, type PlannedEndpoint } from "../plan.ts";
import { beginThroughMiddleware, rawHandler, runRaw, type RawRun, type RawStep } from "../raw/run-raw.ts";
import { refine } from "../refine.ts";
import { endpoints, type Endpoint, type Handler } from "../registry.ts";
import { buildResponder, type Responder } from "../responder.ts";
import { streamHandler } from "../stream/run-stream.ts";
import { aroundHandler, respondThrough } from "../through-middleware.ts";
import { CallSchemas } from "./call-schemas.ts";

/** An endpoint with all that is needed to run its handler: for a request, or for a call within the app. */
export interface Callee {
  readonly planned: PlannedEndpoint;
  /** The facts that the endpoint's contexts tell, such as its service and name. */
  readonly meta: EndpointMeta;
  /** The handler with its schema's refinements and its middlewares. */
  readonly handler: Handler;
  /** Writes a result as status, headers and body. */
  readonly respond: Responder;
  /** Serializes an event; `undefined` for an endpoint that answers once. */
  readonly serialize: Serialize | undefined;
  /** The types of the app. */
  readonly types: readonly Node[];
  /** The schemas of all endpoints, and the place of this one among them. */
  readonly schemas: CallSchemas;
  readonly index: number;
}

const callees = new WeakMap<Endpoint, Callee>();

/**
 * Prepares endpoints to be run, and to be called by other code of the app.
 *
 * Shape:  the plan, its schemas and the app's middlewares -> one callee for each endpoint, in the plan's order. From the inside
 *         out a handler is: the app's function, what opens its stream or raw request, the middlewares, and the refinements of its
 *         schema.
 */
export function prepare(
  { types, endpoints: planned }: Pick<Plan, "types" | "endpoints">,
  schemas: CallSchemas,
  middlewares: readonly Middleware[] | undefined,
): readonly Callee[] {
  return planned.map((one, index) => {
    const { meta, endpoint, request, response, events, stream, refine: schema } = one;
    const own = stream
      ? streamHandler(endpoint.handler, request !== null)
      : meta.isRaw
        ? (rawHandler(endpoint.handler, one.methods) as unknown as Handler)
        : endpoint.handler;
    const wanted = one.isOfRuntime ? [] : middlewaresOf(middlewares, meta.service);
    const around = aroundHandler(wanted, own, meta);
    const step = around ?? own;
    const handler = meta.isRaw ? (rawRun(one, around) as unknown as Handler) : step;
    const respond = buildResponder(types, response);
    const callee: Callee = {
      ...{ planned: one, meta, types, schemas, index },
      handler: schema ? refine(schema, request, handler) : handler,
      respond: around ? respondThrough(respond) : respond,
      serialize: events === undefined ? undefined : buildSerializer(types, events, "event"),
    };
    callees.set(endpoint, callee);
    return callee;
  });
}

/** Runs the requests of a raw endpoint, through its middlewares where it has any. */
function rawRun({ endpoint, methods }: PlannedEndpoint, around: Handler | undefined): RawRun {
  return around === undefined
    ? runRaw(endpoint.handler, methods)
    : beginThroughMiddleware(around as unknown as RawStep);
}

let isPlanned = false;

/**
 * Finds what is needed to call an endpoint. In an app that has not started, such as a test or a script, by the manifest;
 * `undefined` where there is none that tells the endpoint's types. Middlewares of the service run there, those of `start()` do not.
 */
export function calleeOf(endpoint: Endpoint): Callee | undefined {
  const known = callees.get(endpoint);
  if (known !== undefined || isPlanned) return known;
  // Once: endpoints that are declared later are found when the app starts.
  isPlanned = true;
  const found = plan(endpoints());
  prepare(found, new CallSchemas(found.types, found.endpoints), undefined);
  return callees.get(endpoint);
}
