import type { Duration } from "../options/duration.ts";
import { optionBounds } from "../options/option-bounds.ts";
import { OptionReader } from "../options/option-reader.ts";
import { problem, type Problem } from "../errors/error.ts";
import {
  either,
  oneOf,
  optionProblems,
  optionRule,
  optionsOf,
  type OptionRule,
  type OptionRules,
} from "../options/option-rule.ts";
import type { Collected } from "../telemetry/collected.ts";
import { telemetryRule, type TelemetryOptions } from "../telemetry/telemetry-options.ts";
import type { Middleware } from "../work/middleware.ts";
import { middlewaresRule } from "../work/middlewares-of.ts";

/**
 * A health check: a function that fails by throwing, rejecting or returning `false`. The signal aborts when
 * `checkTimeout` is over.
 */
export type HealthCheck = (signal: AbortSignal) => unknown;

/** The options of the health probes. An endpoint that declares the same path takes precedence. */
export interface HealthOptions {
  /** The path of the liveness probe: 503 when no isolate responds. Default `/healthz`; `false` for none. */
  readonly live?: string | false;
  /**
   * The path of the readiness probe: 503 while the app starts or stops, while a database or broker cannot be reached, and
   * while one of `checks` fails. Default `/readyz`; `false` for none.
   */
  readonly ready?: string | false;
  /** The app's own checks by name, run concurrently for a readiness probe, at most once a second. */
  readonly checks?: Readonly<Record<string, HealthCheck>>;
  /** The time after which a check has failed. Default 2 s. */
  readonly checkTimeout?: Duration;
  /** The time without a response of any isolate after which the liveness probe fails. Default 30 s. */
  readonly stallTimeout?: Duration;
}

/** The limits of the HTTP server. */
export interface LimitOptions {
  /**
   * Bytes that the bodies of all requests may take together while they are received or answered; beyond, 503 with
   * `Retry-After`. The last eighth is for bodies of at most 64 KiB, and one that comes in one piece with its head is not
   * counted. Default an eighth of the memory that the process may have. Environment: `TWINLOOP_BUFFERED_BODY_BYTES`.
   */
  readonly bufferedBodyBytes?: number;
}

/** The options of `start()`; environment variables override them. Each primitive adds its own to them. */
export interface StartOptions {
  /**
   * The address to listen on. Default `127.0.0.1` in development, `0.0.0.0` with NODE_ENV=production. Environment:
   * `HOST`.
   */
  readonly host?: string;
  /** The port to listen on; 0 takes a free one. Default 4000. Environment: `PORT`. */
  readonly port?: number;
  /** How long `stop()` waits for what is in flight. Default 10 s. Environment: `SHUTDOWN_TIMEOUT`. */
  readonly shutdownTimeout?: Duration;
  /**
   * How long a stopping app still accepts requests after its readiness probe has turned to 503, so that load balancers
   * notice; precedes `shutdownTimeout`. Default 0. Environment: `DRAIN_DELAY`.
   */
  readonly drainDelay?: Duration;
  /** The health probes; `false` for none. */
  readonly health?: HealthOptions | false;
  /** The limits of the HTTP server. */
  readonly limits?: LimitOptions;
  /** What the app tells of itself: access log, slow queries, traces, the admin server. */
  readonly telemetry?: TelemetryOptions;
  /** The middlewares that run around all handlers of the app, in this order, before those of services. */
  readonly middlewares?: readonly Middleware[];
  /**
   * The number of isolates that run the app: this one, and worker threads that run the same entry. All isolates share the
   * port and the connection pools. Default 1, at most 64. Environment: `WORKERS`.
   */
  readonly workers?: number;
  /** The file that worker threads run, a path or `import.meta.url`. Default the file that Node was started with. */
  readonly entry?: string | URL;
  /** The heap limit of a worker thread in MiB; a thread that exceeds it ends and is replaced. Default: Node's own limit. */
  readonly workerMemoryMiB?: number;
  /** Whether SIGTERM and SIGINT stop the app and end the process. Default true. */
  readonly signals?: boolean;
  /** Whether `start()` announces the running parts and their addresses. Default true. */
  readonly banner?: boolean;
}

/** The options of `start()` after environment variables and defaults are applied. */
export interface Settings extends StartOptions {
  readonly shutdownTimeout: number;
  readonly drainDelay: number;
  readonly workers: number;
  /** Whether the main isolate has an admin server, which asks all isolates; for workers. */
  readonly hasAdmin?: boolean;
  /** What the main isolate has found to be read of telemetry; for workers. */
  readonly collected?: Collected;
}

