import type { Problem } from "@twinloop/core-native";
import { problem, SystemCode } from "@twinloop/core-native/internal";
import { CONNECTION_STRING } from "../options.ts";
import { shownName } from "./shown-name.ts";

/**
 * The problem of a URL that is none of PostgreSQL; `undefined` where it may be one. Connects to nothing.
 *
 * Shape:  `origin` is where the URL is configured: the name of an environment variable, or `connectionString`. Of the URL the
 * problem shows the scheme alone.
 */
export function urlFormProblem(database: string, url: string, origin: string): Problem | undefined {
  const { pattern, not, hint } = CONNECTION_STRING;
  if (new RegExp(pattern, "u").test(url)) return undefined;
  const scheme = url.slice(0, url.indexOf("://") + 3);
  const message = `The database "${shownName(database)}": ${origin} is ${not}, but of ${scheme}`;
  return problem(SystemCode.ConfigInvalid, `${message}.`, hint);
}
