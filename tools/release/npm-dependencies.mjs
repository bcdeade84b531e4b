import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * An npm package that is installed with one of ours. `needs` are those that it is installed with, by `name@version`.
 *
 * @typedef {{ name: string, version: string, licence: string, needs: string[] }} NpmPackage
 */

/**
 * Lists the packages of others that a package brings along, at any depth, as they are installed in this checkout. Optional ones for
 * other machines are not installed, and are left out.
 *
 * @param {string} folder the package's
 * @param {readonly string[]} names what its manifest says under `dependencies` and `optionalDependencies`
 * @returns {{ direct: string[], packages: NpmPackage[] }} `direct` by `name@version`
 */
export function listNpmDependencies(folder, names) {
  /** @type {Map<string, NpmPackage>} */
  const found = new Map();
  const direct = visit(folder, names);
  return { direct, packages: [...found.values()] };

  /** @param {string} from @param {readonly string[]} wanted @returns {string[]} */
  function visit(from, wanted) {
    return wanted.flatMap((name) => {
      const place = findPackage(name, from);
      if (place === null) return [];
      const manifest = JSON.parse(readFileSync(join(place, "package.json"), "utf8"));
      const id = `${manifest.name}@${manifest.version}`;
      if (!found.has(id)) {
        const { version, license = "", dependencies, optionalDependencies } = manifest;
        const licence = typeof license === "string" ? license : license.type;
        const own = { name: manifest.name, version, licence, needs: /** @type {string[]} */ ([]) };
        found.set(id, own);
        own.needs = visit(place, Object.keys({ ...dependencies, ...optionalDependencies }));
      }
      return [id];
    });
  }
}

/** @param {string} name @param {string} from @returns {string | null} its folder, null where it is not installed */
function findPackage(name, from) {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", name);
    if (existsSync(join(candidate, "package.json"))) return realpathSync(candidate);
    if (folder === dirname(folder)) return null;
  }
}