/** The rules of the options. Options with a range are checked when the environment is read, which may override them. */
const rules = {
  host: optionRule.text,
  port: optionRule.any,
  shutdownTimeout: optionRule.any,
  drainDelay: optionRule.any,
  health: either(
    oneOf(false),
    optionsOf({
      live: either(optionRule.text, oneOf(false)),
      ready: either(optionRule.text, oneOf(false)),
      checks: optionRule.any,
      checkTimeout: optionRule.any,
      stallTimeout: optionRule.any,
    } satisfies Record<keyof HealthOptions, OptionRule>),
  ),
  limits: optionsOf({ bufferedBodyBytes: optionRule.any } satisfies Record<keyof LimitOptions, OptionRule>),
  telemetry: telemetryRule,
  middlewares: middlewaresRule,
  workers: optionRule.any,
  entry: { expected: "a path or a URL", fits: (value) => typeof value === "string" || value instanceof URL },
  workerMemoryMiB: optionRule.any,
  signals: optionRule.boolean,
  banner: optionRule.boolean,
} satisfies Record<keyof StartOptions, OptionRule>;

const DEFAULT_SHUTDOWN_TIMEOUT_MS = 10_000;
const BOUNDS = optionBounds("start", import.meta.url);

/** Reads settings: from the environment where their variable is set, else from the options. */
class SettingReader extends OptionReader {
  readonly #environment: NodeJS.ProcessEnv;

  constructor(environment: NodeJS.ProcessEnv) {
    super(BOUNDS);
    this.#environment = environment;
  }

  /** The faults as problems of the start. */
  get problems(): Problem[] {
    return this.faults.map(({ what, hint }) => problem("config_invalid", what, hint));
  }

  /** Reads the whole number that `variable` or the option gives. */
  number(option: string, given: unknown, variable: string): number | undefined {
    const text = this.#environment[variable];
    if (!text) return this.whole(option, given, undefined);
    return this.whole(variable, numberOf(text), undefined, BOUNDS.whole![option]);
  }

  /** Reads the duration that `variable` or the option gives, in milliseconds. */
  wait(option: string, given: unknown, variable: string): number | undefined {
    const text = this.#environment[variable];
    if (!text) return this.duration(option, given, undefined);
    return this.duration(variable, numberOf(text), undefined, BOUNDS.durationMs![option]);
  }
}

/** A variable that is nothing but digits as the number that it means. */
function numberOf(text: string): string | number {
  return /^\d{1,15}$/.test(text) ? Number(text) : text;
}

/**
 * Applies environment variables and defaults to the options. Reports problems; a wrong option has its default. `further`
 * has the rules of the options that primitives add.
 */
export function settle(
  options: StartOptions,
  environment: NodeJS.ProcessEnv = process.env,
  further: OptionRules = {},
): { settings: Settings; problems: Problem[] } {
  const { HOST } = environment;
  const reader = new SettingReader(environment);
  const port = reader.number("port", options.port, "PORT");
  const { bufferedBodyBytes } = options.limits ?? {};
  const bytes = reader.number("limits.bufferedBodyBytes", bufferedBodyBytes, "TWINLOOP_BUFFERED_BODY_BYTES");
  const settings: Settings = {
    ...options,
    ...(bytes === undefined ? {} : { limits: { ...options.limits, bufferedBodyBytes: bytes } }),
    ...(HOST ? { host: HOST } : {}),
    ...(port === undefined ? {} : { port }),
    shutdownTimeout:
      reader.wait("shutdownTimeout", options.shutdownTimeout, "SHUTDOWN_TIMEOUT") ??
      DEFAULT_SHUTDOWN_TIMEOUT_MS,
    drainDelay: reader.wait("drainDelay", options.drainDelay, "DRAIN_DELAY") ?? 0,
    workers: reader.number("workers", options.workers, "WORKERS") ?? 1,
  };
  reader.whole("workerMemoryMiB", options.workerMemoryMiB, undefined);
  const { health } = options;
  if (health) {
    reader.duration("health.stallTimeout", health.stallTimeout, undefined);
    reader.duration("health.checkTimeout", health.checkTimeout, undefined);
  }
  const problems = [
    ...optionProblems("start()", options, { ...rules, ...further }),
    ...reader.problems,
    ...(health ? problemsOfChecks(health) : []),
  ];
  return { settings, problems };
}

function problemsOfChecks({ checks, ready }: HealthOptions): Problem[] {
  const problems = Object.entries(checks ?? {})
    .filter(([, check]) => typeof check !== "function")
    .map(([name, check]) => {
      const message = `health.checks[${JSON.stringify(name)}] is ${check === null ? "null" : typeof check}, not a function`;
      return problem("config_invalid", message, "Give a function that throws when the check fails.");
    });
  if (checks === undefined || ready !== false) return problems;
  const message = "health.checks are never asked, because health.ready is false";
  return [
    ...problems,
    problem("config_invalid", message, "Give health.ready a path, or leave the checks out."),
  ];
}
