import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "./command.mjs";

// Folders that hold what a build writes or a tool keeps: never an input.
const OUTPUT_FOLDERS = new Set(["node_modules", "target", "dist", "native", "results", "coverage"]);

/**
 * Lists the files below a path, sorted, without build outputs and dot folders. A path that does not exist is empty.
 *
 * @param {string} path absolute; a file lists itself
 * @returns {string[]} absolute paths
 */
export function listFiles(path) {
  let entries;
  try {
    entries = readdirSync(path, { withFileTypes: true });
  } catch (error) {
    const code = /** @type {NodeJS.ErrnoException} */ (error).code;
    if (code === "ENOTDIR") return [path];
    if (code === "ENOENT") return [];
    throw error;
  }
  return entries
    .toSorted((left, right) => (left.name < right.name ? -1 : 1))
    .flatMap((entry) => {
      if (entry.isFile()) return [join(path, entry.name)];
      const skipped = !entry.isDirectory() || entry.name.startsWith(".") || OUTPUT_FOLDERS.has(entry.name);
      return skipped ? [] : listFiles(join(path, entry.name));
    });
}

/**
 * Hashes the names and contents of files. Times do not count, so that a git checkout that touches every file does not
 * cost a rebuild.
 *
 * @param {string[]} files absolute paths; a file that vanished counts as absent
 * @param {string} [base] folder the names are relative to; default the root
 * @returns {string} hex
 */
export function fingerprint(files, base = root) {
  const hash = createHash("sha256");
  for (const file of files) {
    const content = readOrNull(file);
    hash.update(`${file.slice(base.length)}\0${content === null ? "absent" : content.length}\0`);
    if (content !== null) hash.update(content);
  }
  return hash.digest("hex");
}

/**
 * Remembers the inputs of a step's last run, in a file under node_modules.
 *
 * @param {string} step its name, used as the file's name
 * @param {string} [folder] where stamps are kept
 */
export function stampOf(step, folder = join(root, "node_modules/.cache/twinloop")) {
  const path = join(folder, `${step}.stamp`);
  return {
    /** @param {string} value @returns {boolean} whether the step's last success was on this value */
    matches: (value) => readOrNull(path)?.toString() === value,
    /** @param {string} value */
    write(value) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, value);
    },
  };
}

/** @param {string} path */
function readOrNull(path) {
  try {
    return readFileSync(path);
  } catch {
    return null;
  }
}
