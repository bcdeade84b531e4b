import { setTimeout as sleep } from "node:timers/promises";
import { isMainThread } from "node:worker_threads";
import { isDeepStrictEqual } from "node:util";
import { appMeta, noteAddress } from "./app.ts";
import { announce } from "./banner.ts";
import { loadManifest } from "../manifest/manifest.ts";
import { warnOfManifest } from "../manifest/manifest-warning.ts";
import { registered, type Component, type Running } from "./component.ts";
import { problem, StartError, TwinloopError, type Problem } from "../errors/error.ts";
import { flush } from "../log/log.ts";
import { hearAborts } from "../work/work.ts";
import { attachedPort, port } from "../crossing/port.ts";
import { ignoreSignals, onSignals } from "./signals.ts";
import { settle, type Settings, type StartOptions } from "./start-options.ts";
import { unloadedServices } from "../work/service.ts";
import { usedServices } from "./used-services.ts";
import { resetStopSignal, signalStop } from "../work/stop-signal.ts";
import { serveAdmin } from "../telemetry/admin-jobs.ts";
import {
  announceTelemetry,
  joinTelemetry,
  leaveTelemetry,
  startTelemetry,
  stopTelemetry,
} from "../telemetry/telemetry.ts";
import { telemetrySettings, type TelemetrySettings } from "../telemetry/telemetry-settings.ts";
import { stopParts } from "./stopping.ts";
import { recordedOptions, recordOptions, testMode } from "./test-mode.ts";
import { hintWhenUnstarted } from "./unstarted.ts";
import { failure, hearMain, joining, tellMain } from "./worker.ts";
import { workerProblems, Workers } from "./workers.ts";

/** A running app. */
export interface App {
  /** The running parts with their addresses. */
  readonly running: readonly Running[];
  /** The address HTTP is served at; `undefined` without endpoints. */
  readonly url: string | undefined;
  /** Stops the app, as `stop()` does. */
  readonly stop: () => Promise<void>;
}

type Phase = "idle" | "starting" | "started" | "stopping";

let phase: Phase = "idle";
let starting: Promise<App> | undefined;
/** The options of the call that started the app. */
let given: StartOptions = {};
let wasAsked = false;
let stopping: Promise<void> | undefined;
let startedComponents: Component[] = [];
let workers: Workers | undefined;
let current: Settings = settle({}, {}).settings;
let wasStarted = false;
/** Whether the app is started by a test. */
let isOfTest = false;
const hooks: (() => unknown)[] = [];
const stopListeners: (() => void)[] = [];

hintWhenUnstarted(() => wasAsked);

/**
 * Starts everything that the app declares: checks all declarations, starts the parts in order, and listens last.
 *
 * Shape:  options -> the running app. A second call while the app runs, with the same options or none, returns the same
 *         app. With `workers`, the promise resolves when the app runs in each isolate; the code behind the call runs in each.
 * Errors: `StartError` with every problem and its hint; nothing is left running. A second call with other options is a
 *         `StartError` of its own, and the app runs on.
 */
export function start(options: StartOptions = {}): Promise<App> {
  wasAsked = true;
  if (testMode() !== undefined) return startOfTest(options);
  return startNow(options);
}

/** The app's own call in a test: its options are those of the test's start, which may come before or after. */
function startOfTest(options: StartOptions): Promise<App> {
  if (!recordOptions(options)) return Promise.reject(new StartError([startedOtherwise()]));
  return starting ?? Promise.resolve({ running: [], url: undefined, stop });
}

/**
 * Starts the app for a test: as `start()`, with the options of the app's own call beneath those that are given, and without
 * workers, signals and banner. The process may end while the app runs.
 *
 * Errors: as `start()`; also where the app was started with a server before this isolate was one of tests.
 */
