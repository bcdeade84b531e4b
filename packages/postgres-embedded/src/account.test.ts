import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { canEnter, isOwn } from "./account.ts";

const base = mkdtempSync(join(tmpdir(), "twinloop-account-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));

function folder(name: string, mode: number): string {
  const path = join(base, name);
  mkdirSync(path, { recursive: true });
  chmodSync(path, mode);
  return path;
}

test("an account may enter a folder only when it may enter each folder above it", () => {
  const stranger = { uid: 65_534, gid: 65_534 };
  chmodSync(base, 0o755);
  const inner = folder("outer/inner", 0o755);
  expect(canEnter(inner, stranger)).toBe(true);
  chmodSync(join(base, "outer"), 0o750);
  expect(canEnter(inner, stranger)).toBe(false);
  expect(canEnter(inner, undefined)).toBe(true);
});

test("a folder that others can write to, or a link, is not one's own", () => {
  expect(isOwn(folder("mine", 0o755))).toBe(true);
  expect(isOwn(folder("open", 0o777))).toBe(false);
  symlinkSync(join(base, "mine"), join(base, "link"));
  expect(isOwn(join(base, "link"))).toBe(false);
  expect(isOwn(join(base, "absent"))).toBe(false);
});
