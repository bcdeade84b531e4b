import { expect, test } from "vitest";
import { Tree } from "./finding.mjs";
import { writeTree } from "./fixture-tree.mjs";
import { checkDocFirstWords } from "./rules/doc-first-words.mjs";

const rust = [
  "//! It holds jobs.",
  "",
  "/// The jobs of an app.",
  "/// They are many.",
  "pub struct Jobs;",
  "",
  "/// The same, sorted.",
  "pub struct Sorted; // It is no doc comment",
  "",
].join("\n");
const typescript = [
  "/** Its number. */",
  "const a = 1;",
  "/**",
  " * See above.",
  " */",
  "const b = 2;",
  "/* It is no doc comment. */",
  "/** Items, italics and `Its` further on. */",
  "const c = 3;",
  "",
].join("\n");
const files = { "crates/cron/src/lib.rs": rust, "packages/cron/src/index.ts": typescript };

/** @param {Record<string, number>} [allowed] */
function places(allowed) {
  return checkDocFirstWords(new Tree(writeTree(files)), allowed).map(({ file, line }) => `${file}:${line}`);
}

test("finds doc comments whose first word points elsewhere, in both languages", () => {
  expect(places({})).toEqual([
    "crates/cron/src/lib.rs:1",
    "crates/cron/src/lib.rs:7",
    "packages/cron/src/index.ts:1",
    "packages/cron/src/index.ts:3",
  ]);
});

test("leaves a room alone that has as many as it is allowed", () => {
  expect(places({ "crates/cron": 2, "packages/cron": 2 })).toEqual([]);
});

test("wants the number of a room lowered that has fewer", () => {
  const page = "tools/tidy/rules/doc-first-words.mjs:1";
  expect(places({ "crates/cron": 3, "packages/cron": 2, "packages/api": 1 })).toEqual([page, page]);
});

test("does not read tests", () => {
  const tests = { "crates/cron/tests/ledger.rs": rust, "packages/cron/src/job.test.ts": typescript };
  expect(checkDocFirstWords(new Tree(writeTree(tests)), {})).toEqual([]);
});
