import { spawn, type ChildProcess } from "node:child_process";

/** The time in milliseconds that the app may take to stop before it is killed. */
const STOP_WITHIN_MS = 5_000;

/** What the app's process is started with. */
export interface AppProcessOptions {
  readonly root: string;
  /** The module that starts the app. */
  readonly entry: string;
  /** The tsconfig of `--tsconfig`. */
  readonly tsconfig: string | undefined;
  /** The variables beside those of this process, asked for at each start. */
  readonly environment: () => Readonly<Record<string, string>>;
  /** Modules that are loaded before the entry, as URLs. */
  readonly imports: readonly string[];
  /** Called with each process that was started; the signal aborts when it ends. */
  readonly onStart: (pid: number, ended: AbortSignal) => void;
}

/**
 * The running app of `twinloop dev`: one child process at a time. Restarts and stops wait for one another, so that
 * two versions of the app never compete for a port.
 */
export class AppProcess {
  readonly #options: AppProcessOptions;
  #child: ChildProcess | undefined;
  #turn: Promise<void> = Promise.resolve();

  constructor(options: AppProcessOptions) {
    this.#options = options;
  }

  /** Stops the running app, if any, and starts the app anew. Calls are served one after another. */
  restart(): Promise<void> {
    return this.#next(async () => {
      await this.#end();
      this.#begin();
    });
  }

  /** Stops the app. Idempotent. */
  stop(): Promise<void> {
    return this.#next(() => this.#end());
  }

  /** Kills the app at once, without waiting. */
  kill(): void {
    this.#child?.kill("SIGKILL");
  }

  /** Appends work to the queue of this process's turns. */
  #next(work: () => Promise<void>): Promise<void> {
    return (this.#turn = this.#turn.then(work));
  }

  /**
   * Starts the app with the compiler's loader, in the app's folder. An app that ends by itself is reported, not
   * restarted: the next change does it.
   */
  #begin(): void {
    const register = import.meta.resolve("@twinloop/compiler/register");
    const { root, entry, tsconfig, environment, imports, onStart } = this.#options;
    const loaded = [register, ...imports].flatMap((module) => ["--import", module]);
    const child = spawn(process.execPath, ["--enable-source-maps", ...loaded, entry], {
      cwd: root,
      // The fourth is for the app to notice that `dev` is gone, however it went: see the loader's `parent.ts`.
      stdio: ["inherit", "inherit", "inherit", "pipe"],
      env: {
        ...process.env,
        ...environment(),
        TWINLOOP_ROOT: root,
        TWINLOOP_PARENT_FD: "3",
        TWINLOOP_DEV: "1",
        ...(tsconfig === undefined ? {} : { TWINLOOP_TSCONFIG: tsconfig }),
      },
    });
    this.#child = child;
    const ended = new AbortController();
    child.once("close", () => ended.abort());
    if (child.pid !== undefined) onStart(child.pid, ended.signal);
    child.once("error", (error) => {
      if (this.#child === child) this.#child = undefined;
      process.stderr.write(`the app could not be started: ${error.message}\n`);
    });
    child.once("exit", (code, signal) => {
      if (this.#child !== child) return;
      this.#child = undefined;
      process.stdout.write(`the app ended with ${signal ?? `code ${code}`}; waiting for a change\n`);
    });
  }

  /** Sends SIGTERM, and after 5 s SIGKILL; resolves when the process has ended. */
  async #end(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    // The process stays the one to kill until it has ended, but its end is no news.
    child.removeAllListeners("exit");
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_WITHIN_MS);
    await ended;
    clearTimeout(timer);
    this.#child = undefined;
  }
}
