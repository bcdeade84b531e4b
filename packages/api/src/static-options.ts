import type { AuthOption } from "./options.ts";
import type { PolicyOptions } from "./policy/policy-options.ts";

/** The options of a folder of static files. */
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
  /** Whom the folder lets in. Default false: everybody. */
  readonly auth?: AuthOption;
  /** The page that answers for a missing file, relative to `dir` or to what `dir` may be relative to. Default a JSON 404. */
  readonly notFound?: string;
  /** The status of the `notFound` page; 200 serves an app that routes in the browser. Default 404. */
  readonly notFoundStatus?: 404 | 200;
  /** Headers for every file, such as `{ "cache-control": "max-age=3600" }`. Default `cache-control: no-cache`. */
  readonly headers?: Readonly<Record<string, string>>;
}
