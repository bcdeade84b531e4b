import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { root } from "../setup/command.mjs";
import { describeChange } from "./api-reports.mjs";
import { DeclarationReader } from "./declarations.mjs";
import { listPublicPackages } from "./public-packages.mjs";

const ts = createRequire(join(root, "tools/api-docs/package.json"))("typescript");

/** @param {Record<string, string>} files by their path in the package */
function declarationsOf(files) {
  const folder = mkdtempSync(join(tmpdir(), "twinloop-declarations-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [path, text] of Object.entries({ "package.json": '{ "type": "module" }', ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const entry = join(folder, "dist/index.d.ts");
  return new DeclarationReader(ts, [entry]).read(entry, folder);
}

test("declarations come sorted, without comments and private members", () => {
  const { exported } = declarationsOf({
    "dist/index.d.ts": `
      /** A comment. */
      export declare const zero: number;
      export declare class Pool {
        #private;
        private secret;
        protected shared: string;
        private constructor();
        /** Ends it. */
        end(force?: boolean): Promise<void>;
      }
      export declare function open(url: string): Pool;
      export declare function open(port: number): Pool;`,
  });
  expect(exported).toEqual([
    "class Pool {\n    protected shared: string;\n    private constructor();\n    end(force?: boolean): Promise<void>;\n}",
    "const zero: number;",
    "function open(url: string): Pool;\nfunction open(port: number): Pool;",
  ]);
});

test("what is exported from another file, under another name and from another package is there", () => {
  const { exported, reachable } = declarationsOf({
    "dist/index.d.ts": 'export { Inner as Outer } from "./inner.ts";\nexport { start } from "other";',
    "dist/inner.d.ts":
      "interface Hidden { deep: Deeper }\ntype Deeper = string;\ninterface Unused {}\nexport declare class Inner implements Hidden { deep: string }",
    "node_modules/other/package.json": '{ "type": "module", "types": "./index.d.ts" }',
    "node_modules/other/index.d.ts": "export declare function start(): void;",
  });
  expect(exported).toEqual([
    "class Inner implements Hidden {\n    deep: string;\n} // exported as Outer",
    "start: of other",
  ]);
  // Not to be imported, and a change of them is a change for users all the same.
  expect(reachable).toEqual(["interface Hidden {\n    deep: Deeper;\n}", "type Deeper = string;"]);
});

test("a change is told by the lines that one side has alone", () => {
  expect(describeChange("api-report/a.md", "same\n", "same\n")).toEqual([]);
  expect(describeChange("api-report/a.md", "one\ntwo\n", "one\nthree\n")).toEqual([
    "api-report/a.md:",
    "  - two",
    "  + three",
  ]);
  expect(describeChange("api-report/a.md", "one\ntwo\n", "two\none\n")).toEqual([
    "api-report/a.md:",
    "  the order of declarations",
  ]);
});

test("every package with types is reported but for what the packages share among themselves", () => {
  const packages = listPublicPackages(root);
  const specifiers = packages.flatMap(({ entries }) => entries.map(({ specifier }) => specifier));
  expect(specifiers).toContain("@twinloop/api/auth");
  expect(specifiers.filter((specifier) => specifier.endsWith("/internal"))).toEqual([]);
});
