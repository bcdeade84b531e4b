import { writeFileSync } from "node:fs";

/**
 * A vitest reporter that writes the run's count as JSON to the file named by `TWINLOOP_TEST_COUNT`.
 *
 * Shape: `{ passed, failed, skipped: ["name: reason"] }`. A file that could not be loaded and an error outside
 * any test count as one failure each.
 */
export default class CountReporter {
  /**
   * @param {ReadonlyArray<import("vitest/node").TestModule>} testModules
   * @param {ReadonlyArray<unknown>} unhandledErrors
   */
  onTestRunEnd(testModules, unhandledErrors) {
    const file = process.env.TWINLOOP_TEST_COUNT;
    if (file === undefined) return;
    const count = countModules(testModules);
    count.failed += unhandledErrors.length;
    writeFileSync(file, JSON.stringify(count));
  }
}

/** @param {ReadonlyArray<import("vitest/node").TestModule>} testModules */
function countModules(testModules) {
  const count = { passed: 0, failed: 0, skipped: /** @type {string[]} */ ([]) };
  for (const module of testModules) {
    const suites = [...module.children.allSuites()];
    count.failed += module.errors().length + suites.filter((suite) => suite.errors().length > 0).length;
    for (const test of module.children.allTests()) {
      const result = test.result();
      if (result.state === "passed") count.passed += 1;
      else if (result.state === "failed") count.failed += 1;
      else count.skipped.push(`${test.fullName}: ${reasonOf(result)}`);
    }
  }
  return count;
}

/** @param {import("vitest/node").TestResult} result */
function reasonOf(result) {
  return (result.state === "skipped" && result.note) || "no reason given";
}
