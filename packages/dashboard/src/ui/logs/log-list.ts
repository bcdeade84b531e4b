import type { LogLine } from "../../contract.ts";

/** A line with the process that wrote it, for the numbers of lines begin anew with each. */
export interface KeptLine extends LogLine {
  readonly key: string;
}

/** The levels of pino, by number. */
export const LEVELS: readonly (readonly [least: number, name: string])[] = [
  [60, "fatal"],
  [50, "error"],
  [40, "warn"],
  [30, "info"],
  [20, "debug"],
  [10, "trace"],
];

/** The name of a level; a number between two has the name of the lower one. */
export function levelName(level: number): string {
  return LEVELS.find(([least]) => level >= least)?.[1] ?? "trace";
}

/** Names the process of lines. */
export function keep(lines: readonly LogLine[], process: string): KeptLine[] {
  return lines.map((line) => ({ ...line, key: `${process}:${line.number}` }));
}

/** Adds lines to a list, the newest first. Limits: the newest `most` are kept. */
export function mergeLines(
  list: readonly KeptLine[],
  added: readonly KeptLine[],
  most: number,
): readonly KeptLine[] {
  if (added.length === 0) return list;
  const byKey = new Map(list.map((line) => [line.key, line]));
  for (const line of added) byKey.set(line.key, line);
  return [...byKey.values()]
    .sort((left, right) => right.timeMs - left.timeMs || right.number - left.number)
    .slice(0, most);
}

/** Whether a line has a level of at least `level`, the text in its message or fields, and the trace. */
export function admitsLine(
  filter: { readonly text: string; readonly level: number; readonly traceId: string },
  line: LogLine,
): boolean {
  if (line.level < filter.level) return false;
  if (filter.traceId !== "" && line.fields["trace_id"] !== filter.traceId) return false;
  const text = filter.text.trim().toLowerCase();
  return text === "" || `${line.message} ${JSON.stringify(line.fields)}`.toLowerCase().includes(text);
}
