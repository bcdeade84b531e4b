import { isTest } from "./finding.mjs";
import { shippedCode } from "./rust-source.mjs";

/**
 * One module of a crate, which is one file: modules inside a file belong to the file.
 *
 * Shape: `path` is its place in the crate (`["engine", "pump"]`, empty for lib.rs or main.rs), `uses` what its shipped
 * code names, `exports` the names that it passes on, with the path each comes from.
 *
 * @typedef {object} RustModule
 * @property {string} file relative to the checkout
 * @property {string[]} path
 * @property {{ path: string[], offset: number }[]} uses absolute within the crate
 * @property {Map<string, string[]>} exports
 * @property {string} code
 */

/**
 * Reads the modules of every crate, tests left out, and what each names of its own crate.
 *
 * @param {import("./finding.mjs").Tree} tree
 * @returns {Map<string, Map<string, RustModule>>} by crate folder, then by module path joined with `::`
 */
export function readRustModules(tree) {
  /** @type {Map<string, Map<string, RustModule>>} */
  const crates = new Map();
  for (const file of tree.matching(/^(?:crates|bench)\/[\w-]+\/src\/.*\.rs$/)) {
    if (isTest(file)) continue;
    const [, crate = "", rest = ""] = /^(.*?)\/src\/(.*)\.rs$/.exec(file) ?? [];
    const path = /^(?:lib|main)$/.test(rest) ? [] : rest.split("/");
    const modules = crates.get(crate) ?? new Map();
    modules.set(path.join("::"), { file, path, ...readUses(shippedCode(tree.read(file)), path) });
    crates.set(crate, modules);
  }
  return crates;
}

/**
 * @param {string} code
 * @param {string[]} home
 */
function readUses(code, home) {
  const parts = new Set([...code.matchAll(/\bmod\s+(\w+)\s*;/g)].map((match) => match[1] ?? ""));
  /** @type {RustModule["uses"]} */
  const uses = [];
  /** @type {RustModule["exports"]} */
  const exports = new Map();
  /** @type {Map<string, string[]>} */
  const named = new Map();
  for (const match of code.matchAll(/\b(pub(?:\([^)]*\))?\s+)?use\s+([^;]+);/g)) {
    for (const { path, name } of expandUseTree(match[2] ?? "")) {
      const absolute = toAbsolute(path, home, parts);
      if (absolute === null) continue;
      uses.push({ path: absolute, offset: match.index });
      named.set(name, absolute);
      if (match[1] !== undefined) exports.set(name, absolute);
    }
  }
  const inline = code.replace(/\buse\s+[^;]+;/g, (text) => " ".repeat(text.length));
  for (const match of inline.matchAll(/(?<![\w:])[a-z_]\w*(?:\s*::\s*\w+)+/g)) {
    const path = match[0].split(/\s*::\s*/);
    const imported = named.get(path[0] ?? "");
    const absolute = imported === undefined ? toAbsolute(path, home, parts) : [...imported, ...path.slice(1)];
    if (absolute !== null) uses.push({ path: absolute, offset: match.index });
  }
  return { uses, exports, code };
}

/**
 * Takes a use tree apart: `a::{b, c::{self, d as e}}` is `a::b`, `a::c` and `a::c::d` under the name `e`.
 *
 * @param {string} text behind `use`, without the semicolon
 * @returns {{ path: string[], name: string }[]}
 */
export function expandUseTree(text) {
  const tree = text.trim();
  const brace = tree.indexOf("{");
  if (brace === -1) {
    const [path = "", alias] = tree.split(/\s+as\s+/);
    const segments = path.split("::").map((segment) => segment.trim());
    if (segments.at(-1) === "self") segments.pop();
    return [{ path: segments, name: alias?.trim() ?? segments.at(-1) ?? "" }];
  }
  const prefix = tree.slice(0, brace).replace(/::\s*$/, "");
  return splitList(tree.slice(brace + 1, tree.lastIndexOf("}"))).flatMap((branch) =>
    expandUseTree(prefix === "" ? branch : `${prefix}::${branch}`),
  );
}

/** @param {string} list @returns {string[]} its items, split at commas outside of braces */
function splitList(list) {
  /** @type {string[]} */
  const items = [];
  let depth = 0;
  let item = "";
  for (const char of list) {
    depth += char === "{" ? 1 : char === "}" ? -1 : 0;
    if (char === "," && depth === 0) {
      items.push(item);
      item = "";
    } else item += char;
  }
  return [...items, item].map((text) => text.trim()).filter((text) => text !== "");
}

/**
 * @param {string[]} path
 * @param {string[]} home the module that names it
 * @param {Set<string>} parts the module's own parts
 * @returns {string[] | null} from the root of the crate; null when the path leads out of the crate
 */
function toAbsolute(path, home, parts) {
  const [first = "", ...rest] = path;
  if (first === "crate") return rest;
  if (first === "self") return [...home, ...rest];
  if (first === "super") {
    const ups = path.findIndex((segment) => segment !== "super");
    const up = ups === -1 ? path.length : ups;
    return [...home.slice(0, home.length - up), ...path.slice(up)];
  }
  return parts.has(first) ? [...home, ...path] : null;
}

/**
 * Finds the module that defines a path's item, through the re-exports of modules on the way.
 *
 * @param {Map<string, RustModule>} modules
 * @param {string[]} path from the root of the crate
 * @param {number} [steps] names passed on so far: a ring of them ends the search
 * @returns {RustModule | undefined}
 */
export function moduleOf(modules, path, steps = 0) {
  for (let length = path.length; length >= 0; length -= 1) {
    const found = modules.get(path.slice(0, length).join("::"));
    if (found === undefined) continue;
    const passedOn = found.exports.get(path[length] ?? "");
    if (passedOn === undefined || steps > 8) return found;
    return moduleOf(modules, [...passedOn, ...path.slice(length + 1)], steps + 1);
  }
  return undefined;
}
