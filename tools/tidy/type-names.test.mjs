import { expect, test } from "vitest";
import { Tree } from "./finding.mjs";
import { writeTree } from "./fixture-tree.mjs";
import { checkTypeNames } from "./rules/type-names.mjs";

/** @param {Record<string, string>} files */
function places(files) {
  return checkTypeNames(new Tree(writeTree(files))).map(({ file, line }) => `${file}:${line}`);
}

test("one exported name in two packages is found, at the second", () => {
  const files = {
    "packages/api/src/a.ts": "export interface Ticket {}\n",
    "packages/core-native/src/b.ts": "\nexport abstract class Ticket {}\n",
  };
  expect(places(files)).toEqual(["packages/core-native/src/b.ts:2"]);
});

test("a name within one package, one that is not exported, and a listed word are left alone", () => {
  const files = {
    "packages/api/src/a.ts": "export interface Ticket {}\ninterface Seat {}\nexport type Place = 1;\n",
    "packages/api/src/b.ts": "export class Ticket {}\n",
    "packages/core-native/src/b.ts": "export interface Seat {}\nexport type Place = 2;\n",
  };
  expect(places(files)).toEqual([]);
});
