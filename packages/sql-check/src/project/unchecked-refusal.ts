import type { Description } from "../database/description.ts";
import { escaped } from "../database/escaped.ts";
import type { ComposedText } from "../source/composed-text.ts";
import type { FoundStatement } from "../source/found-statement.ts";

/** The beginnings of the server's words for a text of several statements, which cannot be prepared. */
const SEVERAL = /^cannot insert multiple commands/;
const NO_TABLE = /^relation "([^"]+)" does not exist/;

/**
 * The reason why a refused statement may be right all the same: several statements in one, or a table that another statement makes
 * when the app runs; `all` are the app's statements. `undefined` where the refusal stands.
 */
export function uncheckedRefusal(
  description: Description,
  composed: ComposedText,
  all: () => readonly FoundStatement[],
): string | undefined {
  if (!("refusal" in description)) return undefined;
  const { message, code } = description.refusal;
  if (code === "42601" && SEVERAL.test(message) && composed.values.length === 0)
    return "a template of several statements is not checked";
  const [, table] = (code === "42P01" && NO_TABLE.exec(message)) || [];
  if (table === undefined || !all().some((one) => makes(one, table))) return undefined;
  return `the table \`${table}\` is made by another statement when the app runs`;
}

function makes({ alternatives }: FoundStatement, table: string): boolean {
  const made = new RegExp(
    `\\bcreate\\s+(?:(?:global|local)\\s+)?(?:temp|temporary|unlogged)?\\s*table\\s+(?:if\\s+not\\s+exists\\s+)?(?:[\\w"]+\\.)?"?${escaped(table)}"?(?![\\w$])|\\binto\\s+(?:temp|temporary)\\s+(?:table\\s+)?"?${escaped(table)}"?(?![\\w$])`,
    "i",
  );
  return alternatives.some(({ pieces }) =>
    made.test(pieces.map((piece) => (piece.kind === "text" ? piece.text : "$")).join("")),
  );
}
