import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { OpenApiOptions } from "./options.ts";

type Info = Pick<OpenApiOptions, "title" | "version" | "description">;

/**
 * Completes the title, version and description of an API by those of the app's package.json; `root` is the app's folder.
 * Without a package.json they stay what they are.
 */
export function packageInfo(root: string, given: Info): Info {
  const path = join(root, "package.json");
  const text = existsSync(path) ? readFileSync(path, "utf8") : "{}";
  const { name, version, description } = JSON.parse(text) as Record<string, string | undefined>;
  return {
    title: given.title ?? name,
    version: given.version ?? version,
    description: given.description ?? description,
  };
}
