import { expect, test } from "vitest";
import { CSV } from "./content.ts";

const textOf = (...given: ConstructorParameters<typeof CSV>): string => new CSV(...given).text;

test("rows are lists of cells, or objects whose first one names the columns", () => {
  const at = new Date(0);
  expect(
    textOf([
      ["id", "at"],
      [1, at],
      [null, undefined],
    ]),
  ).toBe("id,at\r\n1,1970-01-01T00:00:00.000Z\r\n,\r\n");
  interface Link {
    id: bigint;
    url?: string;
  }
  const links: Link[] = [{ id: 1n, url: 'a "b", c' }, { id: 2n }];
  expect(textOf(links)).toBe('id,url\r\n1,"a ""b"", c"\r\n2,\r\n');
  expect(textOf([{ "=name": "=1" }], { safe: true })).toBe("'=name\r\n'=1\r\n");
  expect(textOf([])).toBe("");
  expect(textOf("a;b\n")).toBe("a;b\n");
});

test("a row or cell that has no place in a table is named", () => {
  expect(() => textOf([["a"], { b: 1 }] as never)).toThrow("row 2 of the CSV is not a list of cells");
  expect(() => textOf([{ a: 1 }, ["b"]] as never)).toThrow(
    "row 2 of the CSV is not an object, as the first one is",
  );
  expect(() => textOf(["ab"] as never)).toThrow("row 1 of the CSV is not a list of cells");
  expect(() => textOf([[1, { b: 1 }]] as never)).toThrow("column 2 of the CSV has an object");
});
