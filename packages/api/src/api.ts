import { register } from "@twinloop/core-native/internal";
import { currentRequest } from "@twinloop/core-native";
import { Context } from "./context.ts";
import { httpComponent } from "./http.ts";
import type { APIOptions, Infer, StandardSchema } from "./options.ts";
import { declare, type Endpoint, type Handler } from "./registry.ts";
import { declareStatic, type StaticAssets, type StaticOptions } from "./static.ts";

/** No request has this id: what stays in Rust with a request cannot be found under it. */
const NO_REQUEST = -1;

/** An endpoint seen as a function: callable by other code of the app, without a network in between. */
export type Callable<Request, Response> = [Request] extends [void]
  ? () => Promise<Awaited<Response>>
  : (request: Request) => Promise<Awaited<Response>>;

/**
 * Declares an HTTP endpoint. Its input is checked in Rust against the handler's own types before any JavaScript runs.
 *
 * Shape:  options and a handler `(request, ctx) => response` -> the endpoint, callable as a function. A direct call runs
 *         the handler and nothing else: its argument is checked by TypeScript only.
 * Errors: what the handler throws becomes the answer: an `APIError` with its code, anything else 500 without detail.
 * Example:
 * ```ts
 * export const hello = api(
 *   { expose: true, method: "GET", path: "/hello/:name" },
 *   async ({ name }: { name: string }) => ({ message: `Hello ${name}!` }),
 * );
 * ```
 */
export function api<Schema extends StandardSchema, Response = unknown>(
  options: APIOptions & { readonly request: Schema },
  handler: (request: Infer<Schema>, context: Context) => Response,
): Callable<Infer<Schema>, Response>;
export function api<Request = void, Response = unknown>(
  options: APIOptions & { readonly request?: never },
  handler: (request: Request, context: Context) => Response | Promise<Response>,
): Callable<Request, Response>;
export function api(options: APIOptions, handler: Handler): (request?: unknown) => Promise<unknown> {
  register(httpComponent);
  const endpoint: Endpoint = { options, handler, name: undefined, path: options.path };
  const callable = async (request?: unknown): Promise<unknown> => {
    const current = currentRequest();
    return handler(request as never, current instanceof Context ? current : new Context(NO_REQUEST));
  };
  declare(endpoint, callable);
  return callable;
}

/**
 * Declares a folder whose files are served from Rust: no JavaScript runs for them.
 *
 * Shape:  answers GET and HEAD; `index.html` for a folder; validators, one range, and `.br` or `.gz` siblings that are not
 *         older than their file. Hidden files and links that leave the folder are as if they were not there.
 * Units:  files under 256 KiB are kept in memory, 16 MiB of them for each folder; a change is seen within a second.
 * Errors: `start()` refuses a folder that is not there.
 * Example: `export const page = api.static({ expose: true, path: "/*file", dir: "./public" });`
 */
function serveStatic(options: StaticOptions): StaticAssets {
  register(httpComponent);
  return declareStatic(options);
}

export declare namespace api {
  export { serveStatic as static };
}

Object.assign(api, { static: serveStatic });
