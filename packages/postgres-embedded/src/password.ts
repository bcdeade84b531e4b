import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Fault } from "./fault.ts";
import { lastLines, runProgram, type Programs } from "./program.ts";

/**
 * Reads the password of the server's user from the file beside the data; `undefined` where the file is missing or
 * empty.
 */
export function readPassword(home: string): string | undefined {
  try {
    return readFileSync(passwordFile(home), "utf8").trim() || undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Generates a password. */
export function newPassword(): string {
  return randomBytes(24).toString("base64url");
}

/** Writes the password to the file beside the data. */
export function writePassword(home: string, password: string): void {
  writeFileSync(passwordFile(home), `${password}\n`, { mode: 0o600 });
}

/**
 * Sets a new password for the server's user after the old one was lost, while the server does not run; the owner of the
 * data needs no password for that.
 *
 * Source: PostgreSQL, "Options for Single-User Mode".
 * Errors: `embedded_damaged` with the server's output.
 */
export async function resetPassword(home: string, data: string, programs: Programs): Promise<string> {
  const password = newPassword();
  const args = ["--single", "-D", data, "-c", "log_min_messages=warning", "postgres"];
  const input = `alter role postgres password '${password}'\n`;
  const { code, output } = await runProgram(programs, "postgres", args, input);
  if (code !== 0 || /^.*\b(?:ERROR|FATAL|PANIC):/m.test(output)) {
    const message = `${passwordFile(home)} is missing or empty, and setting a new password for ${data} failed. Restore the file, or remove ${home} and lose the data. PostgreSQL's output:\n${lastLines(output)}`;
    throw new Fault("embedded_damaged", message);
  }
  writePassword(home, password);
  return password;
}

function passwordFile(home: string): string {
  return join(home, "password");
}
