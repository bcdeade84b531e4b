import { ReadingError } from "./reading-error.ts";

/** What lets a statement change its own user or settings: no statement that reads has need of it. */
const ESCAPING = /\bset_config\b|\b(?:query|cursor)_to_xml|\bu&"/i;

/** The first words of statements that read; `with` may still write, which the read-only transaction refuses. */
export const READING_WORDS: readonly string[] = ["select", "with", "values", "table", "explain", "show"];

/** The first word of a statement, in lower case, behind comments and parentheses; empty where it begins with none. */
export function firstWord(sql: string): string {
  const bare = sql.replace(/^(?:\s|\(|--[^\n]*(?:\n|$)|\/\*[^]*?\*\/)+/, "");
  return /^[a-z]+/i.exec(bare)?.[0].toLowerCase() ?? "";
}

/**
 * Refuses a statement that does not begin with one of the words, or could leave its fences. The server refuses what writes all the
 * same. Errors: `ReadingError` `invalid_argument`.
 */
export function requireWord(sql: string, words: readonly string[]): void {
  const escape = ESCAPING.exec(sql)?.[0];
  if (escape !== undefined) {
    throw new ReadingError("invalid_argument", `${escape} is not run here.`, "Read without it.");
  }
  const word = firstWord(sql);
  if (words.includes(word)) return;
  throw new ReadingError(
    "invalid_argument",
    `A statement that begins with ${JSON.stringify(word || sql.trim().slice(0, 20))} is not run here.`,
    `Statements begin with ${words.join(", ")}. Changes belong into a migration or an endpoint.`,
  );
}
