import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root, runCommand } from "../setup/command.mjs";
import { Problem } from "../setup/problem.mjs";

/**
 * A part of others inside a published package: a crate in an addon, or an npm package in a bundle. `texts` are its licences
 * with their copyright lines, and its notices.
 *
 * @typedef {{ kind: "cargo" | "npm", name: string, version: string, licence: string, checksum?: string, texts: string[] }} Part
 */

const LICENCE_FILES = /^(licen[cs]e|copying|copyright|notice|unlicense)/i;
// Sources in C that a crate brings along stand in a folder of it, with their licence.
const LICENCE_OF_SOURCES = /^(licen[cs]e|notice)/i;

/**
 * Lists the crates that are compiled into the addon for one target, and Rust's standard library. Crates that only build it, as
 * macros and build scripts do, are not in it.
 *
 * Errors: `Problem` with cargo's words, or for a crate without a licence text.
 *
 * @param {string} target Rust's name of it, such as `x86_64-unknown-linux-gnu`
 * @returns {Promise<Part[]>}
 */
export async function listAddonCrates(target) {
  const tree = ["tree", "-p", "twinloop-core-native", "-e", "normal,no-proc-macro", "--prefix", "none"];
  const [listed, described, compiler] = await Promise.all([
    cargo([...tree, "--locked", "--target", target, "--format", "{p}"]),
    cargo(["metadata", "--locked", "--format-version", "1", "--filter-platform", target]),
    runCommand("rustc", ["--version"]),
  ]);
  const inside = new Set(listed.split("\n").map((line) => line.split(" ").slice(0, 2).join(" ")));
  const checksums = readChecksums(readFileSync(join(root, "Cargo.lock"), "utf8"));
  /** @type {CrateManifest[]} */
  const packages = JSON.parse(described).packages;
  const crates = packages
    .filter(({ name, version, source }) => source !== null && inside.has(`${name} v${version}`))
    .map((crate) => toPart(crate, checksums));
  const version = /rustc (\S+)/.exec(compiler.stdout)?.[1] ?? "unknown";
  return [...crates, standardLibrary(version)].toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

/** @typedef {{ name: string, version: string, license: string | null, authors: string[], source: string | null, manifest_path: string }} CrateManifest */

/** @param {string[]} args */
async function cargo(args) {
  const { code, stdout, stderr } = await runCommand("cargo", args);
  if (code !== 0) throw new Problem(`cargo could not list the crates of the addon:\n${stderr.trim()}`);
  return stdout;
}

/** @param {string} lock Cargo.lock @returns {Map<string, string>} SHA-256 in hex, by `name version` */
export function readChecksums(lock) {
  const entries = lock.matchAll(
    /^name = "([^"]+)"\nversion = "([^"]+)"\n(?:source = .*\n)?checksum = "([0-9a-f]+)"/gm,
  );
  return new Map([...entries].map(([, name, version, checksum = ""]) => [`${name} ${version}`, checksum]));
}

/** @param {CrateManifest} crate @param {Map<string, string>} checksums @returns {Part} */
function toPart({ name, version, license, authors, manifest_path }, checksums) {
  const licence = (license ?? "").replace(/ ?\/ ?/g, " OR ");
  const found = licenceTexts(dirname(manifest_path), licence);
  const texts = found.length > 0 ? found : [standardText(name, licence, authors)];
  const checksum = checksums.get(`${name} ${version}`);
  return { kind: "cargo", name, version, licence, texts, ...(checksum === undefined ? {} : { checksum }) };
}

/**
 * Reads the licences in a crate's folder and those of the sources in its subfolders. Of a choice that offers MIT, MIT's alone.
 *
 * @param {string} folder
 * @param {string} licence
 * @returns {string[]}
 */
function licenceTexts(folder, licence) {
  const entries = readdirSync(folder, { withFileTypes: true });
  const own = entries
    .filter((entry) => entry.isFile() && LICENCE_FILES.test(entry.name))
    .map(({ name }) => name);
  const isChoice = /\bMIT\b/.test(licence) && / OR /.test(licence) && !/ AND /.test(licence);
  const mit =
    isChoice && own.some((name) => /mit/i.test(name)) ? own.filter((name) => /mit|notice/i.test(name)) : [];
  const below = entries
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => readdirSync(join(folder, name)).map((file) => join(name, file)))
    .filter(
      (file) =>
        LICENCE_OF_SOURCES.test(file.split(/[\\/]/).at(-1) ?? "") &&
        /(licen[cs]e|notice)(\.\w+)?$/i.test(file),
    );
  const files = [...(mit.length > 0 ? mit : own), ...below];
  return files.map((file) => readFileSync(join(folder, file), "utf8").trim()).filter((text) => text !== "");
}

/** @param {string} name @param {string} licence @param {string[]} authors */
function standardText(name, licence, authors) {
  const id = ["MIT", "BSD-3-Clause", "Apache-2.0"].find((each) => licence.split(" OR ").includes(each));
  if (id === undefined)
    throw new Problem(
      `The crate ${name} (${licence}) brings no licence text: add one to tools/release/licence-texts.`,
    );
  const text = readFileSync(join(root, "tools/release/licence-texts", `${id}.txt`), "utf8").trim();
  return `Copyright (c) ${authors.join(", ") || `the authors of ${name}`}\n\n${text}`;
}

/** @param {string} version @returns {Part} */
function standardLibrary(version) {
  const text = standardText("std", "MIT", ["The Rust Project contributors"]);
  return { kind: "cargo", name: "std", version, licence: "MIT OR Apache-2.0", texts: [text] };
}
