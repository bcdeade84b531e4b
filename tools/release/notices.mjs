import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** @typedef {import("./addon-crates.mjs").Part} Part */

/** The file in which a published package names the parts of others that it contains. */
export const NOTICES_FILE = "THIRD-PARTY-NOTICES.md";

/**
 * Writes the notices of a package: every part with its licence, and each licence text once, with the parts it is of.
 *
 * @param {string} subject the package's name
 * @param {readonly Part[]} parts
 * @returns {string} Markdown
 */
export function formatNotices(subject, parts) {
  /** @type {Map<string, { text: string, of: string[] }>} */
  const texts = new Map();
  for (const { name, version, texts: own } of parts) {
    for (const text of new Set(own)) {
      const key = createHash("sha256").update(text.replace(/\s+/g, " ")).digest("hex");
      const entry = texts.get(key) ?? { text, of: [] };
      entry.of.push(`${name} ${version}`);
      texts.set(key, entry);
    }
  }
  const rows = parts.map(({ name, version, licence }) => `| ${name} | ${version} | ${licence} |`);
  // Four spaces, because a licence may hold a fence of its own.
  const indented = (/** @type {string} */ text) => text.replace(/^(?=.)/gm, "    ");
  const sections = [...texts.values()].map(({ text, of }) => `## ${of.join(", ")}\n\n${indented(text)}\n`);
  return [
    `# What ${subject} contains of others`,
    "",
    "| part | version | licence |",
    "|---|---|---|",
    ...rows,
    "",
    ...sections,
  ].join("\n");
}

/**
 * Reads which npm packages a package's pages are bundled from, out of the list that the bundler has written.
 *
 * @param {string} folder the package's
 * @returns {Part[]} empty where nothing is bundled
 */
export function listBundledPackages(folder) {
  const list = join(folder, "dist/ui/licenses.md");
  if (!existsSync(list)) return [];
  const [, ...sections] = readFileSync(list, "utf8").split(/^## /m);
  return sections.map((section) => {
    const [, name = "", version = "", licence = ""] = /^(\S+) - (\S+) \(([^)]*)\)\n/.exec(section) ?? [];
    return { kind: "npm", name, version, licence, texts: [section.slice(section.indexOf("\n")).trim()] };
  });
}
