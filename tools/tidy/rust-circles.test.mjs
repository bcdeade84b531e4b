import { expect, test } from "vitest";
import { root } from "../setup/command.mjs";
import { Tree } from "./finding.mjs";
import { writeTree } from "./fixture-tree.mjs";
import { checkRustCircles, countFilesInCircles, STILL_ALLOWED } from "./rules/rust-circles.mjs";
import { expandUseTree } from "./rust-modules.mjs";

/** @param {Record<string, string>} files by name within a crate's src @returns {string[]} the ways round that are found */
function circles(files) {
  const sources = Object.entries(files).map(([name, text]) => [`crates/api/src/${name}`, text]);
  return checkRustCircles(new Tree(writeTree(Object.fromEntries(sources))), {}).map(
    ({ line, message }) => `${line} ${message.split(":")[0]}`,
  );
}

const LIB = "mod a;\nmod b;\n";

test("finds a circle through use, inline paths and super", () => {
  const used = { "lib.rs": LIB, "a.rs": "\nuse crate::b::{B, C};\n", "b.rs": "fn f() { super::a::g() }\n" };
  expect(circles(used)).toEqual(["2 a.rs → b.rs → a.rs"]);
  const inline = {
    "lib.rs": LIB,
    "a.rs": "use crate::b;\nfn f() { b::g() }\n",
    "b.rs": "use crate::a::A;\n",
  };
  expect(circles(inline)).toEqual(["2 a.rs → b.rs → a.rs"]);
});

test("follows names that a module passes on to the file they are written in", () => {
  const files = {
    "lib.rs": `${LIB}pub use b::B;\n`,
    "a.rs": "use crate::B;\n",
    "b.rs": "use crate::a::A;\n",
  };
  expect(circles(files)).toEqual(["1 a.rs → b.rs → a.rs"]);
});

test("lets a part use the module that it is a part of, and finds circles between parts", () => {
  const part = {
    "lib.rs": "mod a;\n",
    "a.rs": "mod b;\nuse b::B;\n",
    "a/b.rs": "use super::A;\nuse crate::a::C;\n",
  };
  expect(circles(part)).toEqual([]);
  const parts = {
    "lib.rs": "mod a;\n",
    "a.rs": "mod b;\nmod c;\n",
    "a/b.rs": "use super::c::C;\n",
    "a/c.rs": "use super::b::B;\n",
  };
  expect(circles(parts)).toEqual(["1 a/b.rs → a/c.rs → a/b.rs"]);
});

test("leaves tests and comments alone", () => {
  const files = {
    "lib.rs": LIB,
    "a.rs": "use crate::b::B;\n",
    "b.rs": "// crate::a::A\n#[cfg(test)]\nmod tests {\n    use crate::a::A;\n}\n",
  };
  expect(circles(files)).toEqual([]);
});

test("a use tree is taken apart", () => {
  expect(
    expandUseTree("a::{b, c::{self, d as e}}").map(({ path, name }) => `${path.join("::")} ${name}`),
  ).toEqual(["a::b b", "a::c c", "a::c::d e"]);
});

test("counts the files of circles, not the circles", () => {
  const files = {
    "lib.rs": "mod a;\nmod b;\nmod c;\n",
    "a.rs": "use crate::b::B;\n",
    "b.rs": "use crate::c::C;\n",
    "c.rs": "use crate::a::A;\n",
  };
  const sources = Object.entries(files).map(([name, text]) => [`crates/api/src/${name}`, text]);
  const tree = new Tree(writeTree(Object.fromEntries(sources)));
  expect(countFilesInCircles(tree)).toEqual({ "crates/api": 3 });
  expect(checkRustCircles(tree, { "crates/api": 2 })).toHaveLength(1);
  expect(checkRustCircles(tree, { "crates/api": 3 })).toEqual([]);
});

test("no crate has more files in circles than it is still allowed", () => {
  for (const [crate, files] of Object.entries(countFilesInCircles(new Tree(root)))) {
    expect(files, crate).toBeLessThanOrEqual(STILL_ALLOWED[crate] ?? 0);
  }
});
