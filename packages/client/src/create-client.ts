import { baseOf } from "./base-url.ts";
import type { Client } from "./client-types.ts";
import type { ClientOptions, ClientSettings } from "./client-options.ts";
import { readAnswer } from "./answer.ts";
import { byPlan, type FormedOptions } from "./by-plan.ts";
import { send } from "./send.ts";

/**
 * Makes a client of an app, typed by the app's own module, of which nothing is imported at run time.
 *
 * Shape:  the address of the app, with a path where the app is mounted under one -> a function of routes. In a page the address
 *         may be relative, such as `"/"`.
 * Errors: `invalid_base_url`; of calls, an `APIError`.
 * Example:
 * ```ts
 * const client = createClient<typeof import("./app.ts")>("https://api.example.com");
 * const link = await client("GET /links/:slug", { slug: "docs" });
 * ```
 */
export function createClient<App>(baseUrl: string | URL, options?: ClientOptions): Client<App> {
  // The question for the plan of dates, bigints and bytes, which pages may send to any origin.
  const accept = "application/json;revive=1,*/*";
  return clientOf({ ...options, accept, base: baseOf(baseUrl) }) as Client<App>;
}

function clientOf(settings: ClientSettings): unknown {
  const client = (route: string, input?: unknown, options: FormedOptions = {}): Promise<unknown> =>
    send(settings, route, input, options, (response) => readAnswer(route, response, options.as, byPlan));
  return Object.assign(client, {
    with: (options: ClientOptions) => clientOf({ ...settings, ...options }),
    "~settings": settings,
  });
}
