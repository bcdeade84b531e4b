import { revivalPlan, type Node } from "@twinloop/core-native/internal";

/** The most characters of a plan: servers and proxies bound the headers of an answer. */
const MAX_LENGTH = 2_048;

/**
 * Writes the places of dates, bigints and bytes in a type, as clients that ask are told by the content type.
 *
 * Shape:  JSON whose quotes are single ones and whose other characters are those of a quoted string, percent-encoded where
 *         necessary; `null` where the type has no such value, and where the plan would be longer than 2,048 characters. Clients
 *         then get dates, bigints and bytes as the strings that JSON has for them.
 * Example: `[{'at':'d'}]` for `{ at: Date; name: string }`: see `Revival` for the letters.
 */
export function revivalText(types: readonly Node[], type: number | null | undefined): string | null {
  if (type === null || type === undefined) return null;
  const plan = revivalPlan(types, type);
  if (plan.length === 0) return null;
  const text = JSON.stringify(plan)
    .replaceAll(/[^\w{}[\]:,"*$.-]/gu, encoded)
    .replaceAll('"', "'");
  return text.length > MAX_LENGTH ? null : text;
}

/** Percent-encodes a character, `'` as well; a surrogate without its pair, which no name on the wire has, is left out. */
function encoded(character: string): string {
  if (character === "'") return "%27";
  return /\p{Surrogate}/u.test(character) ? "" : encodeURIComponent(character);
}
