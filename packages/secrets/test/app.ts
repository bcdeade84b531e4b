import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const DIST = fileURLToPath(new URL("../dist/index.js", import.meta.url));

/** How an app ended, and all it wrote. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running app. */
export interface Running {
  readonly output: () => string;
  readonly signal: (name: NodeJS.Signals) => void;
  readonly send: (text: string) => void;
  readonly ended: Promise<Ended>;
}

/** What an app is run with. */
export interface Setting {
  readonly env?: Readonly<Record<string, string>>;
  /** Files in its folder. */
  readonly files?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

/** A folder for one app, which has no secrets but those it is given. */
export class AppFolder {
  readonly path: string = mkdtempSync(join(tmpdir(), "twinloop-secrets-"));

  constructor() {
    onTestFinished(() => rmSync(this.path, { recursive: true, force: true }));
    this.write("package.json", '{"name":"app","type":"module"}');
    mkdirSync(join(this.path, "run"));
  }

  write(name: string, text: string): string {
    const path = join(this.path, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  /** Runs a module in a process of its own; `secret`, `start` and the rest of the package are in its scope. */
  launch(source: string, { env = {}, files = {}, args = [] }: Setting = {}): Running {
    for (const [name, text] of Object.entries(files)) this.write(name, text);
    const imports = `import * as secrets from ${JSON.stringify(DIST)};\nconst { secret, start, stop, defineSecretProvider } = secrets;\n`;
    const entry = this.write("app.mjs", imports + source);
    const child = spawn(process.execPath, [...args, entry], {
      cwd: this.path,
      env: {
        PATH: process.env["PATH"]!,
        TWINLOOP_ADDON: process.env["TWINLOOP_ADDON"] ?? "",
        SECRETS_DIR: join(this.path, "run"),
        LOG_FORMAT: "json",
        PORT: "0",
        ...env,
      },
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    const texts = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"] as const) {
      child[stream].setEncoding("utf8").on("data", (chunk: string) => (texts[stream] += chunk));
    }
    return {
      output: () => texts.stdout + texts.stderr,
      signal: (name) => void child.kill(name),
      send: (text) => void child.stdin.write(text),
      ended: once(child, "close").then(([code]) => ({ code, ...texts })),
    };
  }
}

/** Runs a module to its end, in a folder of its own. */
export function runApp(source: string, setting: Setting = {}): Promise<Ended> {
  return new AppFolder().launch(source, setting).ended;
}
