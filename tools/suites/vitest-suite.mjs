import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, runCommand } from "../setup/command.mjs";
import { findChromium } from "./chromium.mjs";
import { closeTally } from "./tally.mjs";

/**
 * Runs the TypeScript tests with vitest, all projects or one.
 *
 * @param {string | null} project a vitest project; null for all
 * @param {{ suite?: string, files?: string[], env?: Record<string, string> }} [options] its name in the summary, parts of
 *   file names to run alone, and what the tests find in their environment
 * @returns {Promise<import("./tally.mjs").Tally>}
 */
export async function runVitestSuite(project, { suite = "typescript", files = [], env: given = {} } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "twinloop-tests-"));
  const countFile = join(folder, "count.json");
  const args = [
    join(root, "node_modules/vitest/vitest.mjs"),
    "run",
    ...(project === null ? [] : ["--project", project]),
    ...files,
  ];
  const chromium = findChromium();
  const env = {
    ...given,
    TWINLOOP_TEST_COUNT: countFile,
    ...(chromium === null ? {} : { CHROMIUM: chromium }),
  };
  try {
    const result = await runCommand(process.execPath, args, { stdout: "show", stderr: "show", env });
    return closeTally({ suite, ...readCount(countFile) }, result.code);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Reads the counts that `count-reporter.mjs` wrote; a run that crashed has written none.
 *
 * @param {string} file
 * @returns {Omit<import("./tally.mjs").Tally, "suite" | "trouble">}
 */
function readCount(file) {
  if (!existsSync(file)) return { passed: 0, failed: 0, failures: [], skipped: [] };
  return JSON.parse(readFileSync(file, "utf8"));
}
