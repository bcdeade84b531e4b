import { spawn, type ChildProcess, type StdioOptions } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Account } from "./account.ts";

/** Where PostgreSQL's programs are and whom they run as. */
export interface Programs {
  /** Their folder. */
  readonly bin: string;
  readonly account: Account;
}

/** Starts one of the programs, without the variables that would turn it to another server or another language. */
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

/** Runs one of the programs to its end. */
export async function runProgram(
  programs: Programs,
  name: string,
  args: readonly string[],
): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawnProgram(programs, name, args, ["ignore", "pipe", "pipe"]);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (output += String(chunk)));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, output };
}

function cleanEnvironment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(PG|LC_|LANG|NODE_|TZ$|LD_)/.test(name),
  );
  return { ...Object.fromEntries(inherited), LC_ALL: "C", TZ: "UTC" };
}
