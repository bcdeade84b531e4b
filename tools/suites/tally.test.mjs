import { expect, test } from "vitest";
import { countCargoTest, countNextest, ignoredTests } from "./rust-suite.mjs";
import { closeTally, sum, summarize } from "./tally.mjs";

const clean = { suite: "rust", passed: 3, failed: 0, failures: [], skipped: [] };

test("reads the closing line of nextest, coloured or not", () => {
  const line =
    "\u001b[32m Summary\u001b[0m [   0.005s] 7 tests run: 4 passed (1 slow), 2 failed, 1 timed out, 3 skipped\n";
  expect(countNextest(line)).toMatchObject({
    passed: 4,
    failed: 3,
    skipped: [expect.stringContaining("3 Rust tests")],
  });
});

test("finds ignored Rust tests with their reasons", () => {
  const source =
    '#[test]\n#[ignore = "takes an hour"]\nfn survives() {}\n#[ignore]\n#[tokio::test]\nasync fn hums() {}';
  expect(ignoredTests(source)).toEqual(["survives: takes an hour", "hums: no reason given"]);
});

test("takes the number of tests run by nextest for nothing else", () => {
  expect(countNextest("Summary [   1.2s] 12 tests run: 12 passed, 0 skipped")).toEqual({
    passed: 12,
    failed: 0,
    failures: [],
    skipped: [],
  });
});

test("names each test that nextest found failed, once", () => {
  const output = [
    "        PASS [   0.004s] (1/3) twinloop-api config::tests::reads",
    "        \u001b[31;1mFAIL\u001b[0m [   0.106s] (2/3) \u001b[35;1mtwinloop-api::edge\u001b[0m slow::a_slow_head_ends",
    "     TIMEOUT [ 120.002s] (3/3) twinloop-cron engine::tests::ticks",
    "     Summary [   0.2s] 3 tests run: 1 passed, 1 failed, 1 timed out, 0 skipped",
    "        FAIL [   0.106s] (2/3) twinloop-api::edge slow::a_slow_head_ends",
  ].join("\n");
  expect(countNextest(output)).toEqual({
    passed: 1,
    failed: 2,
    failures: [
      {
        name: "twinloop-api::edge slow::a_slow_head_ends",
        program: { binary: "twinloop-api::edge", test: "slow::a_slow_head_ends" },
      },
      {
        name: "twinloop-cron engine::tests::ticks",
        program: { binary: "twinloop-cron", test: "engine::tests::ticks" },
      },
    ],
    skipped: [],
  });
});

test("adds up every program that cargo test ran", () => {
  const output = [
    "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
    "test result: FAILED. 5 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
  ].join("\n");
  expect(countCargoTest(`test a::b ... ok\ntest c - d (line 3) ... FAILED\n${output}`)).toMatchObject({
    passed: 8,
    failed: 2,
    failures: [{ name: "c - d (line 3)" }],
  });
});

test("counts a runner that crashed without a failed test as one failure", () => {
  expect(closeTally(clean, 101)).toMatchObject({ passed: 3, failed: 1 });
});

test("counts a runner that found no test as one failure", () => {
  expect(closeTally({ ...clean, passed: 0 }, 0)).toMatchObject({ failed: 1 });
});

test("leaves a clean run as it is", () => {
  expect(closeTally(clean, 0)).toEqual({ ...clean, trouble: null });
});

test("ends with the sum over all runners, after what was skipped and what failed", () => {
  const tallies = [
    { ...clean, trouble: null },
    {
      suite: "typescript",
      passed: 2,
      failed: 1,
      failures: [{ name: "a.test.ts > adds" }],
      unsteady: ["b.test.ts > waits"],
      skipped: ["page: no Chromium here"],
      trouble: null,
    },
  ];
  expect(summarize(tallies).slice(-4)).toEqual([
    "skipped: page: no Chromium here",
    "unsteady: typescript: b.test.ts > waits: failed beside other tests, passed by itself",
    "failed: typescript: a.test.ts > adds",
    "5 passed, 1 failed",
  ]);
  expect(sum(tallies)).toEqual({ passed: 5, failed: 1 });
});
