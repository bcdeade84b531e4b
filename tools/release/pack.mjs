import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { root, runCommand } from "../setup/command.mjs";
import { prepare } from "../setup/prepare.mjs";
import { Problem } from "../setup/problem.mjs";
import { stagePackages } from "./stage.mjs";

/**
 * A package as it is published.
 *
 * @typedef {{ manifest: Record<string, any>, file: string, integrity: string, packedBytes: number, unpackedBytes: number }} Packed
 */

/**
 * Runs the `pack` command: builds changed packages and makes the archives that `npm publish` takes.
 *
 * Shape: `[]` or the folder they go to, `release` unless given -> 0; a line for each file.
 *
 * @param {string[]} args
 * @returns {Promise<number>}
 */
export async function main([folder = join(root, "release")]) {
  await prepare();
  for (const { manifest, file, packedBytes, unpackedBytes } of await packAll(resolve(folder))) {
    const { name, version } = manifest;
    console.log(`${name}@${version}  ${kib(packedBytes)} packed, ${kib(unpackedBytes)} installed  ${file}`);
  }
  return 0;
}

/**
 * Packs each package, and the addon's package for this machine.
 *
 * Shape:  a folder, made if need be -> what lies in it now, each after those it depends on.
 * Errors: `Problem` when something isn't built, or with what npm says.
 *
 * @param {string} folder
 * @returns {Promise<Packed[]>}
 */
export async function packAll(folder) {
  mkdirSync(folder, { recursive: true });
  const stage = mkdtempSync(join(tmpdir(), "twinloop-stage-"));
  try {
    const packed = [];
    for (const source of stagePackages(stage)) packed.push(await pack(source, folder));
    return packed;
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

/** @param {string} source @param {string} folder @returns {Promise<Packed>} */
async function pack(source, folder) {
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const { code, stdout, stderr } = await runCommand("npm", args, { cwd: source });
  if (code !== 0) throw new Problem(`npm could not pack ${source}:\n${stderr.trim()}`);
  const [{ filename, integrity, size, unpackedSize }] = Object.values(JSON.parse(stdout));
  const manifest = JSON.parse(readFileSync(join(source, "package.json"), "utf8"));
  return {
    manifest,
    file: join(folder, filename),
    integrity,
    packedBytes: size,
    unpackedBytes: unpackedSize,
  };
}

/** @param {number} bytes */
function kib(bytes) {
  return `${Math.round(bytes / 1024).toLocaleString("en")} KiB`;
}
