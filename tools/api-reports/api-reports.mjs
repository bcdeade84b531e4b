import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { root } from "../setup/command.mjs";
import { DeclarationReader } from "./declarations.mjs";
import { listPublicPackages } from "./public-packages.mjs";

const FOLDER = "api-report";
const MOST_LINES_SHOWN = 12;

/**
 * Compares the public declarations of all packages with the reports in `api-report/`, a file for each package.
 *
 * Shape: whether to accept what is found, which writes the reports -> what differs; empty when nothing does.
 *
 * @param {boolean} accept
 * @returns {Promise<string>}
 */
export async function checkApiReports(accept) {
  const reports = makeReports();
  const folder = join(root, FOLDER);
  if (accept) return writeReports(folder, reports);
  const present = existsSync(folder) ? readdirSync(folder) : [];
  const stray = present.filter((file) => file !== "README.md" && !reports.has(file));
  const changed = [...reports].flatMap(([file, report]) => {
    const path = join(folder, file);
    return describeChange(`${FOLDER}/${file}`, existsSync(path) ? readFileSync(path, "utf8") : "", report);
  });
  const problems = [...changed, ...stray.map((file) => `${FOLDER}/${file}: its package is gone.`)];
  if (problems.length === 0) return "";
  const help =
    "The public API changed. Where that is meant, `npm run fix` writes it down, and a changeset says so to users; docs/guides/versions.md says how big it is.";
  return [...problems, help].join("\n");
}

/** @returns {Map<string, string>} the report of each package, by the file's name */
function makeReports() {
  const packages = listPublicPackages(root);
  // TypeScript 7 has no API that is promised; the compiler of the API pages has.
  const require = createRequire(join(root, "tools/api-docs/package.json"));
  const reader = new DeclarationReader(
    require("typescript"),
    packages.flatMap(({ entries }) => entries.map(({ declarations }) => declarations)),
  );
  return new Map(
    packages.map(({ room, name, folder, entries }) => {
      const parts = entries.map(({ specifier, declarations }) =>
        reportEntry(specifier, reader.read(declarations, folder)),
      );
      return [`${room}.md`, `# ${name}\n\n${parts.join("\n")}`];
    }),
  );
}

/**
 * @param {string} specifier
 * @param {import("./declarations.mjs").EntryDeclarations} declarations
 */
function reportEntry(specifier, { exported, reachable }) {
  const fence = (/** @type {string[]} */ texts) => `\`\`\`ts\n${texts.join("\n")}\n\`\`\`\n`;
  const hidden =
    reachable.length === 0 ? "" : `\nNamed by these, and not to be imported:\n\n${fence(reachable)}`;
  return `## \`${specifier}\`\n\n${fence(exported)}${hidden}`;
}

/** @param {string} folder @param {Map<string, string>} reports */
function writeReports(folder, reports) {
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(folder)) {
    if (file !== "README.md" && !reports.has(file)) rmSync(join(folder, file));
  }
  for (const [file, report] of reports) writeFileSync(join(folder, file), report);
  return "";
}

/**
 * Describes how a report differs, by the lines that one of both has alone.
 *
 * @param {string} file
 * @param {string} before
 * @param {string} after
 * @returns {string[]} empty when they are the same
 */
export function describeChange(file, before, after) {
  if (before === after) return [];
  const lines = (/** @type {string} */ text) => text.split("\n").filter((line) => line.trim() !== "");
  const [old, fresh] = [new Set(lines(before)), new Set(lines(after))];
  const changes = [
    ...lines(before)
      .filter((line) => !fresh.has(line))
      .map((line) => `  - ${line.trim()}`),
    ...lines(after)
      .filter((line) => !old.has(line))
      .map((line) => `  + ${line.trim()}`),
  ];
  const left = changes.length - MOST_LINES_SHOWN;
  const shown = changes.slice(0, MOST_LINES_SHOWN);
  if (changes.length === 0) shown.push("  the order of declarations");
  return [`${file}:`, ...shown, ...(left > 0 ? [`  and ${left} more lines`] : [])];
}
