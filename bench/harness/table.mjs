/**
 * A column of a table; `align` is `"right"` unless given.
 *
 * @typedef {{ title: string, align?: "left" | "right" }} Column
 */

/**
 * Formats a table in Markdown, which is readable in a terminal too.
 *
 * @param {readonly Column[]} columns
 * @param {readonly (readonly string[])[]} rows one text a column
 * @returns {string} lines without a line break at the end
 */
export function layOutTable(columns, rows) {
  const widths = columns.map(({ title }, index) =>
    Math.max(3, title.length, ...rows.map((row) => (row[index] ?? "").length)),
  );
  /** @param {readonly string[]} texts */
  const line = (texts) => {
    const cells = columns.map(({ align }, index) => {
      const [text, width] = [texts[index] ?? "", widths[index] ?? 0];
      return align === "left" ? text.padEnd(width) : text.padStart(width);
    });
    return `| ${cells.join(" | ")} |`;
  };
  const rule = columns.map(({ align }, index) => {
    const dashes = "-".repeat((widths[index] ?? 0) - 1);
    return align === "left" ? `${dashes}-` : `${dashes}:`;
  });
  return [line(columns.map(({ title }) => title)), line(rule), ...rows.map(line)].join("\n");
}

/**
 * Formats a number with about three significant digits; `-` where there is none.
 *
 * @param {number | null} value
 * @param {string} [unit] put behind it
 * @returns {string}
 */
export function showNumber(value, unit = "") {
  if (value === null) return "-";
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits })}${unit}`;
}
