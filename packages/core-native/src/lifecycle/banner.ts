import type { AppMeta } from "./app.ts";
import type { Running } from "./component.ts";
import { log, logFormat } from "../log/log.ts";

/** Announces the running parts and their addresses: a table on a terminal, otherwise one log line. */
export function announce(meta: AppMeta, running: readonly Running[], workers: number): void {
  const isolates = workers > 1 ? [{ what: "isolates", where: String(workers) }] : [];
  const rows: readonly Running[] = [...running, ...isolates];
  if (process.stdout.isTTY && logFormat().format === "pretty" && log.enabled("info")) {
    process.stdout.write(table(meta, rows));
    return;
  }
  const isDesk = ["development", "test"].includes(meta.environment.name);
  const places = Object.fromEntries(
    rows.map(({ what, where, listens }) => [what, isDesk ? where : (listens ?? where)]),
  );
  log.info(`${meta.name} is running`, { ...places, environment: meta.environment.name });
}

/** The table's text: a title, and a line for each row. */
export function table(
  { name, version, environment }: Pick<AppMeta, "name" | "version" | "environment">,
  rows: readonly Running[],
): string {
  const width = Math.max(...rows.map(({ what }) => what.length), 0);
  const lines = rows.map(({ what, where }) => `  ${what.padEnd(width)}  ${where}\n`);
  return `\n${name} ${version} is running (${environment.name}, pid ${process.pid})\n\n${lines.join("")}\n`;
}
