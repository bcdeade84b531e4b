import { rustTestPasses } from "./rust-suite.mjs";
import { runVitestSuite } from "./vitest-suite.mjs";

/** Most failures of a run that are tried again: more are no matter of a busy machine. */
export const MOST_UNSTEADY = 5;

/**
 * Runs each failed test once more, with no other beside it, and tells tests that a crowd made fail from tests that fail. What passes is
 * counted as passed and named as unsteady: a fault of the test or of the code that is still to be found, and no reason to hold a change up.
 *
 * @param {import("./tally.mjs").Tally[]} tallies
 * @param {(failure: import("./tally.mjs").Failure) => Promise<boolean>} passes whether a test passes by itself
 * @returns {Promise<import("./tally.mjs").Tally[]>}
 */
export async function runFailuresAlone(tallies, passes) {
  const failures = tallies.flatMap((tally) => tally.failures);
  if (failures.length === 0 || failures.length > MOST_UNSTEADY) return tallies;
  const steadied = new Set();
  for (const failure of failures) {
    console.log(`\nBy itself: ${failure.name}`);
    if (await passes(failure)) steadied.add(failure);
  }
  return tallies.map((tally) => {
    const unsteady = tally.failures.filter((failure) => steadied.has(failure));
    return {
      ...tally,
      passed: tally.passed + unsteady.length,
      failed: tally.failed - unsteady.length,
      failures: tally.failures.filter((failure) => !steadied.has(failure)),
      unsteady: unsteady.map(({ name }) => name),
    };
  });
}

/**
 * Returns how to run a failed test by itself: a Rust test alone, a TypeScript test with the others of its file.
 *
 * @param {Record<string, string>} env what the tests find in their environment
 * @returns {(failure: import("./tally.mjs").Failure) => Promise<boolean>} false where the runner did not say what failed
 */
export function passesAlone(env) {
  return async ({ name, program }) => {
    if (program === undefined) return false;
    if ("binary" in program) return rustTestPasses(program, env);
    const { trouble, failures } = await runVitestSuite(program.project, { files: [program.file], env });
    return trouble === null && !failures.some((failure) => failure.name === name);
  };
}
