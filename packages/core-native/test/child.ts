import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

/** How a fixture is run; `node` defaults to the Node that runs the tests. */
export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly node?: string;
}

/** A fixture that runs in a process of its own; it does not outlive its test. */
export interface Child {
  readonly process: ChildProcess;
  /** Both streams, as far as they have come. */
  readonly output: () => string;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  /** The first match of `pattern` in the output; fails when the process ends without it. */
  readonly says: (pattern: RegExp) => Promise<RegExpExecArray>;
}

/** Starts `test/fixtures/<name>`. */
export function run(name: string, options: RunOptions = {}): Child {
  return follow([fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))], options);
}

/** Starts the source of a module. */
export function evaluate(source: string, options: RunOptions = {}): Child {
  return follow(["--input-type=module", "--eval", source], options);
}

/** Starts a program of Node with its arguments. */
export function runProgram(program: readonly string[], options: RunOptions = {}): Child {
  return follow(program, options);
}

function follow(
  program: readonly string[],
  { env = {}, args = [], node = process.execPath }: RunOptions,
): Child {
  const child = spawn(node, [...program, ...args], {
    env: { ...process.env, PORT: "0", LOG_FORMAT: "json", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  let over = false;
  const heard = new Set<() => void>();
  const hear = (): void => heard.forEach((tell) => tell());
  const read = (chunk: Buffer): void => {
    text += chunk.toString();
    hear();
  };
  child.stdout.on("data", read);
  child.stderr.on("data", read);
  const ended = once(child, "close").then(([code, signal]) => {
    over = true;
    hear();
    return { code, signal };
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const says = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = pattern.exec(text);
        if (found) resolve(found);
        else if (over) reject(new Error(`the process ended without ${pattern}:\n${text}`));
      };
      heard.add(look);
      look();
    });
  return { process: child, output: () => text, ended, says };
}

/** Sends a JSON body. */
export function post(url: string, body: unknown): Promise<Response> {
  return fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}
