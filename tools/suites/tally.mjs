const NOTHING_FOUND = "no test was found, counted as one failure";

/**
 * A test that failed. `program` is what runs it again: a vitest project with a file, or a test program of nextest with a test; absent
 * where the runner does not say.
 *
 * @typedef {{ name: string, program?: { project: string, file: string } | { binary: string, test: string } }} Failure
 */

/**
 * The counts of one test runner. `failures` are the tests that failed, as far as the runner named them; `unsteady` names tests that
 * failed beside others, passed by themselves, and are counted as passed; `skipped` names tests that were left out, each with its reason;
 * `trouble` is set when the runner itself failed (did not build, crashed, found nothing), which counts as one failure.
 *
 * @typedef {{ suite: string, passed: number, failed: number, failures: Failure[], unsteady?: string[], skipped: string[], trouble: string | null }} Tally
 */

/**
 * Formats the closing lines of a run: each suite's count, what was skipped and why, every unsteady and every failed test by name, and the
 * sum.
 *
 * Shape: the last line is always `N passed, N failed`.
 *
 * @param {Tally[]} tallies
 * @returns {string[]}
 */
export function summarize(tallies) {
  const lines = [];
  for (const { suite, passed, failed, trouble } of tallies) {
    lines.push(`${suite}: ${passed} passed, ${failed} failed${trouble === null ? "" : ` — ${trouble}`}`);
  }
  for (const skipped of tallies.flatMap((tally) => tally.skipped)) lines.push(`skipped: ${skipped}`);
  // Last before the sum: a log of which only the end is kept still names them.
  for (const { suite, unsteady = [] } of tallies)
    for (const name of unsteady)
      lines.push(`unsteady: ${suite}: ${name}: failed beside other tests, passed by itself`);
  for (const { suite, failures } of tallies)
    for (const { name } of failures) lines.push(`failed: ${suite}: ${name}`);
  const { passed, failed } = sum(tallies);
  lines.push(`${passed} passed, ${failed} failed`);
  return lines;
}

/**
 * @param {Tally[]} tallies
 * @returns {{ passed: number, failed: number }}
 */
export function sum(tallies) {
  return {
    passed: tallies.reduce((total, tally) => total + tally.passed, 0),
    failed: tallies.reduce((total, tally) => total + tally.failed, 0),
  };
}

/**
 * Closes a runner's count: a runner that ended badly without a failed test, or that ran nothing, is itself a failure.
 *
 * @param {Omit<Tally, "trouble">} counts
 * @param {number} exitCode the runner's
 * @returns {Tally}
 */
export function closeTally(counts, exitCode) {
  const { passed, failed, skipped } = counts;
  if (exitCode !== 0 && failed === 0) {
    return {
      ...counts,
      failed: 1,
      trouble: `the runner ended with exit code ${exitCode}, counted as one failure`,
    };
  }
  if (passed + failed + skipped.length === 0) {
    return { ...counts, failed: 1, trouble: NOTHING_FOUND };
  }
  return { ...counts, trouble: null };
}

/**
 * @param {Tally} tally
 * @returns {boolean} false when its runner worked but had nothing to run
 */
export function foundTests(tally) {
  return tally.trouble !== NOTHING_FOUND;
}
