import { spawn, type ChildProcess } from "node:child_process";

/** How long the app may take to stop before it is killed. */
const STOP_WITHIN_MS = 5_000;

/** The running app: one child process at a time. */
export class AppProcess {
  readonly #root: string;
  readonly #entry: string;
  #child: ChildProcess | undefined;
  #turn: Promise<void> = Promise.resolve();

  constructor(root: string, entry: string) {
    this.#root = root;
    this.#entry = entry;
  }

  /** Ends the running app, if any, and starts it again. Calls are served one after another. */
  restart(): Promise<void> {
    return this.#next(async () => {
      await this.#end();
      this.#begin();
    });
  }

  /** Ends the app. Idempotent. */
  stop(): Promise<void> {
    return this.#next(() => this.#end());
  }

  #next(work: () => Promise<void>): Promise<void> {
    return (this.#turn = this.#turn.then(work));
  }

  #begin(): void {
    const register = import.meta.resolve("@twinloop/compiler/register");
    const child = spawn(process.execPath, ["--enable-source-maps", "--import", register, this.#entry], {
      cwd: this.#root,
      stdio: "inherit",
      env: { ...process.env, TWINLOOP_ROOT: this.#root },
    });
    this.#child = child;
    child.once("exit", (code, signal) => {
      if (this.#child !== child) return;
      this.#child = undefined;
      process.stdout.write(`the app ended with ${signal ?? `code ${code}`}; waiting for a change\n`);
    });
  }

  async #end(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_WITHIN_MS);
    await ended;
    clearTimeout(timer);
  }
}
