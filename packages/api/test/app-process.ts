import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

/** An app that runs in a process of its own; it does not outlive its test. */
export interface AppProcess {
  readonly child: ChildProcess;
  /** Where it listens; empty when it ended without listening. */
  readonly url: string;
  /** Both streams, as far as they have come. */
  readonly output: () => string;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

/** Runs `test/fixtures/<name>` and waits until it says where it listens, or ends. */
export function run(name: string, env: Readonly<Record<string, string>> = {}): Promise<AppProcess> {
  return runFile(fileURLToPath(new URL(`fixtures/${name}`, import.meta.url)), env);
}

/** Takes what is to be done when a test, or all tests of a file, have ended. */
export type AtEnd = (undo: () => void) => void;

/** Runs a file of JavaScript as `run` does. */
export async function runFile(
  file: string,
  env: Readonly<Record<string, string>> = {},
  atEnd: AtEnd = onTestFinished,
): Promise<AppProcess> {
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, PORT: "0", LOG_FORMAT: "json", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  atEnd(() => void child.kill("SIGKILL"));
  let text = "";
  const ended = once(child, "close").then(([code, signal]) => ({ code, signal }));
  const url = await new Promise<string>((resolve) => {
    const read = (chunk: Buffer): void => {
      text += chunk.toString();
      const found = /listening (https?:\S+|unix:\S+)/.exec(text);
      if (found) resolve(found[1]!);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    void ended.then(() => resolve(""));
  });
  return { child, url, output: () => text, ended };
}

/** Sends a JSON body. */
export function post(url: string, body: unknown): Promise<Response> {
  return fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}
