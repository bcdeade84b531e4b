import { DURATION_FORM, parseDuration, type Duration } from "./duration.ts";
import { problem, type Problem } from "./error.ts";

/** Where the health of the process is told, by Rust alone. A path that an endpoint declares is left to the endpoint. */
export interface HealthOptions {
  /** Whether the process should live on: 503 when every isolate is silent. Default `/healthz`; `false` for nowhere. */
  readonly live?: string | false;
  /** Whether it should get requests: 503 while it starts and from the moment it stops. Default `/readyz`; `false` for nowhere. */
  readonly ready?: string | false;
  /** How long every isolate may be silent. Default 30 s. */
  readonly stallTimeout?: Duration;
}

/** What `start()` may be told; the environment overrides it. */
export interface StartOptions {
  /** Address to listen on. Default `127.0.0.1` in development, `0.0.0.0` with NODE_ENV=production. Environment: `HOST`. */
  readonly host?: string;
  /** Port to listen on; 0 takes a free one. Default 4000. Environment: `PORT`. */
  readonly port?: number;
  /** How long `stop()` waits for what is in flight. Default 10 s. Environment: `SHUTDOWN_TIMEOUT`. */
  readonly shutdownTimeout?: Duration;
  /**
   * How long a stopping app goes on accepting after it has said that it is not ready, so that load balancers have
   * noticed; comes before `shutdownTimeout`. Default 0. Environment: `DRAIN_DELAY`.
   */
  readonly drainDelay?: Duration;
  /** Where health is told; `false` for nowhere. */
  readonly health?: HealthOptions | false;
  /**
   * How many isolates run the app: this one, and so many worker threads less one that run the same entry. They share
   * the port and the pools. Default 1, at most 64. Environment: `WORKERS`.
   */
  readonly workers?: number;
  /** The file that worker threads run, a path or `import.meta.url`. Default the file that Node was started with. */
  readonly entry?: string | URL;
  /** The heap that a worker thread may have, in MiB; one that needs more ends and is replaced. Default Node's own limit. */
  readonly workerMemoryMiB?: number;
  /** Whether SIGTERM and SIGINT stop the app and end the process. Default true. */
  readonly signals?: boolean;
  /** Whether what runs where is logged. Default true. */
  readonly banner?: boolean;
}

/** The options with the environment and the defaults in them. */
export interface Settings extends StartOptions {
  readonly shutdownTimeout: number;
  readonly drainDelay: number;
  readonly workers: number;
}

const DEFAULT_SHUTDOWN_TIMEOUT_MS = 10_000;
const MAX_WAIT_MS = 86_400_000;
const MAX_WORKERS = 64;

/** Puts options, environment and defaults together; what is wrong with them is told, and has its default. */
export function settle(
  options: StartOptions,
  environment: NodeJS.ProcessEnv = process.env,
): { settings: Settings; problems: Problem[] } {
  const { HOST, PORT, SHUTDOWN_TIMEOUT, DRAIN_DELAY, WORKERS } = environment;
  const problems: Problem[] = [];
  const number = (name: string, given: unknown, least: number, most: number): number | undefined => {
    if (given === undefined || given === "") return undefined;
    const value = typeof given === "string" && !/^\d{1,9}$/.test(given) ? Number.NaN : Number(given);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    const message = `${name} is ${JSON.stringify(given)}, which is not a whole number from ${least} to ${most}`;
    problems.push(problem("config_invalid", message, `Set ${name} to such a number, or unset it.`));
    return undefined;
  };
  const wait = (name: string, given: unknown): number | undefined => {
    if (given === undefined || given === "") return undefined;
    const value = parseDuration(typeof given === "string" && /^\d+$/.test(given) ? Number(given) : given);
    if (value !== undefined && value <= MAX_WAIT_MS) return value;
    const message = `${name} is ${JSON.stringify(given)}, which is no duration of at most a day`;
    problems.push(problem("config_invalid", message, `Write ${DURATION_FORM}, or unset ${name}.`));
    return undefined;
  };
  const port = PORT ? number("PORT", PORT, 0, 65_535) : number("port", options.port, 0, 65_535);
  const settings: Settings = {
    ...options,
    ...(HOST ? { host: HOST } : {}),
    ...(port === undefined ? {} : { port }),
    shutdownTimeout:
      (SHUTDOWN_TIMEOUT
        ? wait("SHUTDOWN_TIMEOUT", SHUTDOWN_TIMEOUT)
        : wait("shutdownTimeout", options.shutdownTimeout)) ?? DEFAULT_SHUTDOWN_TIMEOUT_MS,
    drainDelay:
      (DRAIN_DELAY ? wait("DRAIN_DELAY", DRAIN_DELAY) : wait("drainDelay", options.drainDelay)) ?? 0,
    workers:
      (WORKERS
        ? number("WORKERS", WORKERS, 1, MAX_WORKERS)
        : number("workers", options.workers, 1, MAX_WORKERS)) ?? 1,
  };
  number("workerMemoryMiB", options.workerMemoryMiB, 16, 1 << 20);
  if (options.health) wait("health.stallTimeout", options.health.stallTimeout);
  return { settings, problems };
}
