import fc from "fast-check";
import { expect, test } from "vitest";
import { compile, Fragment, sql } from "./sql.ts";

const template = (fragment: Fragment) => compile(fragment.strings, fragment.values);

test("values are numbered through all levels of nesting", () => {
  const inner = sql`b = ${2} or ${sql`c = ${3}`}`;
  expect(template(sql`select ${1} where ${inner} limit ${4}`)).toEqual({
    text: "select $1 where b = $2 or c = $3 limit $4",
    values: [1, 2, 3, 4],
  });
});

test("a fragment may be used twice and joined", () => {
  const one = sql`(${1}, ${"x"})`;
  expect(template(sql`values ${sql.join([one, one])}`)).toEqual({
    text: "values ($1, $2), ($3, $4)",
    values: [1, "x", 1, "x"],
  });
  expect(template(sql.join([1, 2], sql` or a = `)).text).toBe("$1 or a = $2");
  expect(() => sql.join([])).toThrow("at least one part");
});

test("no value ever becomes text", () => {
  fc.assert(
    fc.property(fc.array(fc.anything().filter((value) => !(value instanceof Fragment))), (values) => {
      const strings = Array.from({ length: values.length + 1 }, (_, index) => `s${index} `);
      const compiled = compile(strings, values);
      expect(compiled.text).toBe(
        strings.map((s, index) => s + (index < values.length ? `$${index + 1}` : "")).join(""),
      );
      expect(compiled.values).toBe(values);
    }),
  );
});

test("a quoted identifier ends only where it should", () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1 }).filter((name) => !name.includes("\0")),
      (name) => {
        const { text } = template(sql.identifier(name));
        expect(text.slice(1, -1).replaceAll('""', "").includes('"')).toBe(false);
        expect(text.slice(1, -1).replaceAll('""', '"')).toBe(name);
      },
    ),
  );
  expect(template(sql.identifier("my schema", "t")).text).toBe('"my schema"."t"');
});
