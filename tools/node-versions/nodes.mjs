import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "../setup/command.mjs";

/** The Node versions that the addon is tested on, beside the one that runs the tests. */
export const MAJORS = ["22", "24"];

/** The folder of the installed Node versions, under node_modules. */
export const nodesFolder = join(root, "node_modules/.cache/twinloop/nodes");

/** The command that installs the Node versions. */
export const INSTALL_COMMAND = "node tools/node-versions/install.mjs";

/**
 * Finds the installed Node of one major version.
 *
 * @param {string} major for example `"22"`
 * @param {string} [folder] default where `install.mjs` puts them
 * @returns {string | null} absolute path of its program, null when it is not installed
 */
export function findNode(major, folder = nodesFolder) {
  const program = join(folder, `node_modules/node-${major}/bin/node`);
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
