import { writeSync } from "node:fs";
import { inspect } from "node:util";
import { isMainThread } from "node:worker_threads";
import { secretStore } from "@twinloop/core-native/internal";

const MAX_DEPTH = 8;

/**
 * Redacts an uncaught error in place, before Node prints it on standard error and ends the process: its message, stack,
 * properties and causes.
 */
export function redactThrown(thrown: unknown): void {
  if (typeof thrown === "object" && thrown !== null) {
    redactWithin(thrown, 0, new Set());
    return;
  }
  const shown = inspect(thrown);
  const clean = secretStore.redact(shown);
  // A thrown string cannot be changed in place. An app that listens for uncaught errors decides what it prints.
  if (clean === shown || !isMainThread || process.listenerCount("uncaughtException") > 0) return;
  writeSync(2, `Uncaught ${clean}\n`);
  process.exit(1);
}

function redactWithin(value: object, depth: number, seen: Set<object>): void {
  if (depth > MAX_DEPTH || seen.has(value)) return;
  seen.add(value);
  for (const name of Reflect.ownKeys(value)) {
    try {
      const held: unknown = (value as Record<string | symbol, unknown>)[name];
      if (typeof held === "string") {
        const clean = secretStore.redact(held);
        if (clean !== held) Object.defineProperty(value, name, { value: clean });
      } else if (typeof held === "object" && held !== null) redactWithin(held, depth + 1, seen);
    } catch {
      // A getter threw, or a property is read-only: the other properties are still redacted.
    }
  }
}
