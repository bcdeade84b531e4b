import { spawn, type ChildProcess } from "node:child_process";

/** The time in milliseconds that the app may take to stop before it is killed. */
const STOP_WITHIN_MS = 5_000;

/**
 * The running app of `twinloop dev`: one child process at a time. Restarts and stops wait for one another, so that
 * two versions of the app never compete for a port.
 */
export class AppProcess {
  readonly #root: string;
  readonly #entry: string;
  readonly #tsconfig: string | undefined;
  #child: ChildProcess | undefined;
  #turn: Promise<void> = Promise.resolve();

  constructor(root: string, entry: string, tsconfig?: string) {
    this.#root = root;
    this.#entry = entry;
    this.#tsconfig = tsconfig;
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
    const child = spawn(process.execPath, ["--enable-source-maps", "--import", register, this.#entry], {
      cwd: this.#root,
      // The fourth is for the app to notice that `dev` is gone, however it went: see the loader's `parent.ts`.
      stdio: ["inherit", "inherit", "inherit", "pipe"],
      env: {
        ...process.env,
        TWINLOOP_ROOT: this.#root,
        TWINLOOP_PARENT_FD: "3",
        TWINLOOP_DEV: "1",
        ...(this.#tsconfig === undefined ? {} : { TWINLOOP_TSCONFIG: this.#tsconfig }),
      },
    });
    this.#child = child;
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
