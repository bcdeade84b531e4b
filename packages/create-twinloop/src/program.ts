import { spawn } from "node:child_process";

/** How a program ended: its exit code, or `null` where it could not be started. */
export interface Ended {
  /** The exit code; 1 for a program that a signal ended, `null` for one that could not be started. */
  readonly code: number | null;
  /**
   * What the program wrote to stdout and stderr; empty where its output was shown. Where it could not be started, the
   * reason.
   */
  readonly output: string;
}

/**
 * Runs a program in a folder to its end. Its output is shown where `isShown`, else collected. Never rejects: a
 * program that is missing has the code `null`.
 */
export function runProgram(
  program: string,
  args: readonly string[],
  {
    cwd,
    isShown = false,
    env = {},
  }: { readonly cwd: string; readonly isShown?: boolean; readonly env?: NodeJS.ProcessEnv },
): Promise<Ended> {
  return new Promise((resolve) => {
    let output = "";
    // On Windows package managers are .cmd files, which only a shell runs; no word of `args` is a user's.
    const shell = process.platform === "win32";
    const child = spawn(program, [...args], {
      cwd,
      env: { ...process.env, ...env },
      shell,
      stdio: isShown ? "inherit" : ["ignore", "pipe", "pipe"],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk: Buffer) => (output += String(chunk)));
    }
    child.once("error", (error) => resolve({ code: null, output: error.message }));
    child.once("close", (code) => resolve({ code: code ?? 1, output }));
  });
}
