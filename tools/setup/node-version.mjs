// This file is the first that runs, on whatever Node there is. It keeps to syntax and modules
// that Node 14 knows, so that an old Node reads a sentence and not a SyntaxError.
import { readFileSync } from "fs";

/**
 * Compares two dotted versions number by number; a missing number counts as 0.
 *
 * Shape: `"20.9.0"`, `"20.19"` -> negative, zero or positive, as for `Array.prototype.sort`.
 *
 * @param {string} left
 * @param {string} right
 * @returns {number}
 */
export function compareVersions(left, right) {
  const leftParts = left.split(".").map(Number);
  const rightParts = right.split(".").map(Number);
  for (let index = 0; index < Math.max(leftParts.length, rightParts.length); index += 1) {
    const difference = (leftParts[index] || 0) - (rightParts[index] || 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * Reads the lowest Node version that runs the project from `engines.node` of the root package.json.
 *
 * @returns {string} for example `"20.19"`
 */
export function minimumNodeVersion() {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  return manifest.engines.node.replace(/^>=\s*/, "");
}

/**
 * Ends the process with one sentence and exit code 1 when this Node is too old.
 *
 * @param {string} [running] version to judge; default: the running Node's
 * @returns {void}
 */
export function requireNode(running = process.versions.node) {
  const minimum = minimumNodeVersion();
  if (compareVersions(running, minimum) >= 0) return;
  console.error(
    "Twinloop needs Node " +
      minimum +
      " or newer and this is Node " +
      running +
      ": " +
      "install a current release from https://nodejs.org (or `nvm install 22`), then run the command again.",
  );
  process.exit(1);
}
