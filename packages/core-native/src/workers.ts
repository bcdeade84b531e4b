import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isMainThread, MessageChannel, Worker, type MessagePort } from "node:worker_threads";
import { problem, StartError, TwinloopError, type Problem } from "./error.ts";
import { log } from "./log.ts";
import type { Settings } from "./start-options.ts";
import type { FromWorker, Joining, ToWorker } from "./worker.ts";

/** How long a worker may take from its beginning to the end of its `start()`. */
const START_TIMEOUT_MS = 60_000;

/** How long a worker that ended is waited for before it is replaced: doubled with each time, up to the most. */
const LEAST_BACKOFF_MS = 100;
const MOST_BACKOFF_MS = 30_000;

/** After so long a life, an end is a first one again. */
const LONG_LIFE_MS = 60_000;

/** One place for a worker thread; the threads in it come and go. */
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
      // What keeps the process alive is what the app runs, not its threads.
      main.unref();
      this.#worker = worker;
      this.#main = main;
    });
  }

  /** Says that the app begins to stop: who ends now is not replaced, and who has not started yet need not. */
  async beginStop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#retry);
    if (this.#started) this.#tell({ tell: "stopping" });
    else await this.#worker?.terminate();
  }

  /** Lets the app in it stop, at most so long, and ends the thread. */
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
    if (cause === undefined) log.error(`a worker ended with code ${code} and is replaced`, fields);
    else log.error(cause, "a worker failed and is replaced", fields);
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

/** Options are plain values, but for a URL, which does not cross. */
function transferable(settings: Settings): Settings {
  return { ...settings, entry: entryOf(settings) };
}

function entryOf({ entry = process.argv[1] }: Settings): string {
  if (entry instanceof URL || entry?.startsWith("file:")) return fileURLToPath(entry);
  // `node app` and `node .` leave it to Node to find the file.
  return createRequire(join(process.cwd(), "noop.js")).resolve(entry!);
}

/** What keeps this isolate from having workers. */
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

  /** Starts all of them; resolves when the app runs in each. */
  async start(): Promise<void> {
    const outcomes = await Promise.allSettled(this.#places.map((place) => place.start()));
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed) throw failed.reason;
  }

  /** Says to all of them that the app begins to stop. */
  async beginStop(): Promise<void> {
    await Promise.all(this.#places.map((place) => place.beginStop()));
  }

  /** Stops all of them at once. */
  async stop(withinMs: number): Promise<void> {
    await Promise.all(this.#places.map((place) => place.stop(withinMs)));
  }
}
