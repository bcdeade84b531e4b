import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { callSite, sourcePlace, type CodePlace } from "./call-site.ts";

const root = mkdtempSync(join(tmpdir(), "twinloop-site-"));
afterAll(() => rmSync(root, { recursive: true }));

function declare(): CodePlace | undefined {
  return callSite(declare);
}

class Declared {
  readonly site: CodePlace | undefined;

  constructor() {
    this.site = callSite(new.target);
  }
}

test("the caller of a function and of a class is told", () => {
  expect(basename(declare()!.file)).toBe("call-site.test.ts");
  expect(basename(new Declared().site!.file)).toBe("call-site.test.ts");
});

test("stack traces are as they were before", () => {
  const { prepareStackTrace, stackTraceLimit } = Error;
  declare();
  expect(Error.prepareStackTrace).toBe(prepareStackTrace);
  expect(Error.stackTraceLimit).toBe(stackTraceLimit);
});

// Line 1, column 1 of the code is line 3, column 1 of the source.
const map = { version: 3, sources: ["../src/a.ts"], names: [], mappings: "AAEA" };

test("a source map beside the code gives the source's line", () => {
  const file = join(root, "dist", "a.js").replace("/dist", "");
  writeFileSync(file, "x();\n//# sourceMappingURL=a.js.map\n");
  writeFileSync(`${file}.map`, JSON.stringify(map));
  expect(sourcePlace({ file, line: 1, column: 2 })).toMatchObject({
    file: join(root, "../src/a.ts"),
    line: 3,
  });
});

test("a source map in the code gives the source's line, under its source root", () => {
  const file = join(root, "b.js");
  const text = Buffer.from(JSON.stringify({ ...map, sourceRoot: "..", sources: ["src/b.ts"] })).toString(
    "base64",
  );
  writeFileSync(file, `x();\n//# sourceMappingURL=data:application/json;base64,${text}\n`);
  expect(sourcePlace({ file, line: 1, column: 1 })).toMatchObject({
    file: join(root, "../src/b.ts"),
    line: 3,
  });
});

test("code without a source map has no source, and a damaged map is none", () => {
  const file = join(root, "c.js");
  writeFileSync(file, "x();\n//# sourceMappingURL=c.js.map\n");
  writeFileSync(`${file}.map`, "{");
  expect(sourcePlace({ file, line: 1, column: 1 })).toBeUndefined();
  expect(sourcePlace({ file: join(root, "gone.js"), line: 1, column: 1 })).toBeUndefined();
});
