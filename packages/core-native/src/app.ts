import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadManifest, type LoadedManifest } from "./manifest.ts";

/** What is known of the running app. */
export interface AppMeta {
  /** The name in the app's package.json; `app` where there is none. */
  readonly name: string;
  /** Its version; `0.0.0` where there is none. */
  readonly version: string;
  /** `NODE_ENV`, `development` where it is unset. */
  readonly environment: string;
  /** The folder that holds `.twinloop/`. */
  readonly root: string;
}

let meta: AppMeta | undefined;

/** What is known of the running app, read once. */
export function appMeta(): AppMeta {
  return (meta ??= readMeta(loadManifest()));
}

function readMeta({ root }: LoadedManifest): AppMeta {
  const environment = process.env["NODE_ENV"] ?? "development";
  try {
    const { name, version } = JSON.parse(
      readFileSync(join(root, "package.json"), "utf8"),
    ) as Partial<AppMeta>;
    return { name: name ?? "app", version: version ?? "0.0.0", environment, root };
  } catch {
    return { name: "app", version: "0.0.0", environment, root };
  }
}
