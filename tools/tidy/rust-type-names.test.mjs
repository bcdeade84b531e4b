import { expect, test } from "vitest";
import { Tree } from "./finding.mjs";
import { writeTree } from "./fixture-tree.mjs";
import { checkRustTypeNames } from "./rules/rust-type-names.mjs";

/** @param {Record<string, string>} files */
function places(files) {
  return checkRustTypeNames(new Tree(writeTree(files))).map(({ file, line }) => `${file}:${line}`);
}

test("a name that types of two files have is found at the later one, whatever the types are", () => {
  const files = {
    "crates/api/src/a.rs": "pub struct Ticket;\n",
    "crates/api/src/b.rs": "\npub(crate) enum Ticket {}\n",
    "crates/cron/src/c.rs": "pub trait Ticket {}\n",
  };
  expect(places(files)).toEqual(["crates/api/src/b.rs:2", "crates/cron/src/c.rs:1"]);
});

test("private types, types of tests, associated types and listed words are left alone", () => {
  const files = {
    "crates/api/src/a.rs": "pub struct Ticket;\npub struct Limits;\n",
    "crates/api/src/b.rs":
      "struct Ticket;\npub(super) struct Ticket;\n#[cfg(test)]\nmod tests {\npub struct Ticket;\n}\n",
    "crates/api/tests/c.rs": "pub struct Ticket;\n",
    "crates/cron/src/d.rs":
      "pub struct Limits;\nimpl Seat for Row {\n    type Ticket = u8;\n}\n// pub struct Ticket;\n",
  };
  expect(places(files)).toEqual([]);
});
