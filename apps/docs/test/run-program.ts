import { spawn } from "node:child_process";
import { expect } from "vitest";
import { hear, until } from "./heard.ts";

/** What a program does when it runs. */
export interface Behaviour {
  /** What it prints. */
  readonly says: RegExp;
  /** Asks it once it has said so; given what it said. */
  readonly ask?: (said: string) => Promise<void>;
  /** Whether the program ends when it has nothing to do; others are stopped by SIGTERM. */
  readonly endsItself?: boolean;
}

/** How long a program may take until it has said what it is to say: it is compiled first. */
const SAYS_WITHIN_MS = 60_000;

/**
 * Runs `app.ts` of a folder as TypeScript, waits until its output matches, asks it once, and stops it.
 *
 * Errors: fails with all that was printed when the program ends or falls silent before it has said so, and when its end
 *         is not clean.
 */
export async function runProgram(root: string, { says, ask, endsItself }: Behaviour): Promise<void> {
  const env = {
    ...process.env,
    PORT: "0",
    NODE_ENV: "development",
    PUBSUB_URL: "memory:",
    CRON_URL: "memory:",
  };
  const loader = ["--import", "@twinloop/compiler/register"];
  const heard = hear(spawn(process.execPath, [...loader, "app.ts"], { cwd: root, env }));
  try {
    const [found] = await until(heard, says, SAYS_WITHIN_MS);
    await ask?.(found);
    if (endsItself) await heard.ended;
  } finally {
    heard.child.kill("SIGTERM");
  }
  await heard.ended;
  expect(heard.code, heard.output).toBe(0);
}
