import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PACKAGES = fileURLToPath(new URL("../..", import.meta.url));
const MAIN = join(PACKAGES, "cli/dist/main.js");

/** What a tool answered: whether it is an error, and the value that its text is. */
export interface Told {
  readonly isError: boolean;
  readonly value: any;
}

/** An app as its user has it: a folder with sources, a manifest and installed packages. */
export class AgentApp {
  readonly root: string;
  readonly #processes: ChildProcess[] = [];
  readonly #clients: Client[] = [];

  constructor(fixture: string) {
    const home = join(PACKAGES, "mcp/.twinloop");
    mkdirSync(home, { recursive: true });
    this.root = mkdtempSync(join(home, "app-"));
    cpSync(fileURLToPath(new URL(`fixtures/${fixture}`, import.meta.url)), this.root, { recursive: true });
    mkdirSync(join(this.root, "node_modules/@twinloop"), { recursive: true });
    for (const name of ["api", "cli", "cron", "mcp", "migrations", "pubsub", "secrets", "sqldb"]) {
      symlinkSync(join(PACKAGES, name), join(this.root, "node_modules/@twinloop", name));
    }
  }

  /** Runs the app as `twinloop dev` does, and gives its address. */
  async start(env: NodeJS.ProcessEnv): Promise<string> {
    const child = spawn(process.execPath, [MAIN, "dev", "--no-types"], {
      cwd: this.root,
      env: { ...process.env, NODE_ENV: "", PORT: "0", LOG_FORMAT: "json", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#processes.push(child);
    let output = "";
    return new Promise((resolve, reject) => {
      const hear = (chunk: Buffer): void => {
        output += String(chunk);
        const url = /"http":"([^"]+)"/.exec(output)?.[1];
        if (url !== undefined) resolve(url);
      };
      child.stdout.on("data", hear);
      child.stderr.on("data", hear);
      child.once("close", () => reject(new Error(output)));
    });
  }

  /** Connects an agent to `twinloop mcp`. */
  async connect(env: NodeJS.ProcessEnv, ...options: readonly string[]): Promise<Agent> {
    const given = { ...process.env, NODE_ENV: "", LOG_LEVEL: "trace", ...env };
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [MAIN, "mcp", ...options],
      cwd: this.root,
      env: given as Record<string, string>,
      stderr: "pipe",
    });
    const problems: Error[] = [];
    const client = new Client({ name: "test", version: "1" });
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the SDK's client is no event target
    client.onerror = (error) => problems.push(error);
    await client.connect(transport);
    this.#clients.push(client);
    return new Agent(client, problems);
  }

  async remove(): Promise<void> {
    for (const client of this.#clients) await client.close();
    for (const child of this.#processes) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill("SIGTERM");
      await once(child, "close");
    }
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** An agent's end of the protocol. */
export class Agent {
  readonly client: Client;
  /** What came over stdout that is not of the protocol. */
  readonly problems: readonly Error[];

  constructor(client: Client, problems: readonly Error[]) {
    this.client = client;
    this.problems = problems;
  }

  /** Asks a tool. */
  async ask(name: string, input: Record<string, unknown> = {}): Promise<Told> {
    const answer = await this.client.callTool({ name, arguments: input });
    const [{ text }] = answer.content as [{ text: string }];
    return { isError: answer.isError === true, value: /^[{["]/.test(text) ? JSON.parse(text) : text };
  }
}
