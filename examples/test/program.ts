import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { expect } from "vitest";

/** How long a program may take to start, and a command to answer: both languages' suites share the machine. */
const LIMIT_MS = 90_000;

/** The road by which a program is started: what was built by plain Node, or the sources by `twinloop dev`. */
export type Road = "node" | "dev";

/** The command of a folder's own installed `twinloop`. */
const commandIn = (folder: string): string => join(folder, "node_modules/@twinloop/cli/dist/main.js");

/** Builds the app of a folder to JavaScript, without a problem and without a warning. */
export async function build(folder: string, env: Readonly<Record<string, string>>): Promise<void> {
  const args = [commandIn(folder), "build", "--out", "dist"];
  const { stderr } = await promisify(execFile)(process.execPath, args, { cwd: folder, env });
  expect(stderr).toBe("");
}

/** A program that runs as a process of its own. */
export class Program {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown[]>;
  #output = "";

  private constructor(folder: string, road: Road, env: Readonly<Record<string, string>>) {
    const args = road === "dev" ? [commandIn(folder), "dev"] : ["dist/app.js"];
    this.#child = spawn(process.execPath, args, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
    this.#ended = once(this.#child, "exit");
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.on("data", (piece: Buffer) => (this.#output += piece.toString()));
    }
  }

  /** What it has printed so far. */
  get output(): string {
    return this.#output;
  }

  /** Starts it, and waits until it takes requests. Errors: with all that it has printed. */
  static async start(folder: string, road: Road, env: Readonly<Record<string, string>>): Promise<Program> {
    const program = new Program(folder, road, env);
    const deadline = Date.now() + LIMIT_MS;
    while (!(await isReady(env["PORT"]!))) {
      if (program.#child.exitCode === null && Date.now() < deadline) {
        await delay(50);
        continue;
      }
      program.#child.kill("SIGKILL");
      throw new Error(`${folder} does not take requests. It has printed:\n${program.#output}`);
    }
    return program;
  }

  /** Ends it as `kill -9` does. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  /** Stops it as Ctrl-C does, and gives its exit code. */
  async stop(): Promise<unknown> {
    this.#child.kill("SIGINT");
    const [code] = await this.#ended;
    return code;
  }
}

async function isReady(port: string): Promise<boolean> {
  try {
    const { ok } = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(5_000) });
    return ok;
  } catch {
    return false;
  }
}

/** Waits until something is as it should be; false where it never is. */
export async function becomes(check: () => boolean | Promise<boolean>): Promise<boolean> {
  for (const deadline = Date.now() + LIMIT_MS; Date.now() < deadline; await delay(100)) {
    if (await check()) return true;
  }
  return false;
}
