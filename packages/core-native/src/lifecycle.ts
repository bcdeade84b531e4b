import { appMeta } from "./app.ts";
import { registered, type Component, type Running } from "./component.ts";
import { problem, StartError, TwinloopError, type Problem } from "./error.ts";
import { flush, log } from "./log.ts";
import { hearAborts } from "./operation.ts";
import { attachedPort, port } from "./port.ts";
import { ignoreSignals, onSignals } from "./signals.ts";

/** What `start()` may be told; the environment overrides it. */
export interface StartOptions {
  /** Address to listen on. Default `127.0.0.1` in development, `0.0.0.0` with NODE_ENV=production. Environment: `HOST`. */
  readonly host?: string;
  /** Port to listen on; 0 takes a free one. Default 4000. Environment: `PORT`. */
  readonly port?: number;
  /** How long `stop()` waits for what is in flight, in milliseconds. Default 10 000. Environment: `SHUTDOWN_TIMEOUT`. */
  readonly shutdownTimeout?: number;
  /** Whether SIGTERM and SIGINT stop the app and end the process. Default true. */
  readonly signals?: boolean;
  /** Whether what runs where is logged. Default true. */
  readonly banner?: boolean;
}

/** A running app. */
export interface App {
  /** What runs where. */
  readonly running: readonly Running[];
  /** The address HTTP is served at; `undefined` without endpoints. */
  readonly url: string | undefined;
  /** Same as `stop()`. */
  readonly stop: () => Promise<void>;
}

type Phase = "idle" | "starting" | "started" | "stopping";

let phase: Phase = "idle";
let starting: Promise<App> | undefined;
let stopping: Promise<void> | undefined;
let startedComponents: Component[] = [];
let graceMs = 10_000;
const hooks: (() => unknown)[] = [];

/**
 * Starts all that the app declares: checks everything first, then starts in order, and listens last.
 *
 * Shape:  options -> the running app. A second call while it runs gives the same app.
 * Errors: `StartError` with every problem and its mend; nothing is left running.
 */
export function start(options: StartOptions = {}): Promise<App> {
  if (phase === "stopping") return stopping!.then(() => start(options));
  return (starting ??= run(options));
}

async function run(options: StartOptions): Promise<App> {
  phase = "starting";
  try {
    const settled = withEnvironment(options);
    graceMs = settled.shutdownTimeout ?? graceMs;
    await check(settled);
    const connection = port();
    hearAborts();
    const running = await startAll(settled);
    connection.hold();
    if (settled.signals !== false) onSignals(stop);
    if (settled.banner !== false) announce(running);
    phase = "started";
    return { running, url: running.find(({ what }) => what === "http")?.where, stop };
  } catch (error) {
    await stopAll(0);
    phase = "idle";
    starting = undefined;
    throw error;
  }
}

function withEnvironment(options: StartOptions): StartOptions {
  const { HOST, PORT, SHUTDOWN_TIMEOUT } = process.env;
  return {
    ...options,
    ...(HOST ? { host: HOST } : {}),
    ...(PORT ? { port: wholeNumber("PORT", PORT, 65_535) } : {}),
    ...(SHUTDOWN_TIMEOUT
      ? { shutdownTimeout: wholeNumber("SHUTDOWN_TIMEOUT", SHUTDOWN_TIMEOUT, 86_400_000) }
      : {}),
  };
}

function wholeNumber(name: string, text: string, most: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value <= most) return value;
  const message = `${name} is ${JSON.stringify(text)}, which is not a whole number from 0 to ${most}`;
  throw new StartError([problem("config_invalid", message, `Set ${name} to such a number, or unset it.`)]);
}

async function check(options: StartOptions): Promise<void> {
  const found = await Promise.all(registered().map((component) => component.check(options)));
  const problems: Problem[] = [];
  for (const one of found.flat()) {
    if (!problems.some(({ message }) => message === one.message)) problems.push(one);
  }
  if (problems.length > 0) throw new StartError(problems);
}

async function startAll(options: StartOptions): Promise<Running[]> {
  const running: Running[] = [];
  for (const component of registered()) {
    startedComponents.push(component);
    running.push(...(await component.start(options)));
  }
  return running;
}

function announce(running: readonly Running[]): void {
  const { name, environment } = appMeta();
  const places = Object.fromEntries(running.map(({ what, where }) => [what, where]));
  log.info(`${name} is running`, { ...places, environment, pid: process.pid });
}

/**
 * Stops the app: nothing new is taken, what is in flight is finished, hooks run, connections close.
 *
 * Units:  bounded by `shutdownTimeout`. Idempotent, and legal before `start()`.
 */
export function stop(): Promise<void> {
  if (stopping) return stopping;
  if (phase === "idle") return Promise.resolve();
  phase = "stopping";
  stopping = finish().finally(() => {
    phase = "idle";
    starting = stopping = undefined;
  });
  return stopping;
}

async function finish(): Promise<void> {
  const app = await starting?.catch(() => undefined);
  ignoreSignals();
  await stopAll(graceMs);
  if (app) attachedPort()?.release();
  await flush();
}

async function stopAll(withinMs: number): Promise<void> {
  const deadline = Date.now() + withinMs;
  const left = (): number => Math.max(0, deadline - Date.now());
  const components = startedComponents.reverse();
  startedComponents = [];
  for (const component of components) await attempt(component.name, () => component.stop(left()));
  for (const hook of hooks.splice(0)) await attempt("onShutdown", () => within(left(), hook()));
}

/** One part that fails to stop must not keep the others from stopping. */
async function attempt(part: string, work: () => unknown): Promise<void> {
  try {
    await work();
  } catch (error) {
    log.error(error, "a part of the app failed to stop", { part });
  }
}

function within(ms: number, work: unknown): Promise<unknown> {
  let timer: NodeJS.Timeout;
  const late = new Promise((_, reject) => {
    const error = new TwinloopError(
      "deadline_exceeded",
      "an onShutdown hook did not finish within shutdownTimeout",
    );
    timer = setTimeout(() => reject(error), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Runs `hook` when the app stops, after the last request was answered; what it returns is awaited. */
export function onShutdown(hook: () => unknown): void {
  hooks.push(hook);
}
