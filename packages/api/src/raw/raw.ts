import { callSite, register } from "@twinloop/core-native/internal";
import type { AnyMethod, Exposed, RawEndpointType, RouteOptions } from "../exposed.ts";
import { httpComponent } from "../http.ts";
import { declare, type Handler } from "../registry.ts";
import type { FetchHandler } from "./fetch-handler.ts";
import type { RawHandler, RawOptions } from "./raw-handler.ts";

/**
 * A declared raw endpoint. Nothing in it is for apps: raw endpoints are reached over HTTP only, and are no functions that
 * other code could call.
 */
export interface RawEndpoint {
  readonly options: RawOptions;
}

/**
 * What the number of a handler's parameters asks of it: with fewer than two it is called in fetch style. One type and no
 * overload for each style, because TypeScript gives `(req, res) =>` its parameters by the first of them.
 */
export type InItsStyle<H> = H extends (...args: infer A) => unknown
  ? A["length"] extends 0 | 1
    ? FetchHandler
    : unknown
  : unknown;

/**
 * Declares an endpoint that gets the request as it is: for webhooks, proxies, and other frameworks that take over a part of
 * the paths.
 *
 * Shape:  options and a handler `(req, res)` as `node:http` has it, or, with one parameter or none,
 *         `(request: Request) => response` in fetch style, with its type written out. `req` and `res` are Node's own classes, so
 *         that Express, Fastify and the like take them. Rust has judged the framing of the request; no schema looks at it.
 * Units:  POST by default, `method: "*"` for any. `bodyLimit` (2 MiB) ends a longer body with an error of status 413; `timeout`
 *         (30 s) bounds the time until the head of the answer. Bodies move in pieces of at most 64 KiB as they are read and
 *         written, in both directions.
 * Errors: what the handler throws before the head was sent becomes the answer, as with `api`; later the answer is broken off.
 *         The error of a body that is too long, too late or broken is 413, 408 or 400 where nobody else answers it.
 * Example:
 * ```ts
 * const app = express();
 * export const legacy = api.raw({ expose: true, method: "*", path: "/!rest" }, app);
 * export const hook = api.raw({ expose: true, path: "/hook" }, async (request: Request) => {
 *   return new Response(await verify(await request.arrayBuffer()));
 * });
 * ```
 */
export function raw<
  H extends FetchHandler | RawHandler,
  const M extends AnyMethod = "POST",
  const P extends string = "",
  const E extends boolean = false,
>(
  options: RawOptions & RouteOptions<M, P, E>,
  handler: H & InItsStyle<H>,
): RawEndpoint & Exposed<E, RawEndpointType<M, P>>;
// With type arguments the options are not inferred, and fit none of the defaults above.
export function raw<H extends FetchHandler | RawHandler>(
  options: RawOptions,
  handler: H & InItsStyle<H>,
): RawEndpoint;
export function raw(options: RawOptions, handler: FetchHandler | RawHandler): RawEndpoint {
  register(httpComponent);
  declare({
    kind: "raw",
    options,
    handler: handler as unknown as Handler,
    site: callSite(raw),
    name: undefined,
    path: options?.path,
  });
  return { options };
}
