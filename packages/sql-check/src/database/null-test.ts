import { escaped } from "./escaped.ts";

/** Operators and words that no NULL passes. */
const REFUSING = String.raw`(?:[<>=!~@?&|+*/%^#-]+|(?:not\s+)?(?:in|like|ilike|between|similar)\b|is\s+not\s+null\b)`;

/**
 * Whether a statement's conditions compare a column, so that rows where it is NULL may never be seen: `parent = $1`, `due < now()`,
 * `due is not null`. Errs on the side of yes: whoever writes the condition knows more than the catalogue.
 */
export function isCompared(text: string, column: string): boolean {
  const [, conditions] = /\b(?:where|on|having|using)\b([\s\S]*)$/i.exec(text) ?? [];
  if (conditions === undefined) return false;
  const name = String.raw`(?<![\w$])"?${escaped(column)}"?(?![\w$])`;
  const cast = String.raw`(?:::[\w ]+?(?:\[\])?)?\)*\s*`;
  return (
    new RegExp(`${name}${cast}${REFUSING}`, "i").test(conditions) ||
    new RegExp(String.raw`[<>=~]\s*(?:any\s*)?\(*(?:[\w$"]+\.)?${name}`, "i").test(conditions)
  );
}
