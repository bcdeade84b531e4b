import { fork, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { AskTools, ErrorAnswer } from "../src/contract.ts";

const PACKAGES = fileURLToPath(new URL("../..", import.meta.url));

/** A running app whose dashboard a test asks. */
export class AskedApp {
  readonly root: string;
  /** The app's own address. */
  url = "";
  /** All that the app has printed. */
  output = "";
  readonly #environment: NodeJS.ProcessEnv;
  readonly #waiting = new Map<number, (answer: string) => void>();
  #child: ChildProcess | undefined;
  #count = 0;

  constructor(fixture: string, environment: NodeJS.ProcessEnv, packages: readonly string[]) {
    this.#environment = environment;
    const home = join(PACKAGES, "dashboard/.twinloop");
    mkdirSync(home, { recursive: true });
    this.root = mkdtempSync(join(home, "app-"));
    cpSync(fileURLToPath(new URL(`fixtures/${fixture}`, import.meta.url)), this.root, { recursive: true });
    mkdirSync(join(this.root, "node_modules/@twinloop"), { recursive: true });
    for (const name of packages) {
      symlinkSync(join(PACKAGES, name), join(this.root, "node_modules/@twinloop", name));
    }
  }

  /** Builds the manifest and starts the app. */
  async start(): Promise<void> {
    const built = spawnSync(process.execPath, [join(PACKAGES, "cli/dist/main.js"), "build", "--no-types"], {
      cwd: this.root,
    });
    if (built.status !== 0) throw new Error(String(built.stdout) + String(built.stderr));
    const register = pathToFileURL(join(PACKAGES, "compiler/dist/register.js")).href;
    const asking = new URL("asking.mjs", import.meta.url).href;
    const child = fork(join(this.root, "src/app.ts"), {
      cwd: this.root,
      execArgv: ["--import", register, "--import", asking],
      env: { ...process.env, NODE_ENV: "", PORT: "0", LOG_FORMAT: "json", ...this.#environment },
      silent: true,
    });
    this.#child = child;
    child.on("message", ({ number, answer }: { number: number; answer: string }) => {
      this.#waiting.get(number)?.(answer);
    });
    this.url = await new Promise((resolve, reject) => {
      const hear = (chunk: Buffer): void => {
        this.output += String(chunk);
        const url = /"http":"([^"]+)"/.exec(this.output)?.[1];
        if (url !== undefined) resolve(url);
      };
      child.stdout!.on("data", hear);
      child.stderr!.on("data", hear);
      child.once("close", () => reject(new Error(this.output)));
    });
  }

  /** Asks a tool, and gives its value. */
  async ask<Name extends keyof AskTools>(
    tool: Name,
    input: AskTools[Name]["input"],
  ): Promise<AskTools[Name]["value"]> {
    const { value, error } = await this.#send({ tool, input });
    if (error !== undefined) throw new Error(JSON.stringify(error));
    return value as AskTools[Name]["value"];
  }

  /** Asks what is refused, and gives the refusal. */
  async refusal(tool: string, input: unknown): Promise<ErrorAnswer> {
    const { value, error } = await this.#send({ tool, input });
    if (error === undefined) throw new Error(`answered: ${JSON.stringify(value)}`);
    return error;
  }

  async #send(asked: object): Promise<{ value?: unknown; error?: ErrorAnswer }> {
    const number = ++this.#count;
    const answer = await new Promise<string>((resolve) => {
      this.#waiting.set(number, resolve);
      this.#child!.send({ number, ...asked });
    });
    return JSON.parse(answer) as { value?: unknown; error?: ErrorAnswer };
  }

  /** Stops the app and removes its folder. */
  async remove(): Promise<void> {
    const child = this.#child;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      child.kill("SIGTERM");
      await once(child, "close");
    }
    rmSync(this.root, { recursive: true, force: true });
  }
}
