import { constants } from "node:os";
import { log } from "../log/log.ts";

const SIGNALS = ["SIGTERM", "SIGINT"] as const;

let listener: ((signal: NodeJS.Signals) => void) | undefined;

/** Stops the app at the first SIGTERM or SIGINT and exits with 0; a second one exits at once with 128 + its number. */
export function onSignals(stop: () => Promise<void>): void {
  if (listener) return;
  let stopping = false;
  const exitNow = (signal: NodeJS.Signals): never => process.exit(128 + constants.signals[signal]);
  listener = (signal) => {
    if (stopping) exitNow(signal);
    stopping = true;
    log.info(`${signal}: stopping`);
    for (const name of SIGNALS) process.on(name, exitNow);
    stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  for (const name of SIGNALS) process.on(name, listener);
}

/** Removes the handlers of `onSignals`. */
export function ignoreSignals(): void {
  if (!listener) return;
  for (const name of SIGNALS) process.off(name, listener);
  listener = undefined;
}
