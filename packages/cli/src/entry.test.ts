import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { findEntry } from "./entry.ts";

const root = mkdtempSync(join(tmpdir(), "twinloop-entry-"));
afterAll(() => rmSync(root, { recursive: true }));

test("the entry is the usual file that starts the app, otherwise the first usual one", () => {
  expect(findEntry(root, undefined)).toBeUndefined();
  mkdirSync(join(root, "src"));
  writeFileSync(join(root, "src/index.ts"), "export const restart = 1;\n");
  expect(findEntry(root, undefined)).toBe(join(root, "src/index.ts"));
  writeFileSync(join(root, "app.ts"), "export {};\n");
  expect(findEntry(root, undefined)).toBe(join(root, "src/index.ts"));
  writeFileSync(join(root, "app.ts"), 'import "./src/index.js";\nawait start();\n');
  expect(findEntry(root, undefined)).toBe(join(root, "app.ts"));
  expect(findEntry(root, "src/index.ts")).toBe(join(root, "src/index.ts"));
  expect(findEntry(root, "gone.ts")).toBeUndefined();
});
