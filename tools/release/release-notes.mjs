import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../setup/command.mjs";

/**
 * Prints the notes of the present version: the entries of all changelogs, and what the release was tried on.
 *
 * @param {string[]} _args none are known
 * @returns {Promise<number>}
 */
export async function main(_args) {
  const loader = join(root, "packages/core-native/package.json");
  const { version } = JSON.parse(readFileSync(loader, "utf8"));
  const changelogs = readdirSync(join(root, "packages"))
    .map((room) => join(root, "packages", room, "CHANGELOG.md"))
    .filter((path) => existsSync(path))
    .map((path) => readFileSync(path, "utf8"));
  const template = readFileSync(join(root, ".github/release-notes.md"), "utf8");
  console.log(template.replace("{{changes}}", () => collectChanges(changelogs, version)));
  return 0;
}

/**
 * Brings the changelogs together: an entry that stands in several is one change.
 *
 * @param {readonly string[]} changelogs as changesets writes them
 * @param {string} version
 * @returns {string} Markdown
 */
export function collectChanges(changelogs, version) {
  /** @type {Map<string, Set<string>>} entries by the heading they stand under */
  const found = new Map();
  for (const changelog of changelogs) {
    for (const [heading, entries] of sectionsOf(changelog, version)) {
      const under = found.get(heading) ?? new Set();
      for (const entry of entries) under.add(entry);
      found.set(heading, under);
    }
  }
  const parts = [...found].map(([heading, entries]) => `## ${heading}\n\n${[...entries].join("\n")}`);
  return parts.length === 0 ? "No change that users can see." : parts.join("\n\n");
}

/** @param {string} changelog @param {string} version @returns {[string, string[]][]} */
function sectionsOf(changelog, version) {
  const own = changelog.split(/^## /m).find((part) => part.startsWith(`${version}\n`)) ?? "";
  const [, ...sections] = own.split(/^### /m);
  return sections.flatMap((section) => {
    const [heading = "", ...lines] = section.split("\n");
    const entries = lines
      .join("\n")
      .split(/^(?=- )/m)
      // The hash of the commit leads; which of our own packages were raised is the same in every one.
      .map((entry) => entry.trim().replace(/^- [0-9a-f]{7,40}: /, "- "))
      .filter((entry) => entry.startsWith("- ") && !entry.startsWith("- Updated dependencies"));
    return entries.length === 0 ? [] : [/** @type {[string, string[]]} */ ([heading, entries])];
  });
}
