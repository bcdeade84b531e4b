import { expect, test } from "vitest";
import { MOST_UNSTEADY, runFailuresAlone } from "./alone.mjs";

/** @param {string[]} names @returns {import("./tally.mjs").Tally} */
const failing = (...names) => ({
  suite: "typescript",
  passed: 7,
  failed: names.length,
  failures: names.map((name) => ({ name, program: { project: "api", file: name } })),
  skipped: [],
  trouble: null,
});

test("what passes by itself is unsteady and counted as passed, what fails again has failed", async () => {
  const tallies = [failing("late", "wrong"), failing()];
  const [first, second] = await runFailuresAlone(tallies, async ({ name }) => name === "late");
  expect(first).toMatchObject({ passed: 8, failed: 1, failures: [{ name: "wrong" }], unsteady: ["late"] });
  expect(second).toMatchObject({ passed: 7, failed: 0, failures: [], unsteady: [] });
});

test("many failures are no matter of a busy machine, and none is tried again", async () => {
  const tallies = [failing(...Array.from({ length: MOST_UNSTEADY + 1 }, (_, n) => `test ${n}`))];
  const passes = () => Promise.reject(new Error("tried again"));
  expect(await runFailuresAlone(tallies, passes)).toBe(tallies);
});

test("each is run one after the other", async () => {
  let running = 0;
  const passes = async () => {
    expect(++running).toBe(1);
    await new Promise(setImmediate);
    running--;
    return true;
  };
  const [tally] = await runFailuresAlone([failing("a", "b", "c")], passes);
  expect(tally).toMatchObject({ passed: 10, failed: 0, unsteady: ["a", "b", "c"] });
});
