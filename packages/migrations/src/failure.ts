import { MigrationError } from "./migration-error.ts";
import { indexOf, placeAt } from "./place.ts";
import { readScript, type Body } from "./script.ts";

/** The SQLSTATE of a statement that cannot run in a transaction, such as `create index concurrently`. */
export const NOT_IN_TRANSACTION = "25001";

/** Hints by the SQLSTATE of the server's error. */
const ADVICE: Readonly<Record<string, string>> = {
  [NOT_IN_TRANSACTION]:
    "Begin the file with `-- twinloop:no-transaction`, and keep this statement alone in it.",
  // Raised by `call` of a procedure that commits.
  "2D000": "Begin the file with `-- twinloop:no-transaction`, and keep this statement alone in it.",
  // Each file is a transaction: only the next file can use the added value.
  "55P04": "Add the value in a migration of its own, and use it in the next one: each file is a transaction.",
};

/** The fields of a server error that locate it; each may be absent. */
interface Said {
  readonly code?: unknown;
  readonly detail?: unknown;
  readonly hint?: unknown;
  readonly where?: unknown;
  /** The position in the file, in characters from 1. */
  readonly position?: unknown;
  /**
   * The text of a statement that the server ran itself, such as one in a function; `internalPosition` is a position in
   * it.
   */
  readonly internalQuery?: unknown;
  readonly internalPosition?: unknown;
}

/**
 * Builds the error of a failed file: located in the file where the error is in the file's own text, a `do` block or a
 * function that the file creates; otherwise with the statement that the server ran itself.
 */
export function failed(file: string, error: unknown, sql?: string): MigrationError {
  const said = (error ?? {}) as Said;
  const index = sql === undefined ? undefined : placeOf(sql, said);
  const place = sql === undefined || index === undefined ? undefined : placeAt(sql, index);
  const at = place ? `${file}:${place.line}:${place.column}` : file;
  const sqlState = typeof said.code === "string" ? said.code : undefined;
  const text = error instanceof Error ? error.message : String(error);
  const lines = [
    `${at}: ${text}${sqlState ? ` (${sqlState})` : ""}`,
    ...[said.detail, said.hint].flatMap(indented),
    ...(place ? [place.quote] : internal(said)),
    ...where(said),
    ...indented(ADVICE[sqlState ?? ""]),
  ];
  const problem = {
    code: "migration_failed" as const,
    message: lines.join("\n"),
    file,
    ...(place ? { line: place.line, column: place.column } : {}),
    ...(sqlState === undefined ? {} : { sqlState }),
  };
  return new MigrationError([problem], error);
}

function indented(text: unknown): string[] {
  return typeof text === "string" && text !== "" ? [`  ${text}`] : [];
}

/** The lines that show the statement that the server ran itself, with a marker at the position. */
function internal({ internalQuery, internalPosition }: Said): string[] {
  if (typeof internalQuery !== "string" || internalQuery === "") return [];
  const position = Number(internalPosition ?? 0);
  if (!(position > 0)) return indented(`in: ${internalQuery}`);
  return [
    "  in a statement that the server ran:",
    placeAt(internalQuery, indexOf(internalQuery, position)).quote,
  ];
}

/** The lines of the server's call stack, for an error inside a function. */
function where({ where: calls }: Said): string[] {
  if (typeof calls !== "string" || calls === "") return [];
  return calls.split("\n").map((line, index) => `  ${index === 0 ? "where: " : "       "}${line}`);
}

/** The index in the file at which the error is. */
function placeOf(sql: string, said: Said): number | undefined {
  const position = Number(said.position ?? 0);
  if (position > 0) return indexOf(sql, position);
  const frames = framesOf(said.where);
  for (const [depth, frame] of frames.entries()) {
    const query = depth === 0 && typeof said.internalQuery === "string" ? said.internalQuery : undefined;
    const found = bodiesOf(sql, frame.name).flatMap((body) => placeIn(sql, body, frame.line, query) ?? []);
    // The error does not tell which of several blocks failed, unless its text occurs in just one.
    if (found.length !== 1) continue;
    const [{ index, exact }] = found as [Found];
    return exact ? index + offsetIn(said) : index;
  }
  return undefined;
}

/** The offset of the error within the statement that the server ran itself; 0 where the server tells none. */
function offsetIn({ internalQuery, internalPosition }: Said): number {
  const position = Number(internalPosition ?? 0);
  return position > 0 ? indexOf(String(internalQuery), position) : 0;
}

/**
 * One PL/pgSQL function on the call stack; `line` counts within its body. A `do` block is named `inline_code_block`.
 */
interface Frame {
  readonly name: string;
  readonly line: number;
}

/**
 * Parses the call stack of PL/pgSQL, the innermost frame first. Source: src/pl/plpgsql/src/pl_exec.c,
 * `plpgsql_exec_error_callback`.
 */
function framesOf(calls: unknown): Frame[] {
  if (typeof calls !== "string") return [];
  const pattern = /^PL\/pgSQL function (?:"?([^"(]+)"?)(?:\(.*\))? line (\d+) at /gm;
  return [...calls.matchAll(pattern)].map(([, name, line]) => ({ name: name!, line: Number(line) }));
}

/** The quoted texts that may be the body of a function of this name, or of a `do` block. */
function bodiesOf(sql: string, name: string): Body[] {
  const own = name.split(".").at(-1)!.toUpperCase();
  return readScript(sql).statements.flatMap(({ words, bodies, start }) => {
    const body = bodies.at(-1);
    if (!body) return [];
    if (name === "inline_code_block") return words[0] === "DO" ? bodies.filter(isCode(sql)) : [];
    if (words[0] !== "CREATE" || !/\b(?:FUNCTION|PROCEDURE)\b/.test(words.slice(1, 4).join(" "))) return [];
    const head = sql.slice(start, body.start).toUpperCase();
    return new RegExp(`(?:FUNCTION|PROCEDURE)\\s+(?:\\S+\\.)?"?${escaped(own)}"?\\s*\\(`).test(head)
      ? bodies.filter(isCode(sql))
      : [];
  });
}

/** Selects bodies of code; `language 'plpgsql'` is a quoted text too. */
function isCode(sql: string): (body: Body) => boolean {
  return ({ start, end }) => /\bbegin\b/i.test(sql.slice(start, end));
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

interface Found {
  readonly index: number;
  /** Whether the index is the start of the statement that the server ran. */
  readonly exact: boolean;
}

/**
 * The place of a line in a body, or of the failed statement in that line or after it. Lines count from that of the
 * opening quote.
 */
function placeIn(
  sql: string,
  { start, end }: Body,
  line: number,
  query: string | undefined,
): Found | undefined {
  let at = start;
  for (let left = line - 1; left > 0; left--) {
    const next = sql.indexOf("\n", at);
    if (next < 0 || next >= end) return undefined;
    at = next + 1;
  }
  const exact = query === undefined ? -1 : sql.indexOf(query, at);
  if (exact >= 0 && exact < end) return { index: exact, exact: true };
  const indent = /^[ \t]*/.exec(sql.slice(at, end))![0].length;
  return { index: at + indent, exact: false };
}
