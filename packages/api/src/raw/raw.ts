import { callSite, register } from "@twinloop/core-native/internal";
import { httpComponent } from "../http.ts";
import { declare, type Handler } from "../registry.ts";
import type { FetchHandler } from "./fetch-handler.ts";
import type { RawHandler, RawOptions } from "./raw-handler.ts";

/** A declared raw endpoint. Nothing in it is for apps: raw endpoints are reached over HTTP only. */
export interface RawEndpoint {
  readonly options: RawOptions;
}

/**
 * Declares an endpoint that gets the request as it is: for webhooks, proxies, and other frameworks that take over a part of
 * the paths.
 *
 * Shape:  options and a handler `(req, res)` as `node:http` has it, or, with one parameter or none, `(request) => response` in
 *         fetch style. `req` and `res` are Node's own classes, so that Express, Fastify and the like take them. Rust has
 *         judged the framing of the request; no schema looks at it.
 * Units:  POST by default, `method: "*"` for any. `bodyLimit` (2 MiB) ends a longer body with an error of status 413; `timeout`
 *         (30 s) bounds the time until the head of the answer. Bodies move in pieces of at most 64 KiB as they are read and
 *         written, in both directions.
 * Errors: what the handler throws before the head was sent becomes the answer, as with `api`; later the answer is broken off.
 * Example:
 * ```ts
 * const app = express();
 * export const legacy = api.raw({ expose: true, method: "*", path: "/!rest" }, app);
 * export const hook = api.raw({ expose: true, path: "/hook" }, async (request: Request) => {
 *   return new Response(await verify(await request.arrayBuffer()));
 * });
 * ```
 */
// One signature and no overloads: a handler with two parameters has their types without naming them.
export function raw(options: RawOptions, handler: FetchHandler | RawHandler): RawEndpoint {
  register(httpComponent);
  declare({
    kind: "raw",
    options,
    handler: handler as Handler,
    site: callSite(raw),
    name: undefined,
    path: options?.path,
  });
  return { options };
}