export function startForTest(options: StartOptions): Promise<App> {
  wasAsked = true;
  if (!isMainThread) return Promise.reject(new StartError([inThread()]));
  if (phase !== "idle" && phase !== "stopping" && !isOfTest)
    return Promise.reject(new StartError([startedBefore()]));
  isOfTest = true;
  return startNow({ ...recordedOptions(), ...options, banner: false, signals: false });
}

function inThread(): Problem {
  const message = "the test runs in a worker thread, and threads share one runtime, which serves one app";
  return problem("config_invalid", message, 'Run test files in processes: `pool: "forks"` in vitest.');
}

function startedBefore(): Problem {
  const message = "the app was started before its test: start() has opened a port";
  const hint = "Import `testApp` above the module that calls start().";
  return problem("config_invalid", message, hint);
}

function startNow(options: StartOptions): Promise<App> {
  if (phase === "stopping") return stopping!.then(() => startNow(options));
  if (starting === undefined) {
    given = options;
    return (starting = run(options));
  }
  return agrees(options) ? starting : Promise.reject(new StartError([startedOtherwise()]));
}

/** Whether a further call of `start()` asks for nothing else than the first. */
function agrees(options: StartOptions): boolean {
  return Object.keys(options).length === 0 || isDeepStrictEqual(options, given);
}

function startedOtherwise(): Problem {
  const message = "start() was called before, so the options of this call would be ignored";
  return problem("config_invalid", message, "Call it once, with all options, or call stop() first.");
}

async function run(options: StartOptions): Promise<App> {
  phase = "starting";
  wasStarted = true;
  resetStopSignal();
  let held = false;
  try {
    const { settings, problems } = settingsOf(options);
    current = settings;
    const telemetry = joining ? undefined : telemetryOf(settings, problems);
    await check(settings, problems);
    const connection = port();
    hearAborts();
    const adminUrl = await beginTelemetry(telemetry);
    const running = await startAll(current);
    // Questions are about parts that have started.
    if (current.hasAdmin) await serveAdmin();
    if (adminUrl !== undefined) running.push({ what: "admin", where: adminUrl });
    // The process of a test that forgets to stop the app must not hang.
    held = !isOfTest;
    if (held) connection.hold();
    const url = running.find(({ what }) => what === "http")?.where;
    // Before the app is told to be ready: whoever waits for that may ask for the address at once.
    noteAddress(url);
    await (joining ? joinMain() : leadOthers(current, running));
    phase = "started";
    return { running, url, stop };
  } catch (error) {
    await stopAll(0, []);
    if (held) attachedPort()?.release();
    if (joining) tellMain(failure(error));
    phase = "idle";
    starting = undefined;
    throw error;
  }
}

/** The settings of this isolate: a worker has the main isolate's, and its own functions, which cannot be sent to it. */
function settingsOf(options: StartOptions): { settings: Settings; problems: Problem[] } {
  if (joining) return { settings: { ...options, ...joining.settings }, problems: [] };
  const further = registered().map(({ startOptions }) => startOptions ?? {});
  const found = settle(options, process.env, Object.assign({}, ...further));
  if (!isOfTest) return found;
  return { ...found, settings: { ...found.settings, workers: 1, drainDelay: 0 } };
}

/** Reads the settings of telemetry, and adds their problems to those of the start. */
function telemetryOf(options: StartOptions, problems: Problem[]): TelemetrySettings {
  const place = { isTest: isOfTest, environment: process.env };
  const found = telemetrySettings(options.telemetry ?? {}, place);
  problems.push(...found.problems);
  return found.settings;
}

/** Begins to read telemetry, or joins the main isolate in it. Resolves to the address of the admin server, where there is one. */
async function beginTelemetry(settings: TelemetrySettings | undefined): Promise<string | undefined> {
  if (settings === undefined) {
    if (current.collected) joinTelemetry(current.collected, current.telemetry ?? {});
    return undefined;
  }
  const source = { app: appMeta(), isTest: isOfTest, options: current };
  const { adminUrl, collected } = await startTelemetry(settings, source, current.telemetry ?? {});
  current = { ...current, collected, hasAdmin: adminUrl !== undefined };
  return adminUrl;
}

