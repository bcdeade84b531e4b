import type { AppMeta } from "./app.ts";
import type { Running } from "./component.ts";
import { log } from "./log.ts";

/** Says what runs where: a table for people on a terminal, otherwise one log line. */
export function announce(meta: AppMeta, running: readonly Running[], workers: number): void {
  const isolates = workers > 1 ? [{ what: "isolates", where: String(workers) }] : [];
  const rows = [...running, ...isolates];
  if (process.stdout.isTTY && process.env["LOG_FORMAT"] !== "json" && log.enabled("info")) {
    process.stdout.write(table(meta, rows));
    return;
  }
  const places = Object.fromEntries(rows.map(({ what, where }) => [what, where]));
  log.info(`${meta.name} is running`, { ...places, environment: meta.environment, pid: process.pid });
}

/** The table's text: a title, and a line for each row. */
export function table({ name, version, environment }: AppMeta, rows: readonly Running[]): string {
  const width = Math.max(...rows.map(({ what }) => what.length), 0);
  const lines = rows.map(({ what, where }) => `  ${what.padEnd(width)}  ${where}\n`);
  return `\n${name} ${version} is running (${environment}, pid ${process.pid})\n\n${lines.join("")}\n`;
}
