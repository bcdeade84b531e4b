import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root, runCommand } from "../setup/command.mjs";
import { listFiles } from "../setup/fingerprint.mjs";
import { closeTally, foundTests } from "./tally.mjs";

// What nextest exits with when it found no test to run.
const NEXTEST_NO_TESTS = 4;

/**
 * Runs the Rust tests: cargo-nextest where it is installed, else `cargo test`.
 *
 * @param {string | null} crate one crate; null for the workspace
 * @param {Record<string, string>} [env] what the tests find in their environment
 * @returns {Promise<import("./tally.mjs").Tally[]>} one tally for the tests, one for the examples in docstrings if any ran
 */
export async function runRustSuite(crate, env = {}) {
  const scope = crate === null ? ["--workspace"] : ["-p", crate];
  const color = process.stdout.isTTY ? ["--color=always"] : [];
  const hasNextest = (await runCommand("cargo", ["nextest", "--version"])).code === 0;
  if (!hasNextest) return [await runCargoTest("rust", ["test", ...scope, "--no-fail-fast", ...color], env)];
  const args = ["nextest", "run", ...scope, "--no-fail-fast", ...color];
  const result = await runCommand("cargo", args, { stdout: "show", stderr: "both", env });
  const tests = closeTally(
    { suite: "rust", ...countNextest(result.stderr) },
    result.code === NEXTEST_NO_TESTS ? 0 : result.code,
  );
  // nextest leaves the examples in docstrings to cargo.
  const examples = await runCargoTest("rust examples", [
    "test",
    "--doc",
    ...scope,
    "--no-fail-fast",
    ...color,
  ]);
  return foundTests(examples) ? [tests, examples] : [tests];
}

/**
 * Runs one Rust test by itself.
 *
 * @param {{ binary: string, test: string }} program
 * @param {Record<string, string>} env
 * @returns {Promise<boolean>} whether it passed
 */
export async function rustTestPasses({ binary, test }, env) {
  const filter = `binary_id(=${binary}) & test(=${test})`;
  const args = ["nextest", "run", "--workspace", "-E", filter];
  return (await runCommand("cargo", args, { stdout: "show", stderr: "show", env })).code === 0;
}

/** @param {string} suite @param {string[]} args @param {Record<string, string>} [env] */
async function runCargoTest(suite, args, env = {}) {
  const result = await runCommand("cargo", args, { stdout: "both", stderr: "both", env });
  const noLibrary = /error: no library targets found/.test(result.stderr);
  return closeTally({ suite, ...countCargoTest(result.stdout) }, noLibrary ? 0 : result.code);
}

/**
 * Reads nextest's closing line, for example
 * `Summary [0.1s] 7 tests run: 4 passed (1 slow), 2 failed, 1 timed out, 1 skipped`, and the lines of failed tests, such
 * as `FAIL [   0.1s] (1/7) twinloop-api::edge name`.
 *
 * @param {string} output
 * @returns {Omit<import("./tally.mjs").Tally, "suite" | "trouble">}
 */
export function countNextest(output) {
  const plain = withoutColor(output);
  const summary = /Summary \[[^\]]*\].*/.exec(plain)?.[0] ?? "";
  const count = (/** @type {string} */ word) => Number(new RegExp(`(\\d+) ${word}`).exec(summary)?.[1] ?? 0);
  const skipped = count("skipped");
  return {
    passed: count("passed"),
    failed: count("failed") + count("timed out") + count("exec failed"),
    // nextest names a failed test as it ends and once more after its summary.
    failures: [
      ...new Map(
        Array.from(plain.matchAll(FAILED_TEST), ([, binary = "", test = ""]) => [
          `${binary} ${test}`,
          { name: `${binary} ${test}`, program: { binary, test } },
        ]),
      ).values(),
    ],
    skipped: describeSkipped(skipped),
  };
}

const FAILED_TEST =
  /^\s*(?:FAIL|TIMEOUT|SIG\w+|ABORT|EXECFAIL|LEAK-FAIL)\s+\[[^\]]*\]\s+(?:\(\s*\d+\/\d+\)\s+)?(\S+)\s+(\S+)/gm;

/**
 * Adds up the closing lines of `cargo test`, one for each test program, and names the tests that failed.
 *
 * @param {string} output
 * @returns {Omit<import("./tally.mjs").Tally, "suite" | "trouble">}
 */
export function countCargoTest(output) {
  const total = { passed: 0, failed: 0, ignored: 0 };
  for (const match of withoutColor(output).matchAll(
    /test result: .*?(\d+) passed; (\d+) failed; (\d+) ignored/g,
  )) {
    total.passed += Number(match[1]);
    total.failed += Number(match[2]);
    total.ignored += Number(match[3]);
  }
  const failures = Array.from(
    withoutColor(output).matchAll(/^test (.+) \.\.\. FAILED$/gm),
    ([, name = ""]) => ({ name }),
  );
  return { passed: total.passed, failed: total.failed, failures, skipped: describeSkipped(total.ignored) };
}

/** @param {number} count @returns {string[]} one line with the reasons that the sources give */
function describeSkipped(count) {
  if (count === 0) return [];
  const sources = listFiles(join(root, "crates")).filter((file) => file.endsWith(".rs"));
  const reasons = sources.flatMap((file) => ignoredTests(readFileSync(file, "utf8")));
  return [`${count} Rust tests, of ${reasons.join(" · ")}`];
}

/**
 * Finds the tests that a source file marks with `#[ignore]`.
 *
 * @param {string} source
 * @returns {string[]} `"name: reason"`
 */
export function ignoredTests(source) {
  const marked = /#\[ignore(?:\s*=\s*"([^"]*)")?\]\s*(?:#\[[^\]]*\]\s*)*(?:async\s+)?fn\s+(\w+)/g;
  return [...source.matchAll(marked)].map((match) => `${match[2]}: ${match[1] ?? "no reason given"}`);
}

/** @param {string} text */
function withoutColor(text) {
  return text.replace(/\u001b\[[0-9;]*m/g, "");
}
