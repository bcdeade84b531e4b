import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readFileToRun } from "./check-file.ts";
import { checkFolder } from "./check-folder.ts";
import type { Format } from "./migration-folder.ts";

let folder = "";
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "twinloop-check-"))));
afterEach(() => rmSync(folder, { recursive: true }));

/** What is said of a file, with `file` for its path. */
function said(content: string | Buffer, format: Format = "twinloop"): string[] {
  const file = join(folder, "1_a.up.sql");
  writeFileSync(file, content);
  return readFileToRun(file, format).problems.map(({ message }) => message.replaceAll(file, "file"));
}

function outside(content: string, format: Format = "twinloop"): boolean {
  const file = join(folder, "1_a.up.sql");
  writeFileSync(file, content);
  const { problems, outside: found } = readFileToRun(file, format);
  expect(problems).toEqual([]);
  return found;
}

test("each kind of transaction control at the top level is refused with its place", () => {
  const controls = [
    "begin",
    "BEGIN WORK",
    "start  transaction isolation level serializable",
    "commit",
    "end",
    "rollback",
    "abort",
    "savepoint a",
    "release savepoint a",
    "rollback to a",
    "prepare transaction 'x'",
    "commit prepared 'x'",
  ];
  for (const control of controls) {
    const [message] = said(`create table a (id int);\n /* c */ ${control}; select 1`);
    expect(message, control).toMatch(/^file:2:10: `[a-z ]+` controls the transaction that the file runs in/);
    expect(message, control).toContain(`2 |  /* c */ ${control}; select 1\n`);
  }
  expect(said("begin;\ncreate table a (id int);\ncommit;")).toHaveLength(2);
  expect(said("select 1;;\n;commit")).toHaveLength(1);
});

test("words of transaction control elsewhere are no control of a transaction", () => {
  const harmless = [
    "select 'a; commit; b'; select E'\\'; commit; '; select U&'; commit;'",
    'create table "x; commit;" ("begin" int)',
    "-- ; commit;\n/* ; commit; /* nested */ ; rollback; */ select 1",
    "do $$ begin perform 1; commit; end $$; do $a$ begin $$; commit; $$; end $a$",
    "create function f() returns int begin atomic select 1; select case when true then 2 else 3 end; end; select 1",
    "create or replace procedure p() language sql begin atomic delete from a; end",
    "create rule r as on insert to a do also (insert into b values (1); delete from c)",
    "prepare x as select 1; start_it; select $1; insert into a values (1) returning begin",
    'alter table a add column "commit" int; select a.commit from a',
    "create table started (beginning int, ended int); set transaction read write",
  ];
  for (const sql of harmless) expect(said(sql), sql).toEqual([]);
});

test("a file that asks for it controls its transactions, and must end each", () => {
  const mark = "-- twinloop:no-transaction\n";
  expect(said(`${mark}begin; create table a (id int); commit;`)).toEqual([]);
  expect(said(`${mark}begin; rollback; begin; prepare transaction 'x'; start transaction; end`)).toEqual([]);
  expect(said(`${mark}begin; savepoint a; rollback to a`)).toEqual([
    expect.stringMatching(/^file:2:1: the transaction that begins here does not end/),
  ]);
  expect(said(`${mark}begin; commit and chain`)).toHaveLength(1);
  expect(said(`${mark}begin; commit and no chain`)).toEqual([]);
});

test("Prisma's own files control transactions, and run as its own tool runs them", () => {
  expect(outside("BEGIN;\nALTER TABLE a ADD b int;\nCOMMIT;", "prisma")).toBe(true);
  expect(outside("ALTER TABLE a ADD b int;", "prisma")).toBe(false);
  expect(said("BEGIN;\nALTER TABLE a ADD b int;", "prisma")).toHaveLength(1);
});

test("the mark is seen before the first statement, and refused where it would come too late", () => {
  const mark = "-- twinloop:no-transaction";
  expect(outside(`${mark}\nselect 1`)).toBe(true);
  expect(outside(`\n-- about\n/* more */\n  ${mark} for the index\nselect 1`)).toBe(true);
  expect(outside("select '-- twinloop:no-transaction'")).toBe(false);
  expect(outside("select 1")).toBe(false);
  expect(said(`select 1;\n${mark}`)).toEqual([
    expect.stringMatching(/^file:2:1: .* Move it before the first/),
  ]);
  for (const wrong of [
    "-- twinloop:notransaction",
    "-- Twinloop: no-transaction",
    "/* twinloop:no-transaction */",
  ]) {
    expect(said(`${wrong}\nselect 1`), wrong).toEqual([expect.stringContaining("is not a known marker")]);
  }
});

test("bytes that are no UTF-8, NUL and UTF-16 are refused with their place", () => {
  expect(said(Buffer.from("select 1;\n-- caf\xe9", "latin1"))).toEqual([
    "file:2:7: byte 17 of the file (0xe9) is not UTF-8. Save the file as UTF-8; otherwise PostgreSQL would receive a different text.",
  ]);
  expect(said(Buffer.concat([Buffer.from("é\n"), Buffer.from([0xe2, 0x82])]))[0]).toContain(
    "byte 4 of the file",
  );
  expect(said("select 1;\n\0")[0]).toContain("file:2:1: byte 11 of the file (0x00) is NUL");
  expect(said(Buffer.from("\ufeffselect 1", "utf16le"))).toEqual([
    "file: the file is UTF-16. Save it as UTF-8.",
  ]);
  expect(said("\ufeffselect 'é 👍 \u{10ffff}'")).toEqual([]);
});

test("copy to and from a client that is not there says what to write instead", () => {
  expect(said("copy a (x, y) from stdin with (format csv);\n1\t2\n\\.\n")[0]).toMatch(
    /^file:1:1: .*db\.copyIn/,
  );
  expect(said("copy (select 1) to STDOUT")[0]).toContain("is not read");
  expect(said("copy a from '/srv/stdin'; select 'copy a from stdin'; create table copy (stdin int)")).toEqual(
    [],
  );
});

test("a folder is looked through without a database, undoing files too", () => {
  writeFileSync(join(folder, "1_a.up.sql"), "commit");
  writeFileSync(join(folder, "1_a.down.sql"), "rollback");
  expect(checkFolder(folder).map(({ code, line }) => [code, line])).toEqual([
    ["migration_refused", 1],
    ["migration_refused", 1],
  ]);
  writeFileSync(join(folder, "2.sql"), "");
  expect(checkFolder(folder).map(({ code }) => code)).toEqual(["migration_unreadable"]);
});

test("twenty megabytes are read in a moment", () => {
  const rows = "insert into a values (1, 'some text', \"b\", $1$ x $1$); -- done\n".repeat(300_000);
  const start = performance.now();
  expect(said(rows)).toEqual([]);
  expect(performance.now() - start).toBeLessThan(10_000);
});
