/**
 * The HTTP server as a part of the app: what `start()` checks, starts, announces and stops.
 *
 * Steps: `check` plans endpoints and folders, and reports every problem at once; `start` prepares this isolate's handlers,
 * then hands the whole configuration to Rust, which opens the port for the main isolate (`listen`) and compares what workers
 * bring (`join`); `announce` sets what the readiness probe tells; `stop` ends the server of the main isolate (`drain`), and
 * takes a worker out of the serving ones (`retire`).
 *
 * Jobs name their target by a number: the endpoints from 0, then the verdict on callers, then the health checks where there
 * are any, then the functions that shape errors. The order is that of `Server`, and both sides count on it.
 */
import {
  loadManifest,
  parseDuration,
  placeText,
  problem,
  SystemCode,
  testMode,
  type Component,
  type Declarations,
  type Manifest,
  type Node,
  type Problem,
  type Running,
} from "@twinloop/core-native/internal";
import { appMeta, StartError, TwinloopError, type StartOptions } from "@twinloop/core-native";
import { describeAuthHandler, serveAuthHandlers } from "./auth/auth-plan.ts";
import { inMemoryConfig, listenConfig, listenProblems, listenRules } from "./connection/listen-options.ts";
import { framedBody } from "./body/framed-body.ts";
import { errorFormRule, invalidInputRule } from "./answer/error-form.ts";
import { ErrorForms } from "./answer/error-forms.ts";
import { revivalText } from "./answer/revival.ts";
import { defaultBufferedBytes } from "./buffered-bytes.ts";
import { HealthChecks } from "./health-checks.ts";
import { cookieSecretsRule, followSecrets, missingSecrets, readSecrets } from "./cookie/secrets.ts";
import { native } from "./native.ts";
import { limitConfig, limitRules } from "./policy/limits.ts";
import {
  describeFolder,
  endpointPolicies,
  governedOptions,
  headersOf,
  unroutedPolicies,
  type AppPolicies,
} from "./policy/governed.ts";
import { policyRules } from "./policy/policy-rules.ts";
import { storeProblems, storeUrls } from "./policy/rate-limit-stores.ts";
import { requestIdConfig, requestIdRule } from "./policy/request-id.ts";
import { plan, type Plan, type PlannedEndpoint } from "./plan.ts";
import { endpoints } from "./registry.ts";
import { runningManifest } from "./openapi/running-manifest.ts";
import { servedDocuments } from "./openapi/served-documents.ts";
import { openApiProblems, openApiRule } from "./openapi/served-rules.ts";
import { gatherProblems } from "./gather-problems.ts";
import { withCallRoad } from "./remote/call-road.ts";
import { serviceProblems, serviceSecrets } from "./remote/service-link.ts";
import { typeProblem } from "./type-place.ts";
import { takesAnything } from "./responder.ts";
import { Server } from "./serve.ts";
import { describeStream } from "./stream/plan-stream.ts";
import type { StreamOptions } from "./stream/stream-options.ts";
import { planStatic, staticAssets, type StaticPlan } from "./static.ts";
import { unusedMiddlewares } from "./unused-middleware.ts";

/** The port where neither `port` nor `PORT` names one. */
const DEFAULT_PORT = 4000;
const DEFAULT_READY = "/readyz";
/** How long all isolates may be silent before the liveness probe fails. */
const DEFAULT_STALL_TIMEOUT_MS = 30_000;
/** How long a health check may take. */
const DEFAULT_CHECK_TIMEOUT_MS = 2_000;
/** The most bytes of a multipart body, where its endpoint does not say. */
const MULTIPART_LIMIT = 32 << 20;
/** How much longer Rust waits than the timeout of a check, so that the answer can name a check that hangs. */
const CHECKS_GRACE_MS = 500;

/**
 * The answer of `listen` and `join`: where the server is reached. All of it but `port` is null in a test, whose app has no
 * socket.
 */
interface Listening {
  /** The host with its URL; `null` where the server has its unix socket alone. */
  readonly host: string | null;
  readonly port: number;
  readonly url: string | null;
  /** The path of the unix socket; `null` where there is none. */
  readonly unix: string | null;
}

/** The plan of the last `check`, which `start` serves; `undefined` before it. */
let planned: Plan | undefined;
let files: StaticPlan | undefined;
/** The options of the last `check`. */
let given: StartOptions = {};
let unfollowSecrets: (() => void) | undefined;

/**
 * The HTTP server as a component: started last, so that nothing is served before the rest is up.
 *
 * Errors: `start` rejects with a `StartError` that lists every problem that Rust finds in the configuration, or says why the
 *         port cannot be opened (`address_in_use`, `address_denied`).
 */
