import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect } from "vitest";

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
  const app = spawn(process.execPath, ["--import", "@twinloop/compiler/register", "app.ts"], {
    cwd: root,
    env,
  });
  let output = "";
  const ended = once(app, "exit").then(([code]) => code as number | null);
  const said = new Promise<string>((resolve) => {
    const hear = (piece: Buffer): void => {
      output += piece.toString();
      const found = says.exec(output);
      if (found) resolve(found[0]);
    };
    app.stdout.on("data", hear);
    app.stderr.on("data", hear);
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), SAYS_WITHIN_MS);
  });
  try {
    const found = await Promise.race([said, late, ended.then(() => undefined)]);
    if (found === undefined && !says.test(output))
      throw new Error(`It never said ${says}. It said:\n${output}`);
    await ask?.(found ?? "");
    if (endsItself) await ended;
  } finally {
    clearTimeout(timer);
    app.kill("SIGTERM");
  }
  expect(await ended, output).toBe(0);
}
