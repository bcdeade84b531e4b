import { isMainThread } from "node:worker_threads";
import { registered } from "./component.ts";
import { log } from "../log/log.ts";
import { attachedPort } from "../crossing/port.ts";

/**
 * Warns, once, at the end of a process that has nothing left to do, that its declarations never ran: a forgotten `start()`
 * would otherwise look like a successful end.
 *
 * Does not warn in a test, in a worker, nor in a script that has used a database or published a message.
 */
export function hintWhenUnstarted(hasStarted: () => boolean): void {
  if (!isMainThread) return;
  process.once("beforeExit", () => {
    if (hasStarted() || attachedPort() !== undefined || isTest()) return;
    const declared = registered().flatMap((component) => component.declared?.() ?? []);
    const waiting = declared.flatMap(({ runs }) => runs ?? []);
    if (waiting.length === 0) return;
    log.warn(`the process ended without start(): the ${waiting.join(", ")} that it declares never ran`, {
      hint: "End the entry with `await start();`.",
    });
  });
}

function isTest(): boolean {
  const { NODE_ENV, NODE_TEST_CONTEXT, VITEST } = process.env;
  return NODE_ENV === "test" || NODE_TEST_CONTEXT !== undefined || VITEST !== undefined;
}
