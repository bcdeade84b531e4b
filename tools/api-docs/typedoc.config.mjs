import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Lists the source files behind a package's public entry points. `./internal` is what the packages share among
 * themselves, so it has no pages.
 *
 * Shape: a folder of `packages/` -> absolute paths, one for each subpath of `exports` that has types.
 *
 * @param {string} folder
 * @returns {string[]}
 */
function entryPointsOf(folder) {
  const manifest = JSON.parse(readFileSync(join(root, "packages", folder, "package.json"), "utf8"));
  /** @type {[string, { types?: string }][]} */
  const subpaths = Object.entries(manifest.exports ?? {});
  return subpaths.flatMap(([subpath, { types }]) => {
    if (types === undefined || subpath === "./internal") return [];
    const source = types.replace("./dist/", "src/").replace(/\.d\.ts$/, ".ts");
    return [join(root, "packages", folder, source)];
  });
}

const folders = readdirSync(join(root, "packages"));

/**
 * How typedoc builds the API pages: from the sources, so that a warning names a line that can be edited.
 *
 * @type {Partial<import("typedoc").TypeDocOptions>}
 */
export default {
  name: "Twinloop",
  entryPoints: folders.flatMap((folder) => entryPointsOf(folder)),
  tsconfig: join(root, "tools/api-docs/tsconfig.json"),
  out: join(root, "tools/api-docs/dist"),
  basePath: root,
  readme: "none",
  disableGit: true,
  sourceLinkTemplate: "https://github.com/twinloop/twinloop/blob/main/{path}#L{line}",
  excludePrivate: true,
  excludeExternals: true,
  // `npm run check` type-checks the same files with the compiler that builds them.
  skipErrorChecking: true,
  validation: { notExported: true, invalidLink: true, notDocumented: true },
  packagesRequiringDocumentation: folders.map((folder) => `@twinloop/${folder}`),
  requiredToBeDocumented: ["Class", "Interface", "TypeAlias", "Variable", "Function", "Method", "Accessor"],
  treatWarningsAsErrors: true,
  logLevel: "Warn",
};
