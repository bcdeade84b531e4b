import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { findChromium } from "./chromium.mjs";
import { findRooms, usesServices } from "./rooms.mjs";

/** @param {string[]} files */
function checkout(files) {
  const root = mkdtempSync(join(tmpdir(), "rooms-"));
  for (const file of files) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), '[package]\nname = "twinloop-named"\n');
  }
  return root;
}

test("puts the twins of both languages under one name", () => {
  const rooms = findRooms(
    checkout([
      "crates/api/Cargo.toml",
      "packages/api/package.json",
      "crates/schema/Cargo.toml",
      "apps/demo/package.json",
    ]),
  );
  expect(Object.fromEntries(rooms)).toEqual({
    api: { crate: "twinloop-named", project: "api", folders: ["crates/api", "packages/api"] },
    schema: { crate: "twinloop-named", project: null, folders: ["crates/schema"] },
    demo: { crate: null, project: "demo", folders: ["apps/demo"] },
  });
});

test("a room is given the servers that its integration tests ask for, in either language", () => {
  const root = checkout([
    "crates/a/tests/rows.rs",
    "packages/b/test/rows.test.ts",
    "packages/c/src/url.test.ts",
  ]);
  writeFileSync(join(root, "crates/a/tests/rows.rs"), 'std::env::var("DATABASE_URL")');
  writeFileSync(join(root, "packages/b/test/rows.test.ts"), 'process.env["AMQP_URL"]');
  writeFileSync(join(root, "packages/c/src/url.test.ts"), 'parse("DATABASE_URL")');
  const asking = ["crates/a", "packages/b", "packages/c"].filter((folder) =>
    usesServices({ crate: null, project: null, folders: [folder] }, root),
  );
  expect(asking).toEqual(["crates/a", "packages/b"]);
});

test("finds the browser that is named, else one on the PATH, else none", () => {
  const folder = checkout(["chromium"]);
  expect(findChromium({ CHROMIUM: "/opt/browser" })).toBe("/opt/browser");
  expect(findChromium({ PATH: folder })).not.toBe(join(folder, "chromium"));
  chmodSync(join(folder, "chromium"), 0o755);
  expect(findChromium({ PATH: `/nowhere:${folder}` })).toBe(join(folder, "chromium"));
});
