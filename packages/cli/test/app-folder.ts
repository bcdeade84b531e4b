import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

// Inside the package, so that the app finds @twinloop/* as an installed one would.
const HERE = fileURLToPath(new URL(".", import.meta.url));

/** The built command. */
export const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));

/** The loader, as `--import` takes it. */
export const REGISTER = new URL("../../compiler/dist/register.js", import.meta.url).href;

/** How one process ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** An app in a folder of its own, and what runs in it; `remove` ends and deletes all of it. */
export class AppFolder {
  readonly root: string = mkdtempSync(join(HERE, "app-"));
  readonly #children: ChildProcess[] = [];

  constructor(files: Readonly<Record<string, string>>) {
    this.write({ "package.json": '{ "name": "shop", "type": "module" }', ...files });
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.root, name)), { recursive: true });
      writeFileSync(join(this.root, name), text);
    }
  }

  delete(...names: readonly string[]): void {
    for (const name of names) rmSync(join(this.root, name), { recursive: true });
  }

  /** Runs Node to its end. */
  run(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    node: string = process.execPath,
  ): Promise<Ended> {
    const options = { cwd: this.root, env: { ...environment(), ...env }, timeout: 60_000 };
    return new Promise((resolve) => {
      execFile(node, [...args], options, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === "number" ? error.code : 1;
        resolve({ code, stdout, stderr });
      });
    });
  }

  /** Runs `twinloop`. */
  twinloop(...words: readonly string[]): Promise<Ended> {
    return this.run([MAIN, ...words]);
  }

  /** Starts Node and waits for the line `listening <url>`, or the runtime's own; rejects with the output when it ends before. */
  async start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<RunningApp> {
    const child = spawn(process.execPath, [...args], {
      cwd: this.root,
      env: { ...environment(), PORT: "0", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#children.push(child);
    let text = "";
    const url = await new Promise<string>((resolve, reject) => {
      const hear = (chunk: Buffer): void => {
        text += String(chunk);
        const found = /^listening (http:\S+)$|"http":"(http:[^"]+)"/m.exec(text)?.slice(1).find(Boolean);
        if (found !== undefined) resolve(found);
      };
      child.stdout.on("data", hear);
      child.stderr.on("data", hear);
      child.once("close", (code) => reject(new Error(`ended with ${code}:\n${text}`)));
    });
    return { child, url, output: () => text };
  }

  async remove(): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** A process that listens. */
export interface RunningApp {
  readonly child: ChildProcess;
  readonly url: string;
  readonly output: () => string;
}

/** Without what the surrounding test run sets. */
function environment(): NodeJS.ProcessEnv {
  const { NODE_ENV: _, NODE_OPTIONS: __, DATABASE_URL: ___, PUBSUB_URL: ____, ...rest } = process.env;
  return { ...rest, NO_COLOR: "1" };
}

/** The end of an entry: starts, and says where it listens. */
export const STARTS = `
const running = await start({ banner: false });
console.log("listening " + running.url);
`;
