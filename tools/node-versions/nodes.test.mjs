import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findNode, unsupportedReason } from "./nodes.mjs";

test("finds the versions that are installed, and only those", () => {
  const folder = mkdtempSync(join(tmpdir(), "nodes-"));
  mkdirSync(join(folder, "node_modules/node-22/bin"), { recursive: true });
  writeFileSync(join(folder, "node_modules/node-22/bin/node"), "");
  expect(findNode("22", folder)).toBe(join(folder, "node_modules/node-22/bin/node"));
  expect(findNode("24", folder)).toBeNull();
});

test("says which machines cannot have them", () => {
  expect(unsupportedReason("linux", "x64")).toBeNull();
  expect(unsupportedReason("darwin", "arm64")).toContain("linux-x64 only");
});
