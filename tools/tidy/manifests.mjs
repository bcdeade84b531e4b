/**
 * A dependency as a manifest declares it. `development` edges exist for tests and builds only.
 *
 * @typedef {{ name: string, line: number, development: boolean }} Dependency
 */

/**
 * A Cargo.toml or package.json. `room` is its folder, such as `crates/api`.
 *
 * @typedef {{ file: string, room: string, name: string, isPrivate: boolean, dependencies: Dependency[] }} Manifest
 */

/**
 * Reads every manifest of the tree.
 *
 * @param {import("./finding.mjs").Tree} tree
 * @returns {{ crates: Manifest[], packages: Manifest[] }}
 */
export function readManifests(tree) {
  return {
    crates: tree.matching(/^(crates|bench)\/.*Cargo\.toml$/).map((file) => readCargo(file, tree.read(file))),
    packages: tree
      .matching(/^(packages|apps|examples|bench|tools)\/.*package\.json$/)
      .filter((file) => !/\/(fixtures|tests?)\//.test(file))
      .map((file) => readPackage(file, tree.read(file))),
  };
}

/**
 * Reads the part of a Cargo.toml that names dependencies. Read line by line: each dependency is on one line,
 * and a TOML parser would be a dependency of its own.
 *
 * @param {string} file
 * @param {string} text
 * @returns {Manifest}
 */
export function readCargo(file, text) {
  const manifest = {
    file,
    room: folderOf(file),
    name: "",
    isPrivate: false,
    dependencies: /** @type {Dependency[]} */ ([]),
  };
  let section = "";
  for (const [index, line] of text.split("\n").entries()) {
    const header = /^\[+([^\]]+)\]/.exec(line)?.[1];
    section = header ?? section;
    if (header !== undefined) {
      // `[dependencies.bytes]` declares in its own header.
      const own = /(?:^|\.)(dev-|build-)?dependencies\.([\w-]+)$/.exec(header);
      if (own)
        manifest.dependencies.push({ name: own[2] ?? "", line: index + 1, development: own[1] === "dev-" });
      continue;
    }
    const entry = /^([\w-]+)(?:\.workspace)?\s*=\s*(.*)$/.exec(line);
    if (entry === null) continue;
    const [, key = "", value = ""] = entry;
    if (section === "package" && key === "name") manifest.name = value.replaceAll('"', "");
    const kind = /(?:^|\.)(dev-|build-)?dependencies$/.exec(section);
    if (kind === null) continue;
    const name = /package\s*=\s*"([^"]+)"/.exec(value)?.[1] ?? key;
    manifest.dependencies.push({ name, line: index + 1, development: kind[1] === "dev-" });
  }
  return manifest;
}

/**
 * @param {string} file
 * @param {string} text
 * @returns {Manifest}
 */
export function readPackage(file, text) {
  const json = JSON.parse(text);
  const dependencies = [
    "dependencies",
    "peerDependencies",
    "optionalDependencies",
    "devDependencies",
  ].flatMap((kind) =>
    Object.keys(json[kind] ?? {}).map((name) => ({
      name,
      line: lineOfKey(text, kind, name),
      development: kind === "devDependencies",
    })),
  );
  return {
    file,
    room: folderOf(file),
    name: json.name ?? "",
    isPrivate: json.private === true,
    dependencies,
  };
}

/** @param {string} text @param {string} kind @param {string} name */
function lineOfKey(text, kind, name) {
  const start = text.indexOf(`"${kind}"`);
  return text.slice(0, text.indexOf(`"${name}"`, start)).split("\n").length;
}

/** @param {string} file */
function folderOf(file) {
  return file.slice(0, file.lastIndexOf("/"));
}
