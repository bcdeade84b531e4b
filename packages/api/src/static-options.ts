import type { AuthOption } from "./options.ts";
import type { PolicyOptions } from "./policy/policy-options.ts";

/**
 * The options of a folder of static files. Policies such as `cors` and `compression` hold for its files as for endpoints;
 * there is no `timeout`, as no handler runs.
 *
 * Errors: `start()` refuses unknown options, a folder that is not there and a `notFound` page that is not in it.
 * Example:
 * ```ts
 * import { api } from "@twinloop/api";
 *
 * export const app = api.static({ expose: true, path: "/!file", dir: "./dist", notFound: "index.html", notFoundStatus: 200 });
 * ```
 */
export interface StaticOptions extends Omit<PolicyOptions, "timeout"> {
  /** The route, which ends in the files' own path: `/*file`, `/assets/*file`, or `/!file` for what no other route takes. */
  readonly path: string;
  /**
   * The folder: absolute, or relative. `./public` is seen from the file that declares it, and where nothing is there from
   * the app's root, which holds `.twinloop/`; `public` the other way around.
   */
  readonly dir: string;
  /** Whether callers outside the app reach it. Default false: it is answered as if it did not exist. */
  readonly expose?: boolean;
  /** Whom the folder lets in. Default false: everybody. An unknown caller is answered 401, whether the file is there or not. */
  readonly auth?: AuthOption;
  /** The page that answers for a missing file, relative to `dir` or to what `dir` may be relative to. Default a JSON 404. */
  readonly notFound?: string;
  /** The status of the `notFound` page; 200 serves an app that routes in the browser. Default 404. */
  readonly notFoundStatus?: 404 | 200;
  /** Headers for every file, such as `{ "cache-control": "max-age=3600" }`. Default `cache-control: no-cache`. */
  readonly headers?: Readonly<Record<string, string>>;
}
