import { APIError } from "./api-error.ts";
import { readAnswer, type AnswerForm } from "./answer.ts";
import type { Client } from "./client-types.ts";
import type { CallOptions, ClientOptions, Settings } from "./client-options.ts";
import { send } from "./send.ts";

/**
 * Makes a client of an app, typed by the app's own module, of which nothing is imported at run time.
 *
 * Shape:  the address of the app, with a path where the app is mounted under one -> a function of routes. In a page the address
 *         may be relative, such as `"/"`.
 * Errors: `invalid_base_url`; of calls, an `APIError`.
 * Example:
 * ```ts
 * const client = createClient<typeof import("../server/app.ts")>("https://api.example.com");
 * const link = await client("GET /links/:slug", { slug: "docs" });
 * ```
 */
export function createClient<App>(baseUrl: string | URL, options?: ClientOptions): Client<App> {
  return clientOf({ ...options, base: baseOf(baseUrl) }) as Client<App>;
}

interface Options extends CallOptions {
  readonly as?: AnswerForm;
}

function clientOf(settings: Settings): unknown {
  const client = (route: string, input?: unknown, options: Options = {}): Promise<unknown> =>
    send(settings, route, input, options, (response) => readAnswer(route, response, options.as));
  return Object.assign(client, {
    with: (options: ClientOptions) => clientOf({ ...settings, ...options }),
    "~settings": settings,
  });
}

/** Reads the address of an app. Errors: `invalid_base_url`. */
export function baseOf(given: string | URL): string {
  const text = String(given);
  if (/^(https?:\/)?\/[^?#]*$/.test(text)) return text.replace(/\/+$/, "");
  throw new APIError("invalid_base_url", `no base URL: ${text}`);
}
