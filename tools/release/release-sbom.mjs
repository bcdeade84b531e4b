import { listNpmDependencies } from "./npm-dependencies.mjs";
import { formatSbom, purlOf } from "./sbom.mjs";

/** @typedef {import("./pack.mjs").Packed} Packed @typedef {import("./sbom.mjs").Component} Component */

/**
 * Writes the bill of materials of packed packages: the files, what is inside of them, and what is installed with them.
 *
 * @param {string} version
 * @param {readonly Packed[]} packed
 * @returns {string} JSON
 */
export function sbomOf(version, packed) {
  const components = packed.flatMap((each) => {
    const others = listNpmDependencies(each.folder, namesOfOthers(each.manifest));
    return [packageComponent(each, others.direct), ...insides(each), ...others.packages.map(toComponent)];
  });
  const subject = {
    purl: purlOf("npm", "twinloop", version),
    name: "twinloop",
    version,
    licence: "MIT",
    needs: packed.map(({ manifest }) => purlOf("npm", manifest["name"], version)),
  };
  return formatSbom(subject, components);
}

/** @param {Packed} packed @param {readonly string[]} direct the ids of others' packages that it needs @returns {Component} */
function packageComponent({ manifest, integrity, parts }, direct) {
  const { name, version, license } = manifest;
  const [, hash = ""] = integrity.split("sha512-");
  const own = Object.entries({ ...manifest["dependencies"], ...manifest["peerDependencies"] })
    .filter(([dependency]) => isOurs(dependency))
    .map(([dependency]) => purlOf("npm", dependency, version));
  const inside = parts.map((part) => purlOf(part.kind, part.name, part.version));
  return {
    purl: purlOf("npm", name, version),
    name,
    version,
    licence: license,
    checksum: { algorithm: "SHA-512", hex: Buffer.from(hash, "base64").toString("hex") },
    needs: [...own, ...inside, ...direct.map(purlOfId)],
  };
}

/** @param {Packed} packed @returns {Component[]} */
function insides({ parts }) {
  return parts.map(({ kind, name, version, licence, checksum }) => ({
    purl: purlOf(kind, name, version),
    name,
    version,
    licence,
    needs: [],
    ...(checksum === undefined
      ? {}
      : { checksum: { algorithm: /** @type {const} */ ("SHA-256"), hex: checksum } }),
  }));
}

/**
 * @param {ReturnType<typeof listNpmDependencies>["packages"][number]} other a package that is installed with one of ours
 * @returns {Component}
 */
function toComponent({ name, version, licence, needs }) {
  return { purl: purlOf("npm", name, version), name, version, licence, needs: needs.map(purlOfId) };
}

/** @param {Record<string, any>} manifest @returns {string[]} */
function namesOfOthers({ dependencies, optionalDependencies }) {
  return Object.keys({ ...dependencies, ...optionalDependencies }).filter((name) => !isOurs(name));
}

/** @param {string} name */
function isOurs(name) {
  return name.startsWith("@twinloop/") || name === "create-twinloop";
}

/** @param {string} id `name@version` */
function purlOfId(id) {
  const at = id.lastIndexOf("@");
  return purlOf("npm", id.slice(0, at), id.slice(at + 1));
}
