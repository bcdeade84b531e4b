/** A place in a text, as editors count it. */
export interface TextPlace {
  /** The line, from 1. */
  readonly line: number;
  /** The column in characters, from 1. */
  readonly column: number;
  /** The line with its number, and below it a marker at the column. */
  readonly quote: string;
}

/** The place of an index in UTF-16 code units. */
export function placeAt(text: string, index: number): TextPlace {
  const before = text.slice(0, index);
  const line = before.split("\n").length;
  const column = [...before.slice(before.lastIndexOf("\n") + 1)].length + 1;
  const whole = (text.split("\n")[line - 1] ?? "").replace(/\r$/, "").replaceAll("\t", " ");
  const margin = " ".repeat(String(line).length);
  return { line, column, quote: `  ${line} | ${whole}\n  ${margin} | ${" ".repeat(column - 1)}^` };
}

/** The index of a PostgreSQL position, which counts characters from 1. */
export function indexOf(text: string, position: number): number {
  let index = 0;
  for (let left = position - 1; left > 0 && index < text.length; left--) {
    index += text.codePointAt(index)! > 0xffff ? 2 : 1;
  }
  return index;
}
