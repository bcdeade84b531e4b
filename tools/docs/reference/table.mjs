/**
 * Writes a Markdown table. Pipes and line breaks within cells are written so that they stay in their cell.
 *
 * @param {readonly string[]} heads
 * @param {readonly (readonly string[])[]} rows
 * @returns {string}
 */
export function table(heads, rows) {
  const line = (/** @type {readonly string[]} */ cells) => `| ${cells.map(cell).join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}

/** @param {string} text */
function cell(text) {
  return text.replaceAll("\n", " ").replaceAll("|", "\\|");
}

/** Names code in a cell or a line. @param {string} text @returns {string} */
export function code(text) {
  if (text === "") return "";
  return text.includes("`") ? `\`\` ${text} \`\`` : `\`${text}\``;
}

/**
 * Writes text of a doc comment as Markdown of the site: what would be a tag or a template of Vue outside of code is written out.
 *
 * @param {string} text
 * @returns {string}
 */
export function prose(text) {
  return text.replaceAll(/(`+)[\s\S]+?(?<!`)\1(?!`)|<|\{\{/g, (found) => {
    if (found === "<") return "&lt;";
    return found === "{{" ? "&#123;&#123;" : found;
  });
}
