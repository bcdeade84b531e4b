import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { AskTools, AdminErrorAnswer } from "../src/contract.ts";

const PACKAGES = fileURLToPath(new URL("../..", import.meta.url));
const MAIN = join(PACKAGES, "cli/dist/main.js");

/** An app that runs under `twinloop dev`, and whose dashboard a test asks. */
export class AskedApp {
  readonly root: string;
  /** The addresses of the app's API and of its admin server. */
  appUrl = "";
  adminUrl = "";
  /** The token that questions have; `undefined` for none. */
  token: string | undefined;
  /** All that `dev` and the app have printed. */
  output = "";
  readonly #environment: NodeJS.ProcessEnv;
  #child: ChildProcess | undefined;

  /** `home` is the folder for the app's own; one in a `.twinloop` is not watched for edits. */
  constructor(
    fixture: string,
    environment: NodeJS.ProcessEnv,
    packages: readonly string[],
    home: string = join(PACKAGES, "dashboard/.twinloop"),
  ) {
    this.#environment = environment;
    mkdirSync(home, { recursive: true });
    this.root = mkdtempSync(join(home, "app-"));
    cpSync(fileURLToPath(new URL(`fixtures/${fixture}`, import.meta.url)), this.root, { recursive: true });
    mkdirSync(join(this.root, "node_modules/@twinloop"), { recursive: true });
    for (const name of ["dashboard", ...packages]) {
      symlinkSync(join(PACKAGES, name), join(this.root, "node_modules/@twinloop", name));
    }
  }

  /** Runs `twinloop dev`; resolves when it has told where the app is looked at. */
  async start(...options: readonly string[]): Promise<void> {
    const child = spawn(process.execPath, [MAIN, "dev", "--no-types", ...options], {
      cwd: this.root,
      env: { ...process.env, NODE_ENV: "", PORT: "0", LOG_FORMAT: "json", ...this.#environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    await new Promise<void>((resolve, reject) => {
      const hear = (chunk: Buffer): void => {
        this.output += String(chunk);
        if (/^(?:dashboard|admin) +http/m.test(this.output)) resolve();
      };
      child.stdout.on("data", hear);
      child.stderr.on("data", hear);
      child.once("close", () => reject(new Error(this.output)));
    });
    const { adminUrl, appUrl } = JSON.parse(readFileSync(join(this.root, ".twinloop/dev.json"), "utf8"));
    this.adminUrl = adminUrl;
    this.appUrl = appUrl;
  }

  /** Builds the app and runs what was built, by plain node. Rejects with what was printed where the app ends. */
  async runBuilt(env: NodeJS.ProcessEnv): Promise<void> {
    const built = spawnSync(process.execPath, [MAIN, "build", "--no-types", "--out", "dist"], {
      cwd: this.root,
    });
    if (built.status !== 0) throw new Error(String(built.stdout) + String(built.stderr));
    const child = spawn(process.execPath, ["dist/app.js"], {
      cwd: this.root,
      env: { ...process.env, PORT: "0", HOST: "127.0.0.1", LOG_FORMAT: "json", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    this.adminUrl = await new Promise<string>((resolve, reject) => {
      const hear = (chunk: Buffer): void => {
        this.output += String(chunk);
        const url = /"admin":"([^"]+)"/.exec(this.output)?.[1];
        if (url !== undefined) resolve(url);
      };
      child.stdout.on("data", hear);
      child.stderr.on("data", hear);
      child.once("close", () => reject(new Error(this.output)));
    });
  }

  /** Asks a tool, and gives its value. */
  async ask<Name extends keyof AskTools>(
    tool: Name,
    input: AskTools[Name]["input"],
  ): Promise<AskTools[Name]["value"]> {
    const { status, body } = await this.#send(tool, input);
    if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
    return (body as { value: AskTools[Name]["value"] }).value;
  }

  /** Asks what is refused, and gives the refusal. */
  async refusal(tool: string, input: unknown): Promise<AdminErrorAnswer> {
    const { status, body } = await this.#send(tool, input);
    if (status < 400) throw new Error(`answered: ${JSON.stringify(body)}`);
    return body as AdminErrorAnswer;
  }

  /** Asks the admin server for what it knows by itself. */
  async look(path: string): Promise<unknown> {
    const answer = await fetch(this.adminUrl + path);
    return answer.json();
  }

  async #send(tool: string, input: unknown): Promise<{ status: number; body: unknown }> {
    const answer = await fetch(`${this.adminUrl}/api/ask`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }),
      },
      body: JSON.stringify({ tool, input }),
    });
    return { status: answer.status, body: await answer.json() };
  }

  /** Stops `dev` and the app, and removes its folder. */
  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.root, { recursive: true, force: true });
  }

  /** Stops `dev` and the app. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGTERM");
    await once(child, "close");
  }
}
