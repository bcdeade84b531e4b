import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  buildMeta,
  environmentMeta,
  type BuildMeta,
  type DeployMeta,
  type EnvironmentMeta,
} from "./app-meta.ts";
import { joining } from "./worker.ts";
import { providersIn } from "../manifest/declarations-in.ts";
import { loadManifest, type LoadedManifest } from "../manifest/manifest.ts";

/** Facts about the running app. */
export interface AppMeta {
  /** The name in the app's package.json; `app` where there is none. */
  readonly name: string;
  /** The version in the app's package.json; `0.0.0` where there is none. */
  readonly version: string;
  /** The app's name, by Encore's name of it. */
  readonly appId: string;
  /** The URL of the app's API: `API_BASE_URL`, else the address that is served, else `http://localhost` with `PORT`. */
  readonly apiBaseUrl: string;
  /** The environment that the app runs in. */
  readonly environment: EnvironmentMeta;
  /** The build that the app runs from. */
  readonly build: BuildMeta;
  /** The deployment that the process belongs to. */
  readonly deploy: DeployMeta;
  /** The app's root: the folder that holds `.twinloop/`. */
  readonly root: string;
  /** The number of this isolate: 0 for the main isolate, from 1 for the workers of `start({ workers })`. */
  readonly workerIndex: number;
  /** Whether this is the main isolate, where work that must happen once per process belongs. */
  readonly isMainIsolate: boolean;
}

const DEFAULT_PORT = 4000;

let meta: AppMeta | undefined;

/** Returns facts about the running app, read at the first call. */
export function appMeta(): AppMeta {
  return (meta ??= readMeta(loadManifest()));
}

let servedAt: string | undefined;

/** The address at which this process serves the app's API; `undefined` without endpoints, and before the app runs. */
export function servedAddress(): string | undefined {
  return servedAt;
}

/** Notes the address at which the app's API is served. */
export function noteAddress(url: string | undefined): void {
  servedAt = url;
}

function readMeta({ root, manifest }: LoadedManifest): AppMeta {
  const workerIndex = joining?.index ?? 0;
  const { name = "app", version = "0.0.0" } = packageIn(root);
  const services = providersIn(manifest, "service").map((one) => [one.name, { name: one.name }]);
  return {
    ...{ name, appId: name, version },
    get apiBaseUrl(): string {
      return (
        process.env["API_BASE_URL"] || servedAt || `http://localhost:${process.env["PORT"] || DEFAULT_PORT}`
      );
    },
    environment: environmentMeta(process.env),
    build: buildMeta(process.env),
    deploy: { id: process.env["DEPLOY_ID"] ?? "", hostedServices: Object.fromEntries(services) },
    ...{ root, workerIndex, isMainIsolate: workerIndex === 0 },
  };
}

function packageIn(root: string): { readonly name?: string; readonly version?: string } {
  try {
    return JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      name?: string;
      version?: string;
    };
  } catch {
    return {};
  }
}
