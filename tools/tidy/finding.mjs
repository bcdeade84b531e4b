import { readFileSync } from "node:fs";
import { join } from "node:path";
import { listFiles } from "../setup/fingerprint.mjs";

/**
 * One violation of a rule of the code. `file` is relative to the checkout, `line` counts from 1, `message` says what is
 * wrong and what to do.
 *
 * @typedef {{ file: string, line: number, rule: string, message: string }} Finding
 */

/** The folders whose files the rules check. */
const ROOMS = ["apps", "bench", "contract", "crates", "examples", "packages", "tools"];

/**
 * A checkout as the rules see it: files by path relative to its root, `/`-separated on every system.
 */
export class Tree {
  /** @param {string} root absolute */
  constructor(root) {
    this.root = root;
    /** @type {string[]} */
    this.files = ROOMS.flatMap((folder) => listFiles(join(root, folder))).map((file) =>
      file.slice(root.length + 1).replaceAll("\\", "/"),
    );
  }

  /**
   * @param {string} file relative
   * @returns {string}
   */
  read(file) {
    return readFileSync(join(this.root, file), "utf8");
  }

  /**
   * @param {RegExp} pattern
   * @returns {string[]} the files whose path matches
   */
  matching(pattern) {
    return this.files.filter((file) => pattern.test(file));
  }
}

/**
 * Whether a file holds tests or their data: such files have no stop size, and may do what the code may not.
 *
 * @param {string} file relative
 * @returns {boolean}
 */
export function isTest(file) {
  return (
    /(^|\/)(tests?|benches|fixtures|fuzz)\//.test(file) ||
    /\.(test|test-d)\.[a-z]+$/.test(file) ||
    /(^|\/)(tests|[a-z_]+_tests?)\.rs$/.test(file)
  );
}

/**
 * Returns the number, from 1, of the line that holds a position.
 *
 * @param {string} text
 * @param {number} offset
 * @returns {number} from 1
 */
export function lineAt(text, offset) {
  let line = 1;
  for (let index = text.indexOf("\n"); index !== -1 && index < offset; index = text.indexOf("\n", index + 1))
    line += 1;
  return line;
}
