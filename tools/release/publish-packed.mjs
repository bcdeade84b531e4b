import { join, resolve } from "node:path";
import { root, runCommand } from "../setup/command.mjs";
import { Problem } from "../setup/problem.mjs";
import { readPackedFiles } from "./packed-files.mjs";
import { LOADER, PLATFORMS } from "./platforms.mjs";

/**
 * Publishes packed packages with provenance, each after those it depends on, so that nobody can install a package whose addon is
 * not there yet. Those that are published already are passed over: a run that broke off is run again.
 *
 * Shape:  the folder with the archives, `release` unless given; `--dry-run` only says what would be published -> 0.
 * Errors: `Problem` where an addon is missing, or with npm's words.
 *
 * @param {string[]} args
 * @returns {Promise<number>}
 */
export async function main(args) {
  const isDryRun = args.includes("--dry-run");
  const [folder = join(root, "release")] = args.filter((argument) => argument !== "--dry-run");
  const files = readPackedFiles(resolve(folder));
  const missing = missingAddons(files.map(({ manifest }) => manifest["name"]));
  if (missing.length > 0) throw new Problem(`Not all addons are there; missing: ${missing.join(", ")}.`);
  for (const { manifest, file } of files) {
    const id = `${manifest["name"]}@${manifest["version"]}`;
    if (isDryRun) console.log(`would publish ${id}`);
    else if (await isPublished(id)) console.log(`${id} is published already`);
    else await publish(id, file);
  }
  return 0;
}

/** @param {readonly string[]} names of packages @returns {string[]} the addons that the loader names and that are not among them */
export function missingAddons(names) {
  return PLATFORMS.map(({ triple }) => `${LOADER}-${triple}`).filter((name) => !names.includes(name));
}

/** @param {string} id */
async function isPublished(id) {
  const { code, stdout, stderr } = await runCommand("npm", ["view", id, "version", "--json"]);
  if (code === 0) return stdout.trim() !== "";
  if (stderr.includes("E404") || stdout.includes("E404")) return false;
  throw new Problem(`npm could not say whether ${id} is published:\n${stderr.trim()}`);
}

/** @param {string} id @param {string} file */
async function publish(id, file) {
  const args = ["publish", file, "--provenance", "--access", "public", "--ignore-scripts"];
  const { code, stderr } = await runCommand("npm", args);
  if (code !== 0) throw new Problem(`npm could not publish ${id}:\n${stderr.trim()}`);
  console.log(`published ${id}`);
}
