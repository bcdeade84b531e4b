import { log } from "./log.ts";

const METHODS: Readonly<Record<number, "debug" | "info" | "warn" | "error">> = {
  20: "debug",
  30: "info",
  40: "warn",
  50: "error",
};

/** Prints a log line of the Rust runtime with the app's logger. */
export function printRuntimeLine(_id: number, _target: number, level: number, text: string): void {
  const { msg, fields } = JSON.parse(text) as { msg: string; fields: Record<string, unknown> };
  log[METHODS[level] ?? "info"](msg, fields);
}
