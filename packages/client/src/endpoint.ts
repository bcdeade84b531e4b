import type { EndpointCaller, RouteText } from "./client-types.ts";
import type { TypeOf } from "./endpoint-types.ts";

/**
 * Makes a function of one endpoint whose type does not know its route: of one that is written as `api<Request, Response>(…)`.
 *
 * Example: `const hello = endpoint<typeof import("./app.ts").hello>(client, "GET /hello/:name");`
 */
export function endpoint<E>(client: unknown, route: RouteText): EndpointCaller<TypeOf<E>> {
  const call = client as (route: string, ...given: unknown[]) => Promise<unknown>;
  return ((...given: unknown[]) => call(route, ...given)) as EndpointCaller<TypeOf<E>>;
}
