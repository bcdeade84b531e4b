import { Problem } from "../../tools/setup/problem.mjs";

/**
 * Replaces what stands between `<!-- bench:NAME -->` and `<!-- /bench:NAME -->` in a document.
 *
 * Errors: `Problem` where the document has no such block.
 *
 * @param {string} text
 * @param {string} name
 * @param {string} body Markdown
 * @returns {string}
 */
export function replaceBlock(text, name, body) {
  const [open, close] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
  const [from, to] = [text.indexOf(open), text.indexOf(close)];
  if (from < 0 || to < from)
    throw new Problem(`The document has no block between \`${open}\` and \`${close}\`.`);
  return `${text.slice(0, from + open.length)}\n${body}\n${text.slice(to)}`;
}

/**
 * Describes where figures come from, as the first line of a block.
 *
 * @param {import("./results.mjs").Results} results
 * @returns {string}
 */
export function originLine({ machine, date, arguments: args }) {
  const { processor, cores, versions, commit } = machine;
  const node = (versions["node"] ?? "").split(".").slice(0, 2).join(".");
  const at = commit === "" ? "" : `, commit ${commit}`;
  return `${cores} cores (${processor}), Node ${node}, ${args.connections} connections, medians of ${args.rounds} rounds, ${date.slice(0, 10)}${at}.`;
}

/** Formats a table as the documents have it: narrow, figures at the right. @param {readonly (readonly string[])[]} rows the first one is the head */
export function narrowTable([head = [], ...rows]) {
  const line = (/** @type {readonly string[]} */ cells) => `| ${cells.join(" | ")} |`;
  const rule = `|${head.map((_, index) => (index === 0 ? "---" : "--:")).join("|")}|`;
  return [line(head), rule, ...rows.map(line)].join("\n");
}

/** A number with so many significant digits, thousands parted. @param {number} value @param {number} digits */
export const significant = (value, digits) =>
  Number(value.toPrecision(digits)).toLocaleString("en", { maximumFractionDigits: 1 });
