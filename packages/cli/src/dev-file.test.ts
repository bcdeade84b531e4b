import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readDevFile, removeDevFile, writeDevFile } from "./dev-file.ts";

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), "dev-file-"))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

const CONTENT = { adminUrl: "http://127.0.0.1:4040", appUrl: "http://127.0.0.1:4000" };

test("other tools find the app that runs, and nothing after its end", () => {
  expect(readDevFile(root)).toBe(undefined);
  writeDevFile(root, { pid: process.pid, ...CONTENT });
  expect(readDevFile(root)).toEqual({ pid: process.pid, ...CONTENT });
  removeDevFile(root);
  expect(existsSync(join(root, ".twinloop/dev.json"))).toBe(false);
});

test("the file of a process that is gone, and one that is none, tell of no app", () => {
  writeDevFile(root, { pid: 2 ** 22 + 1, ...CONTENT });
  expect(readDevFile(root)).toBe(undefined);
  writeFileSync(join(root, ".twinloop/dev.json"), "{");
  expect(readDevFile(root)).toBe(undefined);
});

test("the file of another process stays", () => {
  writeDevFile(root, { pid: process.ppid, ...CONTENT });
  removeDevFile(root);
  expect(readDevFile(root)).toMatchObject({ pid: process.ppid });
});
