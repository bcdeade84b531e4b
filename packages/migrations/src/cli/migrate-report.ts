import { count } from "@twinloop/core-native/cli";
import type { MigrationStatus, RepairReport, StatusReport, UpReport } from "../index.ts";

/** The text of a status report: a table of the migrations, and the problems. */
export function describeStatus({ migrations, problems, table }: StatusReport, folder: string): string {
  const head = `${count(migrations.length, "migration")} in ${folder}, recorded in ${table}`;
  const width = Math.max(0, ...migrations.map((status) => title(status).length));
  const lines = migrations.map((status) => {
    const when = status.appliedAt?.toISOString().slice(0, 19).replace("T", " ") ?? "";
    return `  ${status.state.padEnd(7)}  ${title(status).padEnd(width)}  ${when}`.trimEnd();
  });
  return [head, ...lines, ...problems.map(({ message }) => `\n${message}`)].join("\n");
}

/** The text of an `up` report: the applied migrations. */
export function describeUp({ applied, adopted }: UpReport): string {
  const lines = applied.map((one) => `  applied ${title(one)} (${one.durationMs} ms)`);
  const taken =
    adopted.length > 0 ? [`  imported ${count(adopted.length, "migration")} from golang-migrate`] : [];
  return [
    applied.length === 0 ? "nothing to apply" : count(applied.length, "migration"),
    ...taken,
    ...lines,
  ].join("\n");
}

/** The text of a `down` report: the reverted migrations. */
export function describeDown(undone: readonly Pick<MigrationStatus, "version" | "name">[]): string {
  if (undone.length === 0) return "nothing to revert";
  return [count(undone.length, "migration"), ...undone.map((one) => `  reverted ${title(one)}`)].join("\n");
}

/** The text of a `repair` report: the corrected records, and the remaining problems. */
export function describeRepair({ accepted, applied, pending, problems }: RepairReport): string {
  const lines = [
    ...accepted.map((version) => `  accepted ${version} as its file is now`),
    ...applied.map((version) => `  ${version} is recorded as applied`),
    ...pending.map((version) => `  ${version} is recorded as not applied`),
  ];
  const head = lines.length === 0 ? "nothing to repair" : count(lines.length, "repair");
  return [head, ...lines, ...problems.map(({ message }) => `\n${message}`)].join("\n");
}

/** The title of a migration: `7_links`; in Prisma's and Drizzle's folders the name alone. */
function title({ version, name }: Pick<MigrationStatus, "version" | "name">): string {
  return name === version || /^\d{4}_/.test(name) ? name : `${version}_${name}`;
}
