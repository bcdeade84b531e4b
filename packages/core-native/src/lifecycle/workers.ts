import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isMainThread, MessageChannel, Worker, type MessagePort } from "node:worker_threads";
import { problem, StartError, TwinloopError, type Problem } from "../errors/error.ts";
import { log } from "../log/log.ts";
import type { Settings } from "./start-options.ts";
import type { FromWorker, Joining, ToWorker } from "./worker.ts";

/** The time within which a worker must have called and completed `start()`. */
const START_TIMEOUT_MS = 60_000;

/** The bounds of the pause before an ended worker is replaced; the pause doubles with each end. */
const LEAST_BACKOFF_MS = 100;
const MOST_BACKOFF_MS = 30_000;

/** The lifetime after which a worker's end starts again at the shortest pause. */
const LONG_LIFE_MS = 60_000;

/** A place for one worker thread at a time, which is replaced when it ends. */
class Place {
  readonly #index: number;
  readonly #settings: Settings;
  readonly #askedToStop: () => void;
  #worker: Worker | undefined;
  #main: MessagePort | undefined;
  #backoffMs = LEAST_BACKOFF_MS;
  #retry: NodeJS.Timeout | undefined;
  #started = false;
  #stopping = false;
  #stopped: (() => void) | undefined;

  constructor(index: number, settings: Settings, askedToStop: () => void) {
    this.#index = index;
    this.#settings = settings;
    this.#askedToStop = askedToStop;
  }

  /** Starts a thread; resolves when the app runs in it. */
  start(): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const { port1: main, port2 } = new MessageChannel();
      const { worker, began } = { worker: this.#launch(port2), began: Date.now() };
      const late = setTimeout(() => {
        reject(this.#failed(`did not call start() within ${START_TIMEOUT_MS / 1_000} s`));
        void worker.terminate();
      }, START_TIMEOUT_MS);
      let cause: unknown;
      this.#started = false;
      worker.on("error", (error) => (cause = error));
      worker.once("exit", (code) => {
        clearTimeout(late);
        main.close();
        if (this.#worker === worker) this.#worker = undefined;
        this.#stopped?.();
        if (!this.#started) reject(this.#failed(describeEnd(code, cause), cause));
        else if (!this.#stopping) this.#replace(Date.now() - began, code, cause);
      });
      main.on("message", (message: FromWorker) => {
        if (message.tell === "started") {
          this.#started = true;
          clearTimeout(late);
          resolve();
        } else if (message.tell === "failed") {
          const { problems } = message;
          reject(problems.length > 0 ? new StartError(problems) : this.#failed(message.message));
        } else if (message.tell === "asks for stop") this.#askedToStop();
        else this.#stopped?.();
      });
      // The port must not keep the process alive; what the app runs does.
      main.unref();
      this.#worker = worker;
      this.#main = main;
    });
  }

  /** Tells the thread that the app begins to stop. From now on, a thread that ends is not replaced. */
  async beginStop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#retry);
    if (this.#started) this.#tell({ tell: "stopping" });
    else await this.#worker?.terminate();
  }

  /** Waits at most `withinMs` for the app in the thread to stop, and ends the thread. */
  async stop(withinMs: number): Promise<void> {
    await this.beginStop();
    const worker = this.#worker;
    if (!worker) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#stopped = resolve;
      timer = setTimeout(resolve, withinMs);
      this.#tell({ tell: "stop", withinMs });
    });
    clearTimeout(timer);
    await worker.terminate();
  }

  #tell(message: ToWorker): void {
    this.#main?.postMessage(message);
  }

  #launch(main: MessagePort): Worker {
    const joining: Joining = { index: this.#index, settings: transferable(this.#settings), main };
    const memory = this.#settings.workerMemoryMiB;
    return new Worker(entryOf(this.#settings), {
      argv: process.argv.slice(2),
      name: `twinloop-worker-${this.#index}`,
      workerData: { twinloop: joining },
      transferList: [main],
      ...(memory === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: memory } }),
    });
  }

  #replace(livedMs: number, code: number, cause: unknown): void {
    if (livedMs > LONG_LIFE_MS) this.#backoffMs = LEAST_BACKOFF_MS;
    const inMs = this.#backoffMs;
    this.#backoffMs = Math.min(this.#backoffMs * 2, MOST_BACKOFF_MS);
    const fields = { worker: this.#index, exitCode: code, replacedInMs: inMs };
    if (cause === undefined) log.error(`replace a worker that ended with code ${code}`, fields);
    else log.error(cause, "replace a worker that failed", fields);
    this.#retry = setTimeout(() => {
      this.start().catch((error: unknown) => {
        if (!this.#stopping) this.#replace(0, 1, error);
      });
    }, inMs);
    this.#retry.unref();
  }

  #failed(why: string, cause?: unknown): TwinloopError {
    return new TwinloopError("isolate_terminated", `worker ${this.#index} ${why}`, { cause });
  }
}

function describeEnd(code: number, cause: unknown): string {
  if (cause instanceof Error) return `failed before it had started: ${cause.message}`;
  return `ended with code ${code} before it called start()`;
}

/** Converts options so that they can be sent to a worker: a URL becomes its text, and what holds functions stays here. */
function transferable(settings: Settings): Settings {
  const sent = Object.entries(settings).filter(([name, value]) => name === "entry" || isCloneable(value));
  return { ...(Object.fromEntries(sent) as unknown as Settings), entry: entryOf(settings) };
}

function isCloneable(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}

function entryOf({ entry = process.argv[1] }: Settings): string {
  if (entry instanceof URL || entry?.startsWith("file:")) return fileURLToPath(entry);
  // With `node app` and `node .`, Node resolves the file.
  return createRequire(join(process.cwd(), "noop.js")).resolve(entry!);
}

/** Finds problems that keep this isolate from having workers. */
export function workerProblems(settings: Settings): Problem[] {
  if (settings.workers === 1) return [];
  if (!isMainThread) {
    const message = "workers were asked for in a worker thread, and only the main thread can have them";
    return [problem("config_invalid", message, "Start without `workers` there, and unset WORKERS.")];
  }
  try {
    entryOf(settings);
    return [];
  } catch {
    const message = `the file that workers are to run was not found: ${String(settings.entry ?? process.argv[1])}`;
    return [problem("config_invalid", message, "Give `start()` the option `entry: import.meta.url`.")];
  }
}

/** The worker threads of the app, as its main isolate sees them. */
export class Workers {
  readonly #places: readonly Place[];

  constructor(settings: Settings, askedToStop: () => void) {
    this.#places = Array.from(
      { length: settings.workers - 1 },
      (_, index) => new Place(index + 1, settings, askedToStop),
    );
  }

  /** Starts all workers; resolves when the app runs in each. */
  async start(): Promise<void> {
    const outcomes = await Promise.allSettled(this.#places.map((place) => place.start()));
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed) throw failed.reason;
  }

  /** Tells all workers that the app begins to stop. */
  async beginStop(): Promise<void> {
    await Promise.all(this.#places.map((place) => place.beginStop()));
  }

  /** Stops all workers concurrently. */
  async stop(withinMs: number): Promise<void> {
    await Promise.all(this.#places.map((place) => place.stop(withinMs)));
  }
}
