import { readFileSync, readdirSync, realpathSync } from "node:fs";
import { arch, cpus, loadavg, platform, release, totalmem } from "node:os";
import { join } from "node:path";
import { root, runCommand } from "../../tools/setup/command.mjs";

/**
 * The facts about machine and programs that a reader needs to judge the figures.
 *
 * @typedef {object} Machine
 * @property {string} processor
 * @property {number} cores
 * @property {number} memoryGib
 * @property {string} system
 * @property {number} loadAverage over the last minute, before the run
 * @property {string} commit short id, with `+` when files differ from it; empty outside a git checkout
 * @property {Record<string, string>} versions
 */

/**
 * Describes the machine and the programs on it.
 *
 * @returns {Promise<Machine>}
 */
export async function describeMachine() {
  const processors = cpus();
  const [head, changes, rustc] = await Promise.all([
    runCommand("git", ["rev-parse", "--short", "HEAD"]),
    runCommand("git", ["status", "--porcelain"]),
    runCommand("rustc", ["--version"]),
  ]);
  const dirty = changes.stdout.trim() === "" ? "" : "+";
  return {
    processor: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()} ${arch()}`,
    loadAverage: Math.round((loadavg()[0] ?? 0) * 100) / 100,
    commit: head.code === 0 ? `${head.stdout.trim()}${dirty}` : "",
    versions: {
      node: process.versions.node,
      rustc: rustc.stdout.split(" ")[1] ?? "unknown",
      ...peerVersions(),
    },
  };
}

/** @returns {Record<string, string>} of the installed ones, by package name */
function peerVersions() {
  const folder = join(root, "bench/peers/node_modules");
  /** @type {Record<string, string>} */
  const versions = {};
  for (const name of packageNames(folder)) {
    const manifest = join(realpathSync(join(folder, name)), "package.json");
    versions[name] = JSON.parse(readFileSync(manifest, "utf8")).version;
  }
  return versions;
}

/** @param {string} folder @returns {string[]} */
function packageNames(folder) {
  try {
    return readdirSync(folder)
      .filter((name) => !name.startsWith("."))
      .flatMap((name) =>
        name.startsWith("@") ? readdirSync(join(folder, name)).map((inner) => `${name}/${inner}`) : [name],
      );
  } catch {
    return [];
  }
}