export const httpComponent: Component = {
  name: "api",
  role: "listens",
  startOptions: {
    ...listenRules,
    cookieSecrets: cookieSecretsRule,
    errors: errorFormRule,
    invalidInput: invalidInputRule,
    limits: limitRules,
    requestId: requestIdRule,
    openapi: openApiRule,
    ...policyRules,
  },

  check(options: StartOptions): readonly Problem[] {
    given = options;
    planned = plan(endpoints());
    files = planStatic(staticAssets(), planned.authHandlers);
    return [
      ...planned.problems,
      ...files.problems,
      ...unaskedChecks(options.health, planned),
      ...listenProblems(options),
      ...missingSecrets(options.cookieSecrets, planned.endpoints),
      ...limitConfig(options.limits).problems,
      ...storeProblems(governedOptions(options)),
      ...serviceProblems(planned),
      ...openApiProblems(options, loadManifest().root),
      ...unusedMiddlewares(options, planned),
    ];
  },

  async start(options: StartOptions): Promise<readonly Running[]> {
    const road = withCallRoad(planned!, serviceSecrets());
    const { types, endpoints: served, authHandlers } = road;
    const { secrets: cookieSecrets, problems } = readSecrets(options.cookieSecrets);
    if (problems.length > 0) throw new StartError(problems);
    const checks = healthChecks(options.health);
    // The targets after the last endpoint: the verdict on callers, the health checks, and functions that shape errors.
    const checksTarget = checks === undefined ? undefined : served.length + 1;
    const errors = new ErrorForms(options, served, served.length + (checks === undefined ? 1 : 2));
    const { middlewares } = options;
    native.onJob(new Server({ ...road, checks, middlewares, errors }).handle);
    serveAuthHandlers(authHandlers);
    const app: AppPolicies = {
      level: { name: "app", options },
      stores: await storeUrls(governedOptions(options)),
      credentials: planned!.authHandlers.flatMap(({ params }) => headersOf(params)),
    };
    const config = {
      ...(testMode() ? inMemoryConfig(options) : listenConfig(options, DEFAULT_PORT)),
      types,
      endpoints: served.map((endpoint) => describe(endpoint, types, errors, app)),
      statics: files!.folders.map((folder) => describeFolder(folder, app)),
      documents: servedDocuments(planned!, options),
      policies: unroutedPolicies(options),
      requestId: requestIdConfig(options.requestId),
      gateway:
        authHandlers.length === 0
          ? null
          : { target: served.length, handlers: authHandlers.map(describeAuthHandler) },
      errors: errors.ofApp(),
      health: healthPlaces(options.health, checksTarget),
      cookieSecrets,
      limits: {
        ...limitConfig(options.limits).config,
        bufferedBodyBytes: options.limits?.bufferedBodyBytes ?? defaultBufferedBytes(),
      },
    };
    const listening = await listen(config);
    // One isolate is enough: all of them share the server.
    if (appMeta().isMainIsolate) unfollowSecrets = followSecrets(options.cookieSecrets);
    return running(listening);
  },

  declared(): readonly Declarations[] {
    const served = planned?.endpoints.map(({ methods, path }) => `${methods.join(",")} ${path}`) ?? [];
    const folders = staticAssets().map(({ options }) => `GET ${options.path}`);
    const names = [...served, ...folders];
    return [{ package: "@twinloop/api", what: "endpoint", names, runs: "endpoints" }];
  },

  async announce(ready: boolean): Promise<void> {
    await native.call("announce", { ready });
  },

  async stop(graceMs: number): Promise<void> {
    unfollowSecrets?.();
    unfollowSecrets = undefined;
    // All isolates share the HTTP server: the main isolate drains it before it stops the others.
    if (appMeta().isMainIsolate) await native.call("drain", { graceMs });
    else await native.call("retire");
  },
};

/** The manifest of what this isolate serves, with what only a run knows; `undefined` before the app is started. */
export function servedManifest(): Manifest | undefined {
  return planned && runningManifest(planned, loadManifest().manifest, given);
}

/** The names of the app's auth handlers, by the index that each has in Rust; none before the app is started. */
export function authHandlerNames(): readonly string[] {
  return planned?.authHandlers.map(({ name }) => name) ?? [];
}

/** The lines of the banner for the addresses that are listened on: the port and the unix socket. */
function running({ url, host, port, unix }: Listening): Running[] {
  const socket = unix === null ? [] : [{ what: "unix", where: unix }];
  if (url === null || host === null) return socket;
  const listens = new URL(url);
  listens.hostname = host.includes(":") ? `[${host}]` : host;
  listens.port = String(port);
  return [{ what: "http", where: url, listens: listens.origin }, ...socket];
}

/**
 * The probes in the form in which Rust takes them; `null` where `health` is `false`. A single probe is left out by `false` in
 * place of its path.
 */
function healthPlaces(health: StartOptions["health"], checksTarget: number | undefined): object | null {
  if (health === false) return null;
  const { live = "/healthz", ready = DEFAULT_READY, stallTimeout, checkTimeout } = health ?? {};
  const timeoutMs = (parseDuration(checkTimeout) ?? DEFAULT_CHECK_TIMEOUT_MS) + CHECKS_GRACE_MS;
  return {
    live: live || null,
    ready: ready || null,
    stallTimeoutMs: parseDuration(stallTimeout) ?? DEFAULT_STALL_TIMEOUT_MS,
    checks: checksTarget === undefined ? null : { target: checksTarget, timeoutMs },
  };
}

