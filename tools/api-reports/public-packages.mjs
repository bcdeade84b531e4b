import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * A package whose declarations users see. `entries` are the subpaths of its `exports` that have types, by the name that an
 * import says, with the absolute path of the built declarations.
 *
 * @typedef {{ room: string, name: string, folder: string, entries: { specifier: string, declarations: string }[] }} PublicPackage
 */

/**
 * Lists the packages with public types. `./internal` is what the packages share among themselves, so it is left out.
 *
 * @param {string} root absolute; a checkout
 * @returns {PublicPackage[]}
 */
export function listPublicPackages(root) {
  const rooms = readdirSync(join(root, "packages")).toSorted();
  return rooms.flatMap((room) => {
    const folder = join(root, "packages", room);
    if (!existsSync(join(folder, "package.json"))) return [];
    const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    /** @type {[string, { types?: string }][]} */
    const subpaths = Object.entries(manifest.exports ?? {});
    const entries = subpaths.flatMap(([subpath, { types }]) => {
      if (types === undefined || subpath === "./internal") return [];
      return [{ specifier: `${manifest.name}${subpath.slice(1)}`, declarations: join(folder, types) }];
    });
    return entries.length === 0 ? [] : [{ room, name: manifest.name, folder, entries }];
  });
}
