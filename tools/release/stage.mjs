import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { addonPath, platformName } from "../setup/addon.mjs";
import { root } from "../setup/command.mjs";
import { Problem } from "../setup/problem.mjs";
import { listAddonCrates } from "./addon-crates.mjs";
import { inOrder } from "./packed-files.mjs";
import { formatNotices, listBundledPackages, NOTICES_FILE } from "./notices.mjs";
import { LOADER, platformDependencies, platformManifest, PLATFORMS, REPOSITORY } from "./platforms.mjs";

/** @typedef {Record<string, any> & { name: string, version: string, files: string[] }} Manifest */

/**
 * A package that lies in a folder as it is published. `source` is its folder in the checkout, `parts` are those of others
 * that it contains.
 *
 * @typedef {{ folder: string, source: string, parts: import("./addon-crates.mjs").Part[] }} Staged
 *
 * @typedef {{ platform: import("./platforms.mjs").Platform, file: string }} Addon
 */

/**
 * What is to be published: addons, each the shared library for a platform, and whether the packages of TypeScript.
 *
 * @typedef {{ addons: readonly Addon[], packages: boolean }} Selection
 */

/**
 * Chooses the packages and the addon of this machine, as it lies where the checkout loads it from.
 *
 * Errors: `Problem` where no addon is published for this machine.
 *
 * @returns {Selection}
 */
export function everythingHere() {
  const file = process.env["TWINLOOP_ADDON"] ?? addonPath();
  return { addons: [{ platform: findPlatform(platformName()), file }], packages: true };
}

/** @param {string} triple @returns {import("./platforms.mjs").Platform} */
export function findPlatform(triple) {
  const platform = PLATFORMS.find((each) => each.triple === triple);
  if (platform !== undefined) return platform;
  const known = PLATFORMS.map((each) => each.triple).join(", ");
  throw new Problem(`No addon is published for ${triple}. There are ${known}.`);
}

/**
 * Lays out each package as it is published, a folder each: what its `files` name, the licence, the notices of what it contains
 * of others, and a manifest for users.
 *
 * Shape:  an empty folder -> the packages, in an order in which each comes after those it depends on.
 * Errors: `Problem` when a package or the addon isn't built.
 *
 * @param {string} folder
 * @param {Selection} selection
 * @returns {Promise<Staged[]>}
 */
export async function stagePackages(folder, { addons, packages }) {
  const rooms = readdirSync(join(root, "packages")).filter((name) =>
    existsSync(join(root, "packages", name, "package.json")),
  );
  const manifests = rooms.map((room) => readManifest(room));
  const version = manifests.find(({ manifest }) => manifest.name === LOADER)?.manifest.version ?? "";
  const staged = [];
  for (const addon of addons) staged.push(await stageAddon(folder, addon, version));
  if (!packages) return staged;
  return [...staged, ...inOrder(manifests).map(({ room, manifest }) => stagePackage(folder, room, manifest))];
}

/** @param {string} room @returns {{ room: string, manifest: Manifest }} */
function readManifest(room) {
  return { room, manifest: JSON.parse(readFileSync(join(root, "packages", room, "package.json"), "utf8")) };
}

/** @param {string} folder @param {string} room @param {Manifest} manifest @returns {Staged} */
function stagePackage(folder, room, manifest) {
  const source = join(root, "packages", room);
  const target = join(folder, room);
  mkdirSync(target, { recursive: true });
  for (const name of manifest.files.flatMap((file) => filesOf(source, file))) {
    if (!existsSync(join(source, name)))
      throw new Problem(`packages/${room}/${name} is not built: npm run build`);
    cpSync(join(source, name), join(target, name), { recursive: true });
  }
  const parts = listBundledPackages(source);
  const files = parts.length === 0 ? manifest.files : [...manifest.files, NOTICES_FILE];
  finish(target, publishedManifest(room, { ...manifest, files }), parts);
  return { folder: target, source, parts };
}

/**
 * The files that one entry of `files` stands for: itself, or those of a folder for `folder/*.ext`, the tests beside them apart.
 *
 * @param {string} source the package's folder
 * @param {string} entry
 * @returns {string[]}
 */
function filesOf(source, entry) {
  const [, folder = "", ending = ""] = /^([^*]+)\/\*(\.[^*]+)$/.exec(entry) ?? [];
  if (folder === "") return [entry];
  const names = readdirSync(join(source, folder)).filter(
    (name) => name.endsWith(ending) && !name.includes(".test."),
  );
  return names.map((name) => `${folder}/${name}`);
}

/**
 * Makes the published form of a manifest: without the parts that only the repository needs, and with versions instead of
 * workspace references.
 *
 * @param {string} room
 * @param {Manifest} manifest
 * @returns {Manifest}
 */
export function publishedManifest(room, manifest) {
  const {
    scripts: _scripts,
    devDependencies: _devDependencies,
    dependencies,
    peerDependencies,
    ...rest
  } = manifest;
  const { version } = manifest;
  return {
    ...rest,
    repository: { type: "git", url: REPOSITORY, directory: `packages/${room}` },
    publishConfig: { access: "public" },
    ...(dependencies ? { dependencies: withVersions(dependencies, version) } : {}),
    ...(peerDependencies ? { peerDependencies: withVersions(peerDependencies, version) } : {}),
    ...(manifest.name === LOADER ? { optionalDependencies: platformDependencies(version) } : {}),
  };
}

/** @param {Record<string, string>} dependencies @param {string} version */
function withVersions(dependencies, version) {
  const entries = Object.entries(dependencies);
  return Object.fromEntries(
    entries.map(([name, range]) => [name, range.startsWith("workspace:") ? version : range]),
  );
}

/** @param {string} folder @param {Addon} addon @param {string} version @returns {Promise<Staged>} */
async function stageAddon(folder, { platform, file }, version) {
  if (!existsSync(file)) throw new Problem(`The addon ${file} is not built: npm run build`);
  const manifest = platformManifest(platform, version);
  const target = join(folder, basename(manifest.name));
  mkdirSync(target, { recursive: true });
  copyFileSync(file, join(target, manifest.main));
  const parts = await listAddonCrates(platform.target);
  finish(target, manifest, parts);
  return { folder: target, source: join(root, "crates/core-native"), parts };
}

/**
 * Adds what every package has beside its own files.
 *
 * @param {string} folder
 * @param {{ name: string }} manifest
 * @param {readonly import("./addon-crates.mjs").Part[]} parts
 */
function finish(folder, manifest, parts) {
  copyFileSync(join(root, "LICENSE"), join(folder, "LICENSE"));
  if (parts.length > 0) writeFileSync(join(folder, NOTICES_FILE), formatNotices(manifest.name, parts));
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}
