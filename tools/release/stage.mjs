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
import { LOADER, platformDependencies, platformManifest, PLATFORMS } from "./platforms.mjs";

const REPOSITORY = "git+https://github.com/twinloop/twinloop.git";

/** @typedef {Record<string, any> & { name: string, version: string, files: string[] }} Manifest */

/**
 * Lays out each package as it is published, a folder each: what its `files` name, the licence, and a manifest for users.
 *
 * Shape:  an empty folder -> the packages' folders, in an order in which each comes after those it depends on.
 * Errors: `Problem` when a package or the addon isn't built.
 *
 * @param {string} folder
 * @returns {string[]}
 */
export function stagePackages(folder) {
  const platform = PLATFORMS.find(({ triple }) => triple === platformName());
  if (platform === undefined) throw new Problem(`No addon is published for ${platformName()}.`);
  const rooms = readdirSync(join(root, "packages")).filter((name) =>
    existsSync(join(root, "packages", name, "package.json")),
  );
  const manifests = rooms.map((room) => readManifest(room));
  const version = manifests.find(({ manifest }) => manifest.name === LOADER)?.manifest.version ?? "";
  const staged = inOrder(manifests).map(({ room, manifest }) => stagePackage(folder, room, manifest));
  return [stageAddon(folder, platform, version), ...staged];
}

/** @param {string} room @returns {{ room: string, manifest: Manifest }} */
function readManifest(room) {
  return { room, manifest: JSON.parse(readFileSync(join(root, "packages", room, "package.json"), "utf8")) };
}

/**
 * Sorts packages so that each comes after the workspace packages that it depends on.
 *
 * @param {{ room: string, manifest: Manifest }[]} packages
 * @returns {{ room: string, manifest: Manifest }[]}
 */
export function inOrder(packages) {
  const names = new Set(packages.map(({ manifest }) => manifest.name));
  /** @type {Map<string, { room: string, manifest: Manifest }>} */
  const placed = new Map();
  while (placed.size < packages.length) {
    const next = packages.filter(({ manifest }) => {
      const needs = Object.keys({ ...manifest["dependencies"], ...manifest["peerDependencies"] });
      return !placed.has(manifest.name) && needs.every((name) => placed.has(name) || !names.has(name));
    });
    if (next.length === 0)
      throw new Problem("Packages depend on each other in a circle: break it in their package.json.");
    for (const each of next) placed.set(each.manifest.name, each);
  }
  return [...placed.values()];
}

/** @param {string} folder @param {string} room @param {Manifest} manifest */
function stagePackage(folder, room, manifest) {
  const source = join(root, "packages", room);
  const target = join(folder, room);
  mkdirSync(target, { recursive: true });
  for (const name of manifest.files.flatMap((file) => filesOf(source, file))) {
    if (!existsSync(join(source, name)))
      throw new Problem(`packages/${room}/${name} is not built: npm run build`);
    cpSync(join(source, name), join(target, name), { recursive: true });
  }
  copyFileSync(join(root, "LICENSE"), join(target, "LICENSE"));
  writeManifest(target, publishedManifest(room, manifest));
  return target;
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

/** @param {string} folder @param {import("./platforms.mjs").Platform} platform @param {string} version */
function stageAddon(folder, platform, version) {
  const addon = process.env["TWINLOOP_ADDON"] ?? addonPath();
  if (!existsSync(addon)) throw new Problem(`The addon ${addon} is not built: npm run build`);
  const manifest = platformManifest(platform, version);
  const target = join(folder, basename(manifest.name));
  mkdirSync(target, { recursive: true });
  copyFileSync(addon, join(target, manifest.main));
  copyFileSync(join(root, "LICENSE"), join(target, "LICENSE"));
  writeManifest(target, manifest);
  return target;
}

/** @param {string} folder @param {object} manifest */
function writeManifest(folder, manifest) {
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}
