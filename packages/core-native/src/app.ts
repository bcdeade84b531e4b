import { readFileSync } from "node:fs";
import { join } from "node:path";
import { joining } from "./worker.ts";
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
  /** Which of the app's isolates this is: 0 for the main one, from 1 on for those of `start({ workers })`. */
  readonly workerIndex: number;
  /** Whether this is the isolate that the app was started in: what is to be done once is done here. */
  readonly isMainIsolate: boolean;
}

let meta: AppMeta | undefined;

/** What is known of the running app, read once. */
export function appMeta(): AppMeta {
  return (meta ??= readMeta(loadManifest()));
}

function readMeta({ root }: LoadedManifest): AppMeta {
  const workerIndex = joining?.index ?? 0;
  const here = {
    environment: process.env["NODE_ENV"] ?? "development",
    root,
    workerIndex,
    isMainIsolate: workerIndex === 0,
  };
  try {
    const { name, version } = JSON.parse(
      readFileSync(join(root, "package.json"), "utf8"),
    ) as Partial<AppMeta>;
    return { name: name ?? "app", version: version ?? "0.0.0", ...here };
  } catch {
    return { name: "app", version: "0.0.0", ...here };
  }
}
