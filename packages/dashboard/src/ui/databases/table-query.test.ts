import { expect, test } from "vitest";
import { columnsQuery, pageQuery, quotedName } from "./table-query.ts";

test("names and texts are quoted, whatever they hold", () => {
  expect(quotedName('a"b')).toBe('"a""b"');
  expect(pageQuery({ schema: "public", name: 'x"; DROP TABLE y' }, 2, 50)).toBe(
    'SELECT * FROM "public"."x""; DROP TABLE y" LIMIT 51 OFFSET 100',
  );
  expect(columnsQuery({ schema: "s", name: "it's" })).toContain("table_name = 'it''s'");
});
