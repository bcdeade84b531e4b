import { count, type CheckedApp, type OpenCheck, type OptionValue } from "@twinloop/core-native/cli";
import { Lines } from "../project/as-problem.ts";
import { SqlProject } from "../project/sql-project.ts";
import type { SqlReport } from "../project/sql-report.ts";

/** Opens the check of an app's statements, as `check --sql` and `dev` run it. */
export function openSqlCheck({ root, tsconfig, entry, options }: CheckedApp): OpenCheck {
  const server: OptionValue = options["server"];
  const project = new SqlProject(root, {
    ...{ tsconfig, entry },
    server: typeof server === "string" ? server : undefined,
  });
  return {
    async check(manifest, changed) {
      const report = await project.check(manifest, changed);
      const lines = new Lines(project.root);
      return {
        text: describeReport(report, lines),
        problems: report.findings.map((finding) => lines.fault(finding)),
      };
    },
    concerns: (path) => project.concerns(path),
    close: () => project.close(),
  };
}

/** How many statements were looked at, and a line for each part that was not checked; empty for an app without statements. */
function describeReport({ statements, unchecked, durationMs }: SqlReport, lines: Lines): string {
  if (statements === 0) return "";
  const head = `sql: ${count(statements, "statement")} (${Math.round(durationMs)} ms)`;
  const told = unchecked.map(({ place, why }) => {
    const { file, line, column } = lines.place(place);
    return `  not checked: ${file}:${line}:${column} ${why}`;
  });
  return [head, ...new Set(told)].join("\n");
}
