import { writeFileSync } from "node:fs";

/**
 * A vitest reporter that writes the run's count as JSON to the file named by `TWINLOOP_TEST_COUNT`.
 *
 * Shape: `{ passed, failed, failures: [{ name: "file > name", program: { project, file } }], skipped: ["name: reason"] }`. A file that could
 * not be loaded counts as one failure, and so does an error outside any test, which has no `program`.
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
    for (const error of unhandledErrors)
      count.failures.push({ name: `outside any test: ${messageOf(error)}` });
    writeFileSync(file, JSON.stringify(count));
  }
}

/** @param {ReadonlyArray<import("vitest/node").TestModule>} testModules */
function countModules(testModules) {
  const count = {
    passed: 0,
    failed: 0,
    failures: /** @type {import("./tally.mjs").Failure[]} */ ([]),
    skipped: /** @type {string[]} */ ([]),
  };
  for (const module of testModules) {
    const file = module.relativeModuleId;
    const program = { project: module.project.name, file };
    const suites = [...module.children.allSuites()].filter((suite) => suite.errors().length > 0);
    const broken = [
      ...module.errors().map(() => file),
      ...suites.map(({ fullName }) => `${file} > ${fullName}`),
    ];
    count.failed += broken.length;
    count.failures.push(...broken.map((name) => ({ name, program })));
    for (const test of module.children.allTests()) {
      const result = test.result();
      if (result.state === "passed") count.passed += 1;
      else if (result.state === "failed") {
        count.failed += 1;
        count.failures.push({ name: `${file} > ${test.fullName}`, program });
      } else count.skipped.push(`${test.fullName}: ${reasonOf(result)}`);
    }
  }
  return count;
}

/** @param {import("vitest/node").TestResult} result */
function reasonOf(result) {
  return (result.state === "skipped" && result.note) || "no reason given";
}

/** @param {unknown} error @returns {string} the first line of what was thrown */
function messageOf(error) {
  const { message } = Object(error);
  return String(message ?? error).split("\n", 1)[0] ?? "";
}
