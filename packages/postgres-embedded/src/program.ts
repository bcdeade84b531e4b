import { spawn, type ChildProcess, type StdioOptions } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Account } from "./account.ts";

/** The folder of PostgreSQL's programs and the account that they run as. */
export interface Programs {
  /** The folder that contains the programs. */
  readonly bin: string;
  readonly account: Account;
}

/** Starts one of the programs, without the environment variables that select another server or another language. */
export function spawnProgram(
  { bin, account }: Programs,
  name: string,
  args: readonly string[],
  stdio: StdioOptions,
): ChildProcess {
  const path = join(bin, process.platform === "win32" ? `${name}.exe` : name);
  // "/": the working directory may be one that the account cannot enter.
  return spawn(path, args, { stdio, env: cleanEnvironment(), cwd: "/", windowsHide: true, ...account });
}

/** Runs one of the programs to its end; `input` is written to its stdin. */
export async function runProgram(
  programs: Programs,
  name: string,
  args: readonly string[],
  input?: string,
): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawnProgram(programs, name, args, [input === undefined ? "ignore" : "pipe", "pipe", "pipe"]);
  // A program that has exited reads no more; its output tells the reason.
  child.stdin?.on("error", () => undefined).end(input);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (output += String(chunk)));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, output };
}

/**
 * The environment without variables that would change what PostgreSQL's programs do: `PGDATA`, `PGPORT` and the like,
 * locale, time zone, `LD_PRELOAD`. Messages are in English, because starts are judged by them. Source: PostgreSQL,
 * "Environment Variables" of libpq.
 */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(PG|LC_|LANG|NODE_|TZ$|LD_)/.test(name),
  );
  return { ...Object.fromEntries(inherited), LC_ALL: "C", TZ: "UTC" };
}

/** The last lines of a program's output, indented. */
export function lastLines(output: string, count = 12): string {
  const lines = output.trimEnd().split("\n").slice(-count);
  return lines.map((line) => `  ${line}`).join("\n");
}