/** Completes the start of the main isolate: starts the workers, handles signals, and announces that the app is ready. */
async function leadOthers(settings: Settings, running: readonly Running[]): Promise<void> {
  if (settings.workers > 1) {
    workers = new Workers(settings, () => void stop());
    await workers.start();
  }
  if (settings.signals !== false) onSignals(stop);
  // A test imports the modules that it is about.
  if (!isOfTest) warnOfManifest(startedComponents);
  await tellReady(true);
  if (settings.banner !== false) announce(appMeta(), running, settings.workers);
}

/** Completes the start of a worker, which stops when the main isolate says so. */
function joinMain(): void {
  hearMain((message) => {
    if (message.tell === "stopping") signalStop(stopReason());
    else void begin(message.withinMs).then(() => tellMain({ tell: "stopped" }));
  });
  tellMain({ tell: "started" });
}

async function check(options: StartOptions, settingProblems: readonly Problem[]): Promise<void> {
  const found = await Promise.all(registered().map((component) => component.check(options)));
  const services = isOfTest ? usedServices(registered()) : undefined;
  const ofServices = unloadedServices(loadManifest(), services);
  const own = joining ? [] : [...workerProblems(current), ...unaskedChecks(options), ...ofServices];
  const problems: Problem[] = [...settingProblems, ...own];
  for (const one of found.flat()) {
    if (!problems.some(({ message }) => message === one.message)) problems.push(one);
  }
  if (problems.length > 0) throw new StartError(problems);
}

/** Reports health checks that never run, because the app has no server. */
function unaskedChecks({ health }: StartOptions): Problem[] {
  if (!health || !health.checks || registered().some(({ role }) => role === "listens")) return [];
  const message = "health.checks are never asked, because the app has no endpoint and so no server";
  return [problem("config_invalid", message, "Declare an endpoint, or leave the checks out.")];
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
  await announceTelemetry(isReady);
}

/**
 * Stops the app: nothing new is taken, what is in flight is finished, hooks run, connections close.
 *
 * The readiness probe fails and `ctx.stopping` aborts at once; requests are accepted for `drainDelay`. Then HTTP,
 * workers, schedules and subscriptions end, `onShutdown` hooks run, databases and secrets close, and logs are written.
 *
 * Shape:  in a worker, stops the whole app and resolves when this isolate has stopped.
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
  // Hooks undo what a started app has done, so they do not run after a failed start.
  await stopAll(withinMs ?? current.shutdownTimeout, app ? hooks.splice(0) : []);
  if (app && !isOfTest) attachedPort()?.release();
  ignoreSignals();
  await flush();
}

async function stopAll(withinMs: number, endings: readonly (() => unknown)[]): Promise<void> {
  const parts = {
    components: startedComponents,
    hooks: endings,
    stopWorkers: async (leftMs: number): Promise<void> => workers?.stop(leftMs),
  };
  startedComponents = [];
  const until = Date.now() + withinMs;
  await stopParts(parts, withinMs);
  workers = undefined;
  // Last, so that it has what the others have told of their end.
  if (joining) leaveTelemetry();
  else await stopTelemetry(until - Date.now());
}

function stopReason(): TwinloopError {
  return new TwinloopError("stopping", "the app is stopping");
}

/**
 * Adds a hook that runs when the app stops, after the last request, message and run, while databases are still open. Its
 * promise is awaited. Hooks run only after a completed start; with `workers`, in each isolate that added them.
 */
export function onShutdown(hook: () => unknown): void {
  hooks.push(hook);
}

// Only under `twinloop dev`, which sets the variable: a script or a test may use declarations and never start the app.
if (process.env["TWINLOOP_DEV"] === "1" && !joining) {
  process.once("exit", (code) => {
    if (code !== 0 || wasStarted || registered().length === 0) return;
    process.stderr.write("the app ended without start(): end its entry with `await start()`\n");
  });
}
