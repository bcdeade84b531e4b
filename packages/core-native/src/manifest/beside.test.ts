import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { beside } from "./beside.ts";

const root = mkdtempSync(join(tmpdir(), "twinloop-beside-"));
for (const folder of ["migrations", "src/users/migrations", "dist/items/migrations", "src/items"]) {
  mkdirSync(join(root, folder), { recursive: true });
}
afterAll(() => rmSync(root, { recursive: true }));

const site = (file: string): object => ({ site: { file: join(root, file), line: 1, column: 1 } });
const find = (given: string, bases: object): string =>
  beside(given, { root, ...bases }).path.slice(root.length + 1);

test("a path with a dot is seen from the file that declares it, then from the app's root", () => {
  expect(find("./migrations", { source: "src/users/db.ts" })).toBe("src/users/migrations");
  expect(find("./migrations", { source: "src/orders/db.ts" })).toBe("migrations");
});

test("a path without a dot is seen from the app's root first", () => {
  expect(find("migrations", { source: "src/users/db.ts" })).toBe("migrations");
});

test("compiled code finds what was copied beside it, then what lies beside its source", () => {
  expect(find("./migrations", { source: "src/items/db.ts", ...site("dist/items/db.js") })).toBe(
    "dist/items/migrations",
  );
  expect(find("./migrations", { source: "src/users/db.ts", ...site("dist/users/db.js") })).toBe(
    "src/users/migrations",
  );
});

test("a place that was found at build time is looked at last", () => {
  expect(find("./sql", { source: "src/gone/db.ts", built: "src/users/migrations" })).toBe(
    "src/users/migrations",
  );
});

test("what is nowhere says every place that was looked at", () => {
  const { exists, tried } = beside("./nothing", { root, source: "src/users/db.ts" });
  expect(exists).toBe(false);
  expect(tried).toEqual([join(root, "src/users/nothing"), join(root, "nothing")]);
});

test("an absolute path stays as it is", () => {
  expect(beside(join(root, "migrations"), { root }).tried).toEqual([join(root, "migrations")]);
});
