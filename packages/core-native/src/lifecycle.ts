import { setTimeout as sleep } from "node:timers/promises";
import { appMeta } from "./app.ts";
import { announce } from "./banner.ts";
import { registered, type Component, type Running } from "./component.ts";
import { StartError, TwinloopError, type Problem } from "./error.ts";
import { flush } from "./log.ts";
import { hearAborts } from "./operation.ts";
import { attachedPort, port } from "./port.ts";
import { ignoreSignals, onSignals } from "./signals.ts";
import { settle, type Settings, type StartOptions } from "./start-options.ts";
import { resetStopSignal, signalStop } from "./stop-signal.ts";
import { stopParts } from "./stopping.ts";
import { failure, hearMain, joining, tellMain } from "./worker.ts";
import { workerProblems, Workers } from "./workers.ts";

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
let workers: Workers | undefined;
let current: Settings = settle({}, {}).settings;
const hooks: (() => unknown)[] = [];
const stopListeners: (() => void)[] = [];

/**
 * Starts all that the app declares: checks everything first, then starts in order, and listens last.
 *
 * Shape:  options -> the running app. A second call while it runs gives the same app. With `workers`, it resolves when
 *         the app runs in each isolate; what follows it in the app's code runs in each.
 * Errors: `StartError` with every problem and its mend; nothing is left running.
 */
export function start(options: StartOptions = {}): Promise<App> {
  if (phase === "stopping") return stopping!.then(() => start(options));
  return (starting ??= run(options));
}

async function run(options: StartOptions): Promise<App> {
  phase = "starting";
  resetStopSignal();
  let held = false;
  try {
    const { settings, problems } = joining ? { settings: joining.settings, problems: [] } : settle(options);
    current = settings;
    await check(settings, problems);
    const connection = port();
    hearAborts();
    const running = await startAll(settings);
    connection.hold();
    held = true;
    await (joining ? joinMain() : leadOthers(settings, running));
    phase = "started";
    return { running, url: running.find(({ what }) => what === "http")?.where, stop };
  } catch (error) {
    await stopAll(0);
    if (held) attachedPort()?.release();
    if (joining) tellMain(failure(error));
    phase = "idle";
    starting = undefined;
    throw error;
  }
}

/** The main isolate's part: the others, the signals, and the word that the app is ready. */
async function leadOthers(settings: Settings, running: readonly Running[]): Promise<void> {
  if (settings.workers > 1) {
    workers = new Workers(settings, () => void stop());
    await workers.start();
  }
  if (settings.signals !== false) onSignals(stop);
  await tellReady(true);
  if (settings.banner !== false) announce(appMeta(), running, settings.workers);
}

/** A worker's part: it stops when the main isolate says so. */
function joinMain(): void {
  hearMain((message) => {
    if (message.tell === "stopping") signalStop(stopReason());
    else void begin(message.withinMs).then(() => tellMain({ tell: "stopped" }));
  });
  tellMain({ tell: "started" });
}

async function check(options: StartOptions, settingProblems: readonly Problem[]): Promise<void> {
  const found = await Promise.all(registered().map((component) => component.check(options)));
  const problems: Problem[] = [...settingProblems, ...(joining ? [] : workerProblems(current))];
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

async function tellReady(isReady: boolean): Promise<void> {
  for (const component of startedComponents) await component.announce?.(isReady);
}

/**
 * Stops the app: nothing new is taken, what is in flight is finished, hooks run, connections close.
 *
 * At once the app is not ready any more and `ctx.stopping` aborts; for `drainDelay` it goes on accepting. Then HTTP,
 * workers, schedules and subscriptions end, `onShutdown` hooks run, databases and secrets close, and logs are written.
 *
 * Shape:  in a worker it stops the whole app, and resolves when this isolate has stopped.
 * Units:  bounded by `drainDelay` and `shutdownTimeout`. Idempotent, and legal before `start()`.
 */
export function stop(): Promise<void> {
  if (stopping) return stopping;
  if (phase === "idle") return Promise.resolve();
  if (joining) {
    tellMain({ tell: "asks for stop" });
    return new Promise((resolve) => stopListeners.push(resolve));
  }
  return begin();
}

function begin(withinMs?: number): Promise<void> {
  if (stopping) return stopping;
  phase = "stopping";
  stopping = finish(withinMs).finally(() => {
    phase = "idle";
    starting = stopping = undefined;
    for (const listener of stopListeners.splice(0)) listener();
  });
  return stopping;
}

async function finish(withinMs: number | undefined): Promise<void> {
  const app = await starting?.catch(() => undefined);
  signalStop(stopReason());
  await workers?.beginStop();
  if (app && !joining) {
    await tellReady(false);
    if (current.drainDelay > 0) await sleep(current.drainDelay);
  }
  await stopAll(withinMs ?? current.shutdownTimeout);
  if (app) attachedPort()?.release();
  ignoreSignals();
  await flush();
}

async function stopAll(withinMs: number): Promise<void> {
  const parts = {
    components: startedComponents,
    hooks: hooks.splice(0),
    stopWorkers: async (leftMs: number): Promise<void> => workers?.stop(leftMs),
  };
  startedComponents = [];
  await stopParts(parts, withinMs);
  workers = undefined;
}

function stopReason(): TwinloopError {
  return new TwinloopError("stopping", "the app is stopping");
}

/**
 * Runs `hook` when the app stops, after the last request, message and run, while databases are still open; what it
 * returns is awaited. With `workers` it runs in each isolate that has added it.
 */
export function onShutdown(hook: () => unknown): void {
  hooks.push(hook);
}
