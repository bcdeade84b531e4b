import { expect, test } from "vitest";
import { Tree } from "./finding.mjs";
import { writeTree } from "./fixture-tree.mjs";
import { checkImportCircles } from "./rules/import-circles.mjs";

/** @param {Record<string, string>} files @param {Record<string, number>} [allowed] */
function places(files, allowed = {}) {
  return checkImportCircles(new Tree(writeTree(files)), allowed).map(({ file, line }) => `${file}:${line}`);
}

const CIRCLE = {
  "packages/api/src/a.ts": 'import { z } from "zod";\nimport { b } from "./inner/b.ts";\n',
  "packages/api/src/inner/b.ts": 'export { c } from "../c.ts";\n',
  "packages/api/src/c.ts": 'import type {\n  A,\n} from "./a.ts";\n',
};

test("finds a circle once, at the import that leads on, and counts imports of types", () => {
  expect(places(CIRCLE)).toEqual(["packages/api/src/a.ts:2"]);
});

test("finds a circle that a dynamic import closes", () => {
  const files = {
    "packages/api/src/a.ts": 'const b = await import("./b.ts");\n',
    "packages/api/src/b.ts": 'import "./a.ts";\n',
  };
  expect(places(files)).toEqual(["packages/api/src/a.ts:1"]);
});

test("leaves alone what two files share, imports of tests, and other packages", () => {
  const files = {
    "packages/api/src/a.ts": 'import "./shared.ts";\nimport "./b.ts";\n',
    "packages/api/src/b.ts": 'import "./shared.ts";\n',
    "packages/api/src/shared.ts": "",
    "packages/api/src/a.test.ts": 'import "./a.ts";\n',
  };
  expect(places(files)).toEqual([]);
});

test("an allowance is lowered when circles are gone", () => {
  expect(places(CIRCLE, { "packages/api": 1 })).toEqual([]);
  expect(places({ "packages/api/src/a.ts": "" }, { "packages/api": 1 })).toEqual(["packages/api:1"]);
});
