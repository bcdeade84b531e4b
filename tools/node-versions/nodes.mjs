import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "../setup/command.mjs";

/** The Node versions that the addon is tested on, beside the one that runs the tests. */
export const MAJORS = ["22", "24", "26"];

/** The Node versions that only the long form of the tests needs: the oldest of 20 and 22 that are supported, and the odd ones. */
const RARE_VERSIONS = ["20.19.0", "22.12.0", "23", "25"];

/**
 * Lists the Node versions that are wanted on this machine.
 *
 * @param {boolean} full whether the long form of the tests is to run; default whether `FULL` is set
 * @returns {string[]} majors and whole versions, as npm takes them behind `@`
 */
export function wantedVersions(full = Boolean(process.env["FULL"])) {
  return full ? [...RARE_VERSIONS, ...MAJORS] : MAJORS;
}

/** The folder of the installed Node versions, under node_modules. */
export const nodesFolder = join(root, "node_modules/.cache/twinloop/nodes");

/** The command that installs the Node versions. */
export const INSTALL_COMMAND = process.env["FULL"]
  ? "FULL=1 node tools/node-versions/install.mjs"
  : "node tools/node-versions/install.mjs";

/**
 * Finds an installed Node.
 *
 * @param {string} version as it was asked for, for example `"22"`
 * @param {string} [folder] default where `install.mjs` puts them
 * @returns {string | null} absolute path of its program, null when it is not installed
 */
export function findNode(version, folder = nodesFolder) {
  const program = join(folder, `node_modules/node-${version}/bin/node`);
  return existsSync(program) ? program : null;
}

/**
 * Tells why the Node versions cannot be installed on this machine; npm packages of one platform are used.
 *
 * @param {string} [platform]
 * @param {string} [arch]
 * @returns {string | null} a sentence, null when it can
 */
export function unsupportedReason(platform = process.platform, arch = process.arch) {
  if (platform === "linux" && arch === "x64") return null;
  return `other Node versions are installed on linux-x64 only, and this is ${platform}-${arch}`;
}
