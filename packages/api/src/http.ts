import {
  ComponentNumber,
  parseDuration,
  Kind,
  port,
  problem,
  SystemCode,
  type Component,
  type Problem,
  type Running,
} from "@twinloop/core-native/internal";
import { appMeta, StartError, TwinloopError, type StartOptions } from "@twinloop/core-native";
import { plan, type Plan, type PlannedEndpoint } from "./plan.ts";
import { endpoints } from "./registry.ts";
import { Server } from "./serve.ts";
import { planStatic, staticAssets, type StaticPlan } from "./static.ts";

const Operations = { Listen: 1, Drain: 2, Retire: 3, Announce: 4, Join: 5 } as const;

const DEFAULT_PORT = 4000;
const DEFAULT_STALL_TIMEOUT_MS = 30_000;

interface Listening {
  readonly host: string;
  readonly port: number;
  readonly url: string;
}

let planned: Plan | undefined;
let files: StaticPlan | undefined;

/** HTTP's part in the app's life: it comes last, so that nothing is served before the rest is up. */
export const httpComponent: Component = {
  name: "api",
  stage: 50,

  check(): readonly Problem[] {
    planned = plan(endpoints());
    files = planStatic(staticAssets());
    return [...planned.problems, ...files.problems];
  },

  async start(options: StartOptions): Promise<readonly Running[]> {
    const { types, endpoints: served } = planned!;
    const connection = port();
    connection.on(Kind.Request, new Server(types, served).handle);
    const config = {
      host: options.host ?? (process.env["NODE_ENV"] === "production" ? "0.0.0.0" : "127.0.0.1"),
      port: options.port ?? DEFAULT_PORT,
      types,
      endpoints: served.map(describe),
      statics: files!.folders,
      health: healthPlaces(options.health),
    };
    const { url } = await listen(config);
    return [{ what: "http", where: url }];
  },

  async announce(ready: boolean): Promise<void> {
    await port().call(ComponentNumber.Api, Operations.Announce, { ready });
  },

  async stop(graceMs: number): Promise<void> {
    // The edge is every isolate's: the main one drains it before it has the others stop.
    if (appMeta().isMainIsolate) await port().call(ComponentNumber.Api, Operations.Drain, { graceMs });
    else await port().call(ComponentNumber.Api, Operations.Retire, null);
  },
};

function healthPlaces(health: StartOptions["health"]): object | null {
  if (health === false) return null;
  const { live = "/healthz", ready = "/readyz", stallTimeout } = health ?? {};
  return {
    live: live || null,
    ready: ready || null,
    stallTimeoutMs: parseDuration(stallTimeout) ?? DEFAULT_STALL_TIMEOUT_MS,
  };
}

function describe({ endpoint: { options }, service, name, methods, path, request }: PlannedEndpoint): object {
  const { expose = false, bodyLimit, timeout, sensitive = false } = options;
  return { service, name, methods, path, request, expose, sensitive, bodyLimit, timeoutMs: timeout };
}

async function listen(config: object): Promise<Listening> {
  try {
    // A worker never opens the port: one that starts while the app stops would open it again.
    const operation = appMeta().isMainIsolate ? Operations.Listen : Operations.Join;
    return await port().call<Listening>(ComponentNumber.Api, operation, config);
  } catch (error) {
    throw asStartError(error);
  }
}

const BIND_PROBLEMS: Readonly<Record<string, SystemCode>> = {
  address_in_use: SystemCode.AddressInUse,
  permission_denied: SystemCode.AddressDenied,
  address_not_available: SystemCode.AddressDenied,
};

function asStartError(error: unknown): unknown {
  if (!(error instanceof TwinloopError)) return error;
  const { reason = "", problems } = (error.details ?? {}) as {
    reason?: string;
    problems?: readonly string[];
  };
  if (problems) return new StartError(problems.map((message) => problem(SystemCode.ConfigInvalid, message)));
  const code = BIND_PROBLEMS[reason];
  return code === undefined ? error : new StartError([problem(code, error.message)]);
}
