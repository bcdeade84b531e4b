import type { Finding, FindingKind, Plan } from "./plan.ts";

/** The parts of the report, in their order. */
const PARTS: readonly (readonly [FindingKind, string])[] = [
  ["failed", "Not read"],
  ["rewritten", "Rewritten"],
  ["created", "Created"],
  ["differs", "Differs"],
  ["left", "Left to do"],
];

/** What a report says beside the findings. */
export interface ReportOptions {
  /** What differs in every app of the framework. */
  readonly everywhere: readonly string[];
  /** The commands that come next. */
  readonly next: string;
  /** Whether the plan was written to the disk. */
  readonly isWritten: boolean;
}

/** Formats a plan as text: each finding as `file:line  what`, by its kind. */
export function reportText(plan: Plan, { everywhere, next, isWritten }: ReportOptions): string {
  const parts = PARTS.flatMap(([kind, title]) => {
    const found = plan.findings.filter((one) => one.kind === kind);
    return found.length === 0 ? [] : [part(title, found)];
  });
  if (everywhere.length > 0)
    parts.push(["Differs in every app", ...everywhere.map((line) => `  ${line}`)].join("\n"));
  const { size } = plan.files;
  const files = `${size} ${size === 1 ? "file" : "files"}`;
  if (size === 0)
    parts.push(
      plan.isDone
        ? "Nothing to change: the app is migrated already."
        : "Nothing can be changed as long as that is so.",
    );
  else if (isWritten) parts.push(`${files} written. Next: ${next}`);
  else
    parts.push(`Nothing was written. With --write, ${files} would be: ${[...plan.files.keys()].join(", ")}`);
  return parts.join("\n\n");
}

function part(title: string, found: readonly Finding[]): string {
  const rows = found.map(
    ({ file, line, message }) => [line === 0 ? file : `${file}:${line}`, message] as const,
  );
  const sorted = rows.filter(
    ([place, message], at) => rows.findIndex((one) => one[0] === place && one[1] === message) === at,
  );
  const width = Math.min(40, Math.max(...sorted.map(([place]) => place.length)));
  return [title, ...sorted.map(([place, message]) => `  ${place.padEnd(width)}  ${message}`)].join("\n");
}
