import { copyFileSync, existsSync, mkdirSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { root, runCommand } from "./command.mjs";
import { fingerprint, listFiles, stampOf } from "./fingerprint.mjs";
import { Problem } from "./problem.mjs";

const CRATE = "twinloop-core-native";
const stamp = stampOf("addon");

/**
 * Returns the platform part of the addon's file name, by napi's convention.
 *
 * Shape: `linux-x64-gnu`, `linux-arm64-musl`, `darwin-arm64`, `win32-x64-msvc`.
 *
 * @param {string} [platform]
 * @param {string} [arch]
 * @param {() => boolean} [isMusl]
 * @returns {string}
 */
export function platformName(platform = process.platform, arch = process.arch, isMusl = runsOnMusl) {
  if (platform === "linux") return `linux-${arch}-${isMusl() ? "musl" : "gnu"}`;
  if (platform === "win32") return `win32-${arch}-msvc`;
  return `${platform}-${arch}`;
}

function runsOnMusl() {
  const report = /** @type {any} */ (process.report);
  // Without this the report resolves the name of every open socket.
  report.excludeNetwork = true;
  return report.getReport().header.glibcVersionRuntime === undefined;
}

/** @returns {string} where the addon is loaded from */
export function addonPath() {
  return join(root, "packages/core-native/native", `twinloop.${platformName()}.node`);
}

function addonInputs() {
  const sources = listFiles(join(root, "crates")).filter((file) => !/[\\/](tests|benches)[\\/]/.test(file));
  const own = ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", ".cargo/config.toml"];
  return fingerprint([...own.map((name) => join(root, name)), ...sources]);
}

/**
 * How the addon is built: `quick` without optimisation, in a fifth of the time; `tests` likewise, together with all Rust tests;
 * `optimised` as it is published and measured.
 *
 * @typedef {"quick" | "tests" | "optimised"} AddonBuild
 */

/**
 * What cargo is asked for. The tests of all crates turn on features of dependencies (of `serde_core`, `subtle` and others) that the
 * addon alone does not need, for which cargo would compile every crate of ours twice: so both are asked for in one command.
 *
 * @type {Record<AddonBuild, string[]>}
 */
const SELECTIONS = {
  quick: ["-p", CRATE],
  tests: ["--workspace", "--lib", "--tests"],
  optimised: ["--release", "-p", CRATE],
};

/**
 * @param {AddonBuild} build an optimised addon serves where another is wanted
 * @returns {boolean} whether the addon on disk was built from the present sources
 */
export function addonIsBuilt(build) {
  if (!existsSync(addonPath())) return false;
  const inputs = addonInputs();
  return (
    stamp.matches(stampFor("optimised", inputs)) ||
    (build !== "optimised" && stamp.matches(stampFor(build, inputs)))
  );
}

/** @param {AddonBuild} build @param {string} inputs */
function stampFor(build, inputs) {
  return `${build === "tests" ? "quick" : build} ${inputs}`;
}

/**
 * Builds the addon with cargo and copies it beside the package that loads it. cargo's progress stays on the terminal.
 *
 * @param {AddonBuild} build
 * @returns {Promise<void>}
 */
export async function buildAddon(build) {
  const inputs = addonInputs();
  const args = ["build", ...SELECTIONS[build], "--message-format=json-render-diagnostics"];
  const result = await runCommand("cargo", args, { stderr: "show" });
  if (result.code !== 0) {
    throw new Problem("cargo could not build the addon: its own message above says why.");
  }
  placeAddon(findLibrary(result.stdout), addonPath());
  stamp.write(stampFor(build, inputs));
}

/**
 * Finds the shared library in cargo's JSON messages, so that a target folder set elsewhere is found too.
 *
 * @param {string} messages one JSON object a line
 * @returns {string} absolute path
 */
export function findLibrary(messages) {
  for (const line of messages.split("\n")) {
    if (!line.startsWith('{"reason":"compiler-artifact"')) continue;
    const { target, filenames } = JSON.parse(line);
    const library = filenames.find((/** @type {string} */ name) => /\.(so|dylib|dll)$/.test(name));
    if (target.name === CRATE.replaceAll("-", "_") && library !== undefined) return library;
  }
  throw new Problem(`cargo built ${CRATE} without a shared library: its crate-type must include "cdylib".`);
}

/** @param {string} library @param {string} destination */
function placeAddon(library, destination) {
  mkdirSync(dirname(destination), { recursive: true });
  // Renamed into place: a process that runs the old addon keeps its bytes mapped.
  const fresh = `${destination}.${process.pid}.tmp`;
  copyFileSync(library, fresh);
  renameSync(fresh, destination);
}
