import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { until } from "./store.ts";

/** One line of the app's log. */
export interface Line {
  readonly msg: string;
  readonly level: number;
  readonly instant?: number;
  readonly run?: number;
}

/** An app in a process of its own; it does not outlive its test. */
export interface AppProcess {
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly lines: () => readonly Line[];
  /** The instants of its lines with this message. */
  readonly instants: (message: "fired" | "done") => number[];
  /** Waits for a line. */
  readonly says: (message: RegExp, withinMs?: number) => Promise<Line>;
  readonly ended: Promise<unknown>;
}

/** Runs `test/fixtures/<name>`. */
export function run(name: string, env: Readonly<Record<string, string>>): AppProcess {
  const child = spawn(process.execPath, [fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))], {
    env: { ...process.env, LOG_FORMAT: "json", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const lines = (): Line[] =>
    text
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Line);
  return {
    kill: (signal) => void child.kill(signal),
    lines,
    instants: (message) =>
      lines().flatMap(({ msg, instant }) => (msg === message && instant !== undefined ? [instant] : [])),
    says: (message, withinMs) => until(() => lines().find(({ msg }) => message.test(msg)) ?? false, withinMs),
    ended: once(child, "close"),
  };
}
