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
 * Reads the Node versions that run the project from `engines.node` of the root package.json.
 *
 * @returns {string} for example `"^20.19 || >=22.12"`
 */
export function supportedNodeVersions() {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  return manifest.engines.node;
}

/**
 * Tells whether a version is in a range: `^20.19` is 20.19 and newer of the same major, `>=22.12` is that and all newer.
 *
 * @param {string} version
 * @param {string} range alternatives separated by `||`
 * @returns {boolean}
 */
export function isInRange(version, range) {
  return range.split("||").some((part) => {
    const lowest = part.replace(/^\s*(\^|>=)\s*/, "").trim();
    const isOfOneMajor = part.trim().startsWith("^");
    if (isOfOneMajor && version.split(".")[0] !== lowest.split(".")[0]) return false;
    return compareVersions(version, lowest) >= 0;
  });
}

/**
 * Ends the process with one sentence and exit code 1 when this Node is not supported.
 *
 * @param {string} [running] version to judge; default: the running Node's
 * @returns {void}
 */
export function requireNode(running = process.versions.node) {
  const supported = supportedNodeVersions();
  if (isInRange(running, supported)) return;
  console.error(
    "Twinloop needs Node " +
      supported +
      " and this is Node " +
      running +
      ": " +
      "install a current release from https://nodejs.org (or `nvm install 22`), then run the command again.",
  );
  process.exit(1);
}