/** Reports health checks that never run, because an endpoint of the app answers the readiness path. */
function unaskedChecks(health: StartOptions["health"], { endpoints: served }: Plan): Problem[] {
  if (!health || !health.checks || health.ready === false) return [];
  const ready = health.ready ?? DEFAULT_READY;
  const taker = served.find(
    ({ path, methods, endpoint }) =>
      path === ready &&
      endpoint.options.expose &&
      methods.some((method) => method === "GET" || method === "*"),
  );
  if (taker === undefined) return [];
  const { site } = taker.endpoint;
  const by = site ? `${taker.name} at ${placeText(site)}` : taker.name;
  const hint = "Give health.ready another path, or leave the checks to the endpoint.";
  return [
    problem(
      SystemCode.ConfigInvalid,
      `health.checks are never asked, because ${ready} is answered by ${by}`,
      hint,
    ),
  ];
}

/** Makes the app's health checks; `undefined` where it has none, so that no job is made for a readiness probe. */
function healthChecks(health: StartOptions["health"]): HealthChecks | undefined {
  if (!health || !health.checks || Object.keys(health.checks).length === 0) return undefined;
  return new HealthChecks(health.checks, parseDuration(health.checkTimeout) ?? DEFAULT_CHECK_TIMEOUT_MS);
}

/**
 * An endpoint in the form in which Rust takes it. What is `undefined` is left out of the JSON, and Rust takes its own
 * default.
 */
function describe(
  planned: PlannedEndpoint,
  types: readonly Node[],
  forms: ErrorForms,
  app: AppPolicies,
): object {
  const { endpoint, guard, service, name, methods, path, request, stream } = planned;
  const { expose = false, sensitive = false, uploads } = endpoint.options;
  const { bodyLimit = request?.bodyAs === "multipart" ? MULTIPART_LIMIT : undefined } = endpoint.options;
  const { timeoutMs, policies } = endpointPolicies(planned, app);
  const limits = { bodyLimit, timeoutMs, uploads, policies };
  const errors = forms.ofEndpoint(planned);
  const invalidInput = forms.invalidInputOf(planned);
  const place = { service, name, methods, path, request, expose, auth: guard };
  const raw = endpoint.kind === "raw";
  const sendsFiles = maySendFiles(planned, types);
  const streamed = stream && { stream: describeStream(endpoint.options as StreamOptions, stream, types) };
  const revival = revivalText(types, planned.events ?? planned.response?.body);
  const takesFrames = framedBody(planned, types) !== undefined;
  const answers = { errors, invalidInput, sendsFiles, revival };
  return { ...place, sensitive, raw, ...limits, ...answers, takesFrames, ...streamed };
}

/** Whether an endpoint's answers may be files; those of a response of any type may. */
function maySendFiles({ response }: PlannedEndpoint, types: readonly Node[]): boolean {
  return response !== null && (takesAnything(types, response) || (response.sends?.includes("file") ?? false));
}

/** Hands the configuration to Rust and resolves with the addresses. Errors: a `StartError` with one problem for each fault. */
async function listen(config: object): Promise<Listening> {
  try {
    // A worker never opens the port: one that starts while the app stops would open it again.
    const operation = appMeta().isMainIsolate ? "listen" : "join";
    return await native.call<Listening>(operation, config);
  } catch (error) {
    throw asStartError(error);
  }
}

/** The codes of `start()` by the reason for which the operating system refuses an address. */
const BIND_PROBLEMS: Readonly<Record<string, SystemCode>> = {
  address_in_use: SystemCode.AddressInUse,
  permission_denied: SystemCode.AddressDenied,
  address_not_available: SystemCode.AddressDenied,
};

/**
 * Makes a `StartError` of the failure of `listen`: of Rust's list of problems, or of an address that cannot be bound. Any
 * other error is returned as it is.
 */
function asStartError(error: unknown): unknown {
  if (!(error instanceof TwinloopError)) return error;
  const { reason = "", problems } = (error.details ?? {}) as {
    reason?: string;
    problems?: readonly string[];
  };
  const names = planned?.endpoints.map(({ name }) => name) ?? [];
  if (problems) return new StartError(gatherProblems(problems, names).map(asProblem));
  const code = BIND_PROBLEMS[reason];
  return code === undefined ? error : new StartError([problem(code, error.message)]);
}

/** Makes a problem of one of Rust's sentences: of a fault in a type, one that names the endpoint which uses the type. */
function asProblem(message: string): Problem {
  const ofType = planned && typeProblem(message, planned.types, planned.endpoints);
  return ofType ?? problem(SystemCode.ConfigInvalid, message);
}
