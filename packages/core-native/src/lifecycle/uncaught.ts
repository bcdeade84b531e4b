import { isMainThread } from "node:worker_threads";
import { StartError } from "../errors/error.ts";
import { createLogger } from "../log/log.ts";

const ON_A_DESK = new Set(["development", "test", "", undefined]);

/**
 * Logs an uncaught error as one line, instead of Node's text of many lines on standard error.
 *
 * Shape:  outside of development and tests, in the main isolate; the process exits with 1, as without it. Does nothing in
 *         an app that listens for `uncaughtException` itself.
 */
export function logUncaught(): void {
  if (!isMainThread || ON_A_DESK.has(process.env["NODE_ENV"])) return;
  process.on("uncaughtException", (error: unknown, origin) => {
    if (process.listenerCount("uncaughtException") > 1) return;
    try {
      const fields = error instanceof StartError ? { problems: error.problems } : { origin };
      // Logged at any LOG_LEVEL, because nothing else tells why the process ends.
      createLogger({ level: "fatal" }).fatal(error, describe(error), fields);
    } finally {
      process.exit(1);
    }
  });
}

function describe(error: unknown): string {
  return error instanceof StartError ? "the app cannot start" : "end the process: uncaught error";
}

logUncaught();
