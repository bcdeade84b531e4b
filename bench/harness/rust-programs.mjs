import { runCommand } from "../../tools/setup/command.mjs";
import { Problem } from "../../tools/setup/problem.mjs";

const PROGRAMS = /** @type {const} */ (["limit", "load", "pieces", "axum"]);

/** @typedef {Record<(typeof PROGRAMS)[number], string>} Programs absolute paths */

/**
 * Builds the benchmark's Rust programs where they are missing or old, and returns their paths.
 *
 * Errors: `Problem` when cargo fails; its own message is on the terminal.
 *
 * @returns {Promise<Programs>}
 */
export async function buildRustPrograms() {
  const packages = PROGRAMS.flatMap((name) => ["-p", packageOf(name)]);
  const args = ["build", "--release", ...packages, "--message-format=json-render-diagnostics"];
  const result = await runCommand("cargo", args, { stderr: "show" });
  if (result.code !== 0)
    throw new Problem("cargo could not build the benchmark: its own message above says why.");
  const found = PROGRAMS.map((name) => [name, findExecutable(result.stdout, packageOf(name))]);
  if (found.every(([, path]) => path)) return Object.fromEntries(found);
  throw new Problem(
    "cargo built the benchmark and named no program: is `bench/*` still in Cargo.toml's members?",
  );
}

/** @param {string} name */
const packageOf = (name) => `twinloop-bench-${name}`;

/**
 * Finds a program in cargo's messages, so that a target folder set elsewhere is found too.
 *
 * @param {string} messages one JSON object a line
 * @param {string} name of the program
 * @returns {string | undefined} absolute path
 */
export function findExecutable(messages, name) {
  const artifacts = messages
    .split("\n")
    .filter((line) => line.startsWith('{"reason":"compiler-artifact"'))
    .map((line) => JSON.parse(line));
  return artifacts.find(({ target, executable }) => target.name === name && executable)?.executable;
}
