import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "../setup/command.mjs";

/** The Node versions that the addon is tested on, beside the one that runs the tests. */
export const MAJORS = ["22", "24"];

/** Where `install.mjs` puts them: under node_modules, where git never looks. */
export const nodesFolder = join(root, "node_modules/.cache/twinloop/nodes");

/** The command that brings them. */
export const INSTALL_COMMAND = "node tools/node-versions/install.mjs";

/**
 * The installed Node of one major version.
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
 * Why this machine cannot have them: npm carries them for one platform that we ask for.
 *
 * @param {string} [platform]
 * @param {string} [arch]
 * @returns {string | null} a sentence, null when it can
 */
export function unsupportedReason(platform = process.platform, arch = process.arch) {
  if (platform === "linux" && arch === "x64") return null;
  return `other Node versions are installed on linux-x64 only, and this is ${platform}-${arch}`;
}
