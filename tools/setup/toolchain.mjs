import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root, runCommand } from "./command.mjs";
import { compareVersions } from "./node-version.mjs";

/**
 * Checks the Rust toolchain and describes each missing part in one sentence.
 *
 * @returns {Promise<string[]>} empty when all is there
 */
export async function missingRustTools() {
  const minimum = minimumRustVersion();
  const [cargo, rustc, compiler] = await Promise.all([
    runCommand("cargo", ["--version"]),
    runCommand("rustc", ["--version"]),
    findCompiler(),
  ]);
  const problems = [];
  if (cargo.code !== 0 || rustc.code !== 0)
    problems.push(noRust(cargo.code === 0 ? "rustc" : "cargo", minimum));
  else problems.push(...tooOld(rustc.stdout, minimum));
  if (!compiler) problems.push(noCompiler());
  return problems;
}

/**
 * Reads the lowest Rust version that builds the crates from `rust-version` of the root Cargo.toml.
 *
 * @returns {string} for example `"1.88"`
 */
export function minimumRustVersion() {
  const manifest = readFileSync(join(root, "Cargo.toml"), "utf8");
  return /^rust-version\s*=\s*"([^"]+)"/m.exec(manifest)?.[1] ?? "1.88";
}

/**
 * @param {string} rustcVersion what `rustc --version` printed
 * @param {string} minimum
 * @returns {string[]}
 */
export function tooOld(rustcVersion, minimum) {
  const found = /rustc (\d+\.\d+\.\d+)/.exec(rustcVersion)?.[1];
  if (found === undefined || compareVersions(found, minimum) >= 0) return [];
  return [`Twinloop needs Rust ${minimum} or newer and this is Rust ${found}: run \`rustup update stable\`.`];
}

/** @param {string} program @param {string} minimum */
function noRust(program, minimum) {
  return (
    `Twinloop needs Rust ${minimum} or newer and \`${program}\` did not run: ` +
    "install Rust from https://rustup.rs, open a new terminal, then run the command again."
  );
}

/** rustc links through a C compiler; on Windows it brings its own search for MSVC. */
async function findCompiler() {
  if (process.platform === "win32") return true;
  const named = process.env.CC ? [process.env.CC] : [];
  for (const program of [...named, "cc", "gcc", "clang"]) {
    if ((await runCommand(program, ["--version"])).code === 0) return true;
  }
  return false;
}

function noCompiler() {
  const how =
    process.platform === "darwin"
      ? "run `xcode-select --install`"
      : "install one (Debian, Ubuntu: `apt-get install build-essential`; Fedora: `dnf install gcc`)";
  return `Twinloop needs a C compiler to link the addon and found no \`cc\`: ${how}.`;
}
