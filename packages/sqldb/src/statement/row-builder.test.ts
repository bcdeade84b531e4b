import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Columns } from "./row.ts";
import { compileRowBuilder } from "./row-builder.ts";

test("generated code makes the rows that the loop makes", () => {
  const name = fc.oneof(
    fc.string(),
    fc.constantFrom("__proto__", "constructor", "0", "a", 'quo"te', "\u2028"),
  );
  const column = fc.record({ name, kind: fc.constantFrom(0, 1, 2, 3, 4, 18, 20) });
  fc.assert(
    fc.property(
      fc.array(column, { minLength: 1, maxLength: 8 }),
      fc.constantFrom("string", "bigint"),
      (list, bigints) => {
        const columns = new Columns(
          [1, ...list.map(({ name, kind }) => [name, 25, kind] as const)],
          bigints as "bigint",
        );
        const samples = { 0: "x", 1: "12", 2: 5, 3: "AP8", 4: "NaN", 18: [5, null], 20: [1.5, "NaN"] };
        const row = list.map(({ kind }) => samples[kind as 0]);
        const batch = (): unknown[] => structuredClone([0, 1, 0, ...row, ...row.map(() => null), ...row]);
        const looped = columns.build(batch(), 3, true);
        for (let time = 0; time < 25; time++) columns.build(batch(), 3, true);
        const generated = columns.build(batch(), 3, true);
        expect(generated).toEqual(looped);
        expect(generated.map((one) => Object.keys(one))).toEqual(looped.map((one) => Object.keys(one)));
        expect(generated.every((one) => Object.getPrototypeOf(one) === Object.prototype)).toBe(true);
      },
    ),
  );
});

test("a shape that is too wide for a literal has no code of its own", () => {
  expect(
    compileRowBuilder(
      Array.from({ length: 65 }, (_, index) => `c${index}`),
      [],
    ),
  ).toBeUndefined();
});
