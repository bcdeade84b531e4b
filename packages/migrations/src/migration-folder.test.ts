import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createMigration } from "./create-migration.ts";
import { readFolder } from "./migration-folder.ts";

let folder = "";
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "twinloop-folder-"))));
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, sql = "select 1"): void => writeFileSync(join(folder, name), sql);
const versions = (): string[] => readFolder(folder).migrations.map(({ version }) => version);

test("files are ordered by number, whatever their digits", () => {
  for (const name of ["10_c.up.sql", "9_b.up.sql", "0001_a.up.sql", "20251124093000_d.up.sql"]) write(name);
  expect(versions()).toEqual(["1", "9", "10", "20251124093000"]);
});

test("the checksum is the same whatever the line ends, and a byte order mark is no SQL", () => {
  write("1_a.up.sql", "select 1;\nselect 2;\n");
  const [one] = readFolder(folder).migrations;
  write("1_a.up.sql", "\uFEFFselect 1;\r\nselect 2;\r\n");
  const [other] = readFolder(folder).migrations;
  expect(other!.checksum).toBe(one!.checksum);
  expect(other!.sql.startsWith("select")).toBe(true);
});

test("everything that is wrong is told at once", () => {
  for (const name of [
    "1_a.up.sql",
    "01_b.up.sql",
    "2_c.sql",
    "3_d.down.sql",
    "99999999999999999999_e.up.sql",
    "README.md",
  ]) {
    write(name);
  }
  const problems = ((): unknown => {
    try {
      return readFolder(folder);
    } catch (error) {
      return (error as { problems: { code: string; file: string }[] }).problems.map(({ code, file }) => [
        code,
        basename(file),
      ]);
    }
  })();
  expect(problems).toEqual([
    ["migration_duplicate", "1_a.up.sql"],
    ["migration_unreadable", "2_c.sql"],
    ["migration_unreadable", "99999999999999999999_e.up.sql"],
    ["migration_unreadable", "3_d.down.sql"],
  ]);
});

test("a folder that is not there is named", () => {
  expect(() => readFolder(join(folder, "none"))).toThrow(join(folder, "none"));
});

test("Drizzle's and Prisma's folders are told by what lies in them", () => {
  mkdirSync(join(folder, "drizzle/meta"), { recursive: true });
  const entries = [
    { idx: 1, when: 1700000001000, tag: "0001_b" },
    { idx: 0, when: 1700000000000, tag: "0000_a" },
  ];
  writeFileSync(join(folder, "drizzle/meta/_journal.json"), JSON.stringify({ entries }));
  expect(() => readFolder(join(folder, "drizzle"))).toThrow("0000_a.sql, which does not exist");
  for (const { tag } of entries) writeFileSync(join(folder, `drizzle/${tag}.sql`), "select 1");
  expect(readFolder(join(folder, "drizzle"))).toMatchObject({
    format: "drizzle",
    migrations: [{ version: "1700000000000" }, { version: "1700000001000" }],
  });
  mkdirSync(join(folder, "prisma/20240101_init"), { recursive: true });
  writeFileSync(join(folder, "prisma/migration_lock.toml"), "");
  writeFileSync(join(folder, "prisma/20240101_init/migration.sql"), "select 1");
  expect(readFolder(join(folder, "prisma"))).toMatchObject({
    format: "prisma",
    migrations: [{ name: "20240101_init" }],
  });
});

test("a new migration is numbered as the others are", () => {
  const created = (name: string): string =>
    basename(createMigration(folder, name, new Date("2026-01-02T03:04:05Z")).up);
  expect(created("Add Links!")).toBe("1_add_links.up.sql");
  expect(created("café – list")).toBe("2_cafe_list.up.sql");
  write("0009_x.up.sql");
  expect(created("y")).toBe("0010_y.up.sql");
  write("20251124093000_z.up.sql");
  expect(created("timed")).toBe("20260102030405_timed.up.sql");
  expect(() => createMigration(folder, "…")).toThrow("letters");
});
