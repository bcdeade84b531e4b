import { expect, test } from "vitest";
import { Tree } from "./finding.mjs";
import { writeTree } from "./fixture-tree.mjs";
import { checkNamedPrimitives } from "./rules/named-primitives.mjs";

const PRIMITIVE = JSON.stringify({ name: "@twinloop/cron", twinloop: { declares: "./declares.json" } });

/** @param {Record<string, string>} files */
function places(files) {
  const tree = new Tree(writeTree({ "packages/cron/package.json": PRIMITIVE, ...files }));
  return checkNamedPrimitives(tree).map(({ file, line }) => `${file}:${line}`);
}

test("a primitive's name in a room that serves all is found, as a package, a folder and a text", () => {
  const files = {
    "packages/compiler/src/a.ts": 'export const home = "@twinloop/cron";\n',
    "packages/cli/src/b.ts": '\nif (name === "cron") run();\n',
    "tools/c.mjs": 'read("crates/cron/src/lib.rs");\n',
    "contract/d.json": '{ "rooms": ["cron"] }\n',
  };
  expect(places(files).toSorted()).toEqual([
    "contract/d.json:1",
    "packages/cli/src/b.ts:2",
    "packages/compiler/src/a.ts:1",
    "tools/c.mjs:1",
  ]);
});

test("comments, tests, other words and the primitive's own room are left alone", () => {
  const files = {
    "packages/compiler/src/a.ts":
      '/** As `"cron"` of `@twinloop/cron`. */\n// "cron"\nexport const cron = "cron jobs";\n',
    "packages/compiler/src/a.test.ts": 'import "@twinloop/cron";\n',
    "packages/cron/src/b.ts": 'export const name = "cron";\n',
    "packages/cli/README.md": "`@twinloop/cron`\n",
    "packages/cli/src/c.ts": 'export const other = "@twinloop/cron-report";\n',
  };
  expect(places(files)).toEqual([]);
});
