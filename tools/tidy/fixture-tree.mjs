import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const TABLE = `
| room | may depend on | never on |
|---|---|---|
| \`crates/schema\` | nothing of ours | a runtime or thread of their own |
| \`crates/runtime\` | nothing of ours | - |
| \`crates/{api,cron}\` | \`runtime\`, \`schema\` | each other, a runtime or thread of their own |
| \`crates/core-native\` | every crate, \`napi\` | - |
| \`packages/api\` | \`core-native\` | each other, \`typescript\` |
| \`packages/core-native\` | the platform addon packages | every other package |
| \`packages/compiler\` | anything; never imported by a running app | - |
`;

const ROOMS = [
  ...["schema", "runtime", "api", "cron", "core-native"].map((name) => `crates/${name}`),
  ...["api", "core-native", "compiler"].map((name) => `packages/${name}`),
];

/**
 * Writes a small checkout to a temporary folder: an ARCHITECTURE.md with a room table, the
 * folders of its rooms, and the given files.
 *
 * @param {Record<string, string>} files path -> content; an ARCHITECTURE.md among them is put after the table
 * @returns {string} the checkout's root
 */
export function writeTree(files) {
  const root = mkdtempSync(join(tmpdir(), "tidy-"));
  const pages = { ...files, "ARCHITECTURE.md": `# House\n${TABLE}\n${files["ARCHITECTURE.md"] ?? ""}` };
  for (const room of ROOMS) mkdirSync(join(root, room), { recursive: true });
  for (const [path, content] of Object.entries(pages)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

/**
 * Makes a crate's Cargo.toml.
 *
 * @param {string} name
 * @param {string} [dependencies] lines of the dependency section and of those after it
 * @returns {string}
 */
export function crate(name, dependencies = "") {
  return `[package]\nname = "twinloop-${name}"\n\n[dependencies]\n${dependencies}`;
}

/**
 * Makes a package's package.json.
 *
 * @param {string} name
 * @param {object} [rest]
 * @returns {string}
 */
export function npmPackage(name, rest = {}) {
  return JSON.stringify({ name, ...rest }, null, 2);
}
