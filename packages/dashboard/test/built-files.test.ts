import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";

const UI = fileURLToPath(new URL("../dist/ui", import.meta.url));
const MAX_BYTES = 200_000;

const files = readdirSync(UI, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name));

test("all files together are small", () => {
  const sizes = files.map((file) => gzipSync(readFileSync(file)).length);
  expect(files.length).toBeGreaterThanOrEqual(4);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(MAX_BYTES);
});

test("the page has no script and no style within itself, and names no other place", () => {
  const html = readFileSync(join(UI, "index.html"), "utf8");
  expect(html).not.toMatch(/<script(?![^>]*\bsrc=)/);
  expect(html).not.toMatch(/<style|\sstyle=|\son[a-z]+=/);
  expect(html).not.toMatch(/(?:src|href)="(?!\.\/)/);
  for (const file of files.filter((name) => name.endsWith(".css"))) {
    expect(readFileSync(file, "utf8")).not.toMatch(/@import|url\(["']?(?:https?:|\/\/|data:)/);
  }
});

test("licences of what is built in are told", () => {
  const licences = readFileSync(join(UI, "licenses.md"), "utf8");
  for (const name of ["preact", "@preact/signals", "uplot", "eventsource-parser"])
    expect(licences).toContain(name);
});
