import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { platformName } from "../setup/addon.mjs";
import { root, runCommand } from "../setup/command.mjs";
import { prepare } from "../setup/prepare.mjs";
import { Problem } from "../setup/problem.mjs";
import { buildPublishedAddon } from "./published-addon.mjs";
import { sbomOf } from "./release-sbom.mjs";
import { everythingHere, findPlatform, stagePackages } from "./stage.mjs";

/**
 * A package as it is published. `folder` is its place in the checkout, `parts` are those of others that it contains.
 *
 * @typedef {{ manifest: Record<string, any>, file: string, integrity: string, packedBytes: number, unpackedBytes: number, folder: string, parts: import("./addon-crates.mjs").Part[] }} Packed
 */

/**
 * Runs the `pack` command: builds the addon as it is published and changed packages, and makes the archives that `npm publish`
 * takes, with the bill of materials of them.
 *
 * Shape: `[]` or the folder they go to, `release` unless given; `--addon TRIPLE` for that addon alone, `--packages` for the
 *        packages without an addon -> 0; a line for each file.
 *
 * @param {string[]} args
 * @returns {Promise<number>}
 */
export async function main(args) {
  const { folder, addon, packages } = readArguments(args);
  const addons = addon === null ? [] : [await buildAddon(addon)];
  if (packages) {
    // The packages' own build runs the compiler, which loads an addon.
    if (addons[0] !== undefined) process.env["TWINLOOP_ADDON"] = addons[0].file;
    await prepare({ addon: addons.length > 0 ? "none" : "quick" });
  }
  const packed = await packAll(folder, { addons, packages });
  const { version } = packed[0]?.manifest ?? {};
  const bill = join(folder, `twinloop-${version}${packages ? "" : `-${addon}`}.cdx.json`);
  writeFileSync(bill, sbomOf(version, packed));
  for (const { manifest, file, packedBytes, unpackedBytes } of packed) {
    const sizes = `${kib(packedBytes)} packed, ${kib(unpackedBytes)} installed`;
    console.log(`${manifest["name"]}@${version}  ${sizes}  ${file}`);
  }
  console.log(`bill of materials  ${bill}`);
  return 0;
}

/** @param {string[]} args @returns {{ folder: string, addon: string | null, packages: boolean }} */
function readArguments(args) {
  const options = /** @type {const} */ ({ addon: { type: "string" }, packages: { type: "boolean" } });
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    const [folder = join(root, "release"), another] = positionals;
    if (another !== undefined) throw new Error(`there is one folder, and \`${another}\` is a second`);
    if (values.packages && values.addon !== undefined)
      throw new Error("--addon and --packages exclude each other");
    const own = values.packages ? null : (values.addon ?? platformName());
    return { folder: resolve(folder), addon: own, packages: values.addon === undefined };
  } catch (error) {
    const usage = "npm run pack -- [folder] [--addon TRIPLE | --packages]";
    throw new Problem(`${/** @type {Error} */ (error).message}\nUsage: ${usage}`);
  }
}

/** @param {string} triple @returns {Promise<import("./stage.mjs").Addon>} */
async function buildAddon(triple) {
  const platform = findPlatform(triple);
  await prepare({ addon: "none", packages: "none", rust: true });
  return { platform, file: await buildPublishedAddon(platform) };
}

/**
 * Packs packages and addons.
 *
 * Shape:  a folder, made if need be, and what is wanted; unless given, each package, and the addon that this checkout loads ->
 *         what lies in the folder now, each after those it depends on.
 * Errors: `Problem` when something isn't built, or with what npm says.
 *
 * @param {string} folder
 * @param {import("./stage.mjs").Selection} [selection]
 * @returns {Promise<Packed[]>}
 */
export async function packAll(folder, selection = everythingHere()) {
  mkdirSync(folder, { recursive: true });
  const stage = mkdtempSync(join(tmpdir(), "twinloop-stage-"));
  try {
    const packed = [];
    for (const staged of await stagePackages(stage, selection)) packed.push(await pack(staged, folder));
    return packed;
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

/** @param {import("./stage.mjs").Staged} staged @param {string} folder @returns {Promise<Packed>} */
async function pack({ folder: stage, source, parts }, folder) {
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const { code, stdout, stderr } = await runCommand("npm", args, { cwd: stage });
  if (code !== 0) throw new Problem(`npm could not pack ${stage}:\n${stderr.trim()}`);
  const [{ filename, integrity, size, unpackedSize }] = Object.values(JSON.parse(stdout));
  const manifest = JSON.parse(readFileSync(join(stage, "package.json"), "utf8"));
  return {
    manifest,
    file: join(folder, filename),
    integrity,
    packedBytes: size,
    unpackedBytes: unpackedSize,
    folder: source,
    parts,
  };
}

/** @param {number} bytes */
function kib(bytes) {
  return `${Math.round(bytes / 1024).toLocaleString("en")} KiB`;
}
