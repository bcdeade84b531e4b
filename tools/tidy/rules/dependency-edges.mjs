const RULE = "dependency-edge";

/**
 * Checks the dependencies of every Cargo.toml and package.json against the room table.
 *
 * @param {ReturnType<typeof import("../manifests.mjs").readManifests>} manifests
 * @param {Map<string, import("../room-table.mjs").RoomRule>} rooms
 * @returns {import("../finding.mjs").Finding[]}
 */
export function checkDependencyEdges({ crates, packages }, rooms) {
  const homes = new Map([...crates, ...packages].map((manifest) => [manifest.name, manifest.room]));
  return [...crates, ...packages].flatMap((manifest) => {
    const rule = rooms.get(manifest.room);
    if (rule === undefined && /^(crates|packages)\//.test(manifest.room)) return [withoutRow(manifest)];
    return manifest.dependencies.flatMap((dependency) => {
      const reason = refusal(manifest, rule, dependency, homes.get(dependency.name), rooms);
      return reason === null
        ? []
        : [{ file: manifest.file, line: dependency.line, rule: RULE, message: reason }];
    });
  });
}

/** @param {import("../manifests.mjs").Manifest} manifest */
function withoutRow(manifest) {
  const message = `${manifest.room} has no row in the room table: add one to ARCHITECTURE.md that says what it may depend on.`;
  return { file: manifest.file, line: 1, rule: RULE, message };
}

/**
 * @param {import("../manifests.mjs").Manifest} manifest
 * @param {import("../room-table.mjs").RoomRule | undefined} rule undefined for rooms that compose others: apps, examples, bench, tools
 * @param {import("../manifests.mjs").Dependency} dependency
 * @param {string | undefined} target the room of ours that the dependency is, if it is one
 * @param {Map<string, import("../room-table.mjs").RoomRule>} rooms
 * @returns {string | null} why the edge is not allowed
 */
function refusal(manifest, rule, dependency, target, rooms) {
  const { name, development } = dependency;
  if (/^napi(-|$)/.test(name) && !rule?.mayDependOn.has("napi")) {
    return `only crates/core-native knows napi: move what needs \`${name}\` there and keep this crate plain Rust.`;
  }
  const buildTimeTarget = target !== undefined && rooms.get(target)?.buildTimeOnly === true;
  if (rule === undefined) {
    if (!buildTimeTarget || development || !/^(?:apps|examples)\//.test(manifest.room)) return null;
    return `a running app never imports \`${name}\`: move it to devDependencies.`;
  }
  if (rule.dependsOnAnything) return null;
  if (target !== undefined || /^(@twinloop\/|twinloop-)/.test(name)) {
    if ((buildTimeTarget && development) || mayReach(rule, name, target)) return null;
    const allowed = [...rule.mayDependOn].join(", ") || "no other room";
    return `${manifest.room} may not depend on \`${name}\` (it may on: ${allowed}); pass it through a typed hook in core-native, or take the edge out.`;
  }
  if (!development && rule.never.has(name)) {
    return `the room table says that ${manifest.room} never depends on \`${name}\`: take it out, or make it a development dependency.`;
  }
  return null;
}

/**
 * @param {import("../room-table.mjs").RoomRule} rule
 * @param {string} name
 * @param {string | undefined} target
 */
function mayReach(rule, name, target) {
  if (rule.dependsOnPlatformPackages && name.startsWith("@twinloop/core-native-")) return true;
  if (target === undefined) return false;
  const [kind, room = ""] = target.split("/");
  // A name in a row means the room of the row's own language.
  if (!rule.room.startsWith(`${kind}/`)) return false;
  return (rule.dependsOnEveryCrate && kind === "crates") || rule.mayDependOn.has(room);
}
