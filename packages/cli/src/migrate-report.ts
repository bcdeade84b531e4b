import type { MigrationStatus, RepairReport, StatusReport, UpReport } from "@twinloop/sqldb/migrations";

/** A table of the migrations, and what is wrong with them. */
export function describeStatus({ migrations, problems, table }: StatusReport, folder: string): string {
  const head = `${count(migrations.length, "migration")} in ${folder}, recorded in ${table}`;
  const width = Math.max(0, ...migrations.map((status) => title(status).length));
  const lines = migrations.map((status) => {
    const when = status.appliedAt?.toISOString().slice(0, 19).replace("T", " ") ?? "";
    return `  ${status.state.padEnd(7)}  ${title(status).padEnd(width)}  ${when}`.trimEnd();
  });
  return [head, ...lines, ...problems.map(({ message }) => `\n${message}`)].join("\n");
}

/** What was applied. */
export function describeUp({ applied, adopted }: UpReport): string {
  const lines = applied.map((one) => `  applied ${title(one)} (${one.durationMs} ms)`);
  const taken =
    adopted.length > 0 ? [`  took over ${count(adopted.length, "migration")} of golang-migrate`] : [];
  return [
    applied.length === 0 ? "nothing to apply" : count(applied.length, "migration"),
    ...taken,
    ...lines,
  ].join("\n");
}

/** What was undone. */
export function describeDown(undone: readonly Pick<MigrationStatus, "version" | "name">[]): string {
  if (undone.length === 0) return "nothing to undo";
  return [count(undone.length, "migration"), ...undone.map((one) => `  undid ${title(one)}`)].join("\n");
}

/** What was put right in the record, and what is still wrong. */
export function describeRepair({ accepted, applied, pending, problems }: RepairReport): string {
  const lines = [
    ...accepted.map((version) => `  accepted ${version} as its file is now`),
    ...applied.map((version) => `  ${version} counts as applied`),
    ...pending.map((version) => `  ${version} counts as not applied`),
  ];
  const head = lines.length === 0 ? "nothing to repair" : count(lines.length, "repair");
  return [head, ...lines, ...problems.map(({ message }) => `\n${message}`)].join("\n");
}

/** `7_links`; in Prisma's and Drizzle's folders the name says it all. */
function title({ version, name }: Pick<MigrationStatus, "version" | "name">): string {
  return name === version || /^\d{4}_/.test(name) ? name : `${version}_${name}`;
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
