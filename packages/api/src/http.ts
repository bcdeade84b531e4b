import {
  ComponentNumber,
  Kind,
  port,
  problem,
  SystemCode,
  type Component,
  type Problem,
  type Running,
} from "@twinloop/core-native/internal";
import { StartError, TwinloopError, type StartOptions } from "@twinloop/core-native";
import { plan, type Plan, type PlannedEndpoint } from "./plan.ts";
import { endpoints } from "./registry.ts";
import { Server } from "./serve.ts";
import { planStatic, staticAssets, type StaticPlan } from "./static.ts";

const Operations = { Listen: 1, Drain: 2 } as const;

const DEFAULT_PORT = 4000;

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
    };
    const { url } = await listen(config);
    return [{ what: "http", where: url }];
  },

  async stop(graceMs: number): Promise<void> {
    await port().call(ComponentNumber.Api, Operations.Drain, { graceMs });
  },
};

function describe({ endpoint: { options }, service, name, methods, path, request }: PlannedEndpoint): object {
  const { expose = false, bodyLimit, timeout, sensitive = false } = options;
  return { service, name, methods, path, request, expose, sensitive, bodyLimit, timeoutMs: timeout };
}

async function listen(config: object): Promise<Listening> {
  try {
    return await port().call<Listening>(ComponentNumber.Api, Operations.Listen, config);
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
