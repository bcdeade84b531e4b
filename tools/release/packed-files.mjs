import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { Problem } from "../setup/problem.mjs";

/**
 * An archive that npm has packed: what it is of, and what registries know of it.
 *
 * @typedef {{ manifest: Record<string, any>, file: string, integrity: string }} PackedFile
 */

/**
 * Reads the packed packages in a folder.
 *
 * Errors: `Problem` where there is none, and where their versions differ.
 *
 * @param {string} folder
 * @returns {PackedFile[]} each after those it depends on, addons first
 */
export function readPackedFiles(folder) {
  const names = readdirSync(folder).filter((name) => name.endsWith(".tgz"));
  if (names.length === 0) throw new Problem(`${folder} holds no packed packages: npm run pack`);
  const files = names.map((name) => readPackedFile(join(folder, name)));
  const versions = new Set(files.map(({ manifest }) => manifest["version"]));
  if (versions.size > 1)
    throw new Problem(`${folder} holds packages of ${[...versions].join(" and ")}: empty it first.`);
  return inOrder(files);
}

/** @param {string} file @returns {PackedFile} */
function readPackedFile(file) {
  const bytes = readFileSync(file);
  const integrity = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
  return { manifest: JSON.parse(findEntry(gunzipSync(bytes), "package/package.json")), file, integrity };
}

/**
 * Finds a file in an archive of tar.
 *
 * Source: POSIX.1-1988, ustar: headers of 512 bytes, names at 0, sizes in octal at 124; contents are filled up to 512 bytes.
 *
 * @param {Buffer} archive @param {string} wanted @returns {string}
 */
function findEntry(archive, wanted) {
  for (let at = 0; at + 512 <= archive.length;) {
    const name = archive.toString("utf8", at, archive.indexOf(0, at));
    const size = Number.parseInt(archive.toString("latin1", at + 124, at + 136), 8) || 0;
    if (name === wanted) return archive.toString("utf8", at + 512, at + 512 + size);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  throw new Problem(`An archive has no ${wanted}.`);
}

/**
 * Sorts packages so that each comes after those of the same list that it depends on.
 *
 * Errors: `Problem` where they depend on each other in a circle.
 *
 * @template {{ manifest: Record<string, any> }} P
 * @param {readonly P[]} packages
 * @returns {P[]}
 */
export function inOrder(packages) {
  const names = new Set(packages.map(({ manifest }) => manifest["name"]));
  /** @type {Map<string, P>} */
  const placed = new Map();
  while (placed.size < packages.length) {
    const next = packages.filter(({ manifest }) => {
      const { name, dependencies, optionalDependencies, peerDependencies } = manifest;
      const needs = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
      return !placed.has(name) && needs.every((need) => placed.has(need) || !names.has(need));
    });
    if (next.length === 0)
      throw new Problem("Packages depend on each other in a circle: break it in their package.json.");
    for (const each of next) placed.set(each.manifest["name"], each);
  }
  return [...placed.values()];
}
