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
export function createClient<App>(baseUrl: string | URL, options: ClientOptions = {}): Client<App> {
  return clientOf({ ...options, base: baseOf(baseUrl) }) as Client<App>;
}

interface Options extends CallOptions {
  readonly as?: AnswerForm;
}

function clientOf(settings: Settings): unknown {
  const withResponse = async (route: string, input?: unknown, options: Options = {}): Promise<object> => {
    const { response, failed } = await send(settings, route, input, options);
    const data = await readAnswer(route, response, options.as).catch((cause: unknown) => {
      throw cause instanceof APIError ? cause : failed(cause);
    });
    return { data, status: response.status, headers: response.headers };
  };
  const client = async (route: string, input?: unknown, options?: Options): Promise<unknown> =>
    ((await withResponse(route, input, options)) as { data: unknown }).data;
  return Object.assign(client, {
    withResponse,
    with: (options: ClientOptions) => clientOf({ ...settings, ...options }),
    endpoint: (route: string) => (input?: unknown, options?: Options) => client(route, input, options),
    "~settings": settings,
  });
}

/** Reads the address of an app. Errors: `invalid_base_url`. */
export function baseOf(given: string | URL): string {
  const page = (globalThis as { location?: { href: string } }).location?.href;
  try {
    const { protocol, origin, pathname, search, hash, username } = new URL(given, page);
    if (/^https?:$/.test(protocol) && !search && !hash && !username)
      return origin + pathname.replace(/\/+$/, "");
  } catch {
    // Told below.
  }
  throw new APIError(
    "invalid_base_url",
    `${given} is not the address of an app, such as https://api.example.com`,
  );
}
