import { expect, test } from "vitest";
import type { Node } from "./ir.ts";
import { revivalPlan } from "./revival-plan.ts";

const object = (properties: Record<string, number>, additional: number | null = null): Node => ({
  kind: "object",
  properties: Object.entries(properties).map(([name, type]) => ({ name, type, optional: false })),
  additional: additional === null ? null : { key: null, value: additional },
});

const DATE: Node = { kind: "date" };
const TEXT: Node = { kind: "string" };

test("a type without such values has no plan", () => {
  expect(revivalPlan([object({ a: 1 }), TEXT], 0)).toEqual([]);
});

test("each value has its letter, below names, lists and records", () => {
  const types: Node[] = [
    object({ at: 1, ids: 2, data: 4, days: 5, pair: 6, name: 7 }),
    DATE,
    { kind: "array", items: 3 },
    { kind: "bigint" },
    { kind: "bytes" },
    object({}, 1),
    { kind: "tuple", items: [{ type: 7, optional: false }], rest: 1 },
    TEXT,
  ];
  expect(revivalPlan(types, 0)).toEqual([
    { at: "d", ids: { "[]": "n" }, data: "b", days: { "*": "d" }, pair: { "[]": "d" } },
  ]);
  expect(revivalPlan(types, 1)).toEqual(["d"]);
});

test("a type that contains itself is a place in the table, and so is one that stands in two places", () => {
  const tree: Node[] = [object({ at: 1, below: 2 }), DATE, { kind: "array", items: 0 }];
  expect(revivalPlan(tree, 0)).toEqual([{ at: "d", below: { "[]": 0 } }]);
  const twice: Node[] = [object({ a: 1, b: 1 }), object({ at: 2 }), DATE];
  expect(revivalPlan(twice, 0)).toEqual([{ a: 1, b: 1 }, { at: "d" }]);
});

test("a place whose text may be plain is left out; other values beside it make a capital of the letter", () => {
  const union = (...arms: number[]): Node => ({ kind: "union", arms });
  const types: Node[] = [
    DATE,
    TEXT,
    { kind: "null" },
    { kind: "number" },
    union(0, 1),
    union(0, 2),
    union(0, 3),
    { kind: "any" },
  ];
  const at = (type: number): unknown => revivalPlan([...types, object({ at: type })], types.length);
  expect(at(4)).toEqual([]);
  expect(at(5)).toEqual([{ at: "d" }]);
  expect(at(6)).toEqual([{ at: "D" }]);
  expect(at(7)).toEqual([]);
});

test("the arms of a union count together, property by property", () => {
  const types: Node[] = [
    { kind: "union", arms: [1, 2] },
    object({ at: 3, to: 3, only: 3 }),
    object({ at: 3, to: 4 }),
    DATE,
    TEXT,
  ];
  expect(revivalPlan(types, 0)).toEqual([{ at: "d", only: "d" }]);
});

test("names that the plan has a meaning for are left out", () => {
  expect(revivalPlan([object({ "*": 1, "[]": 1, "": 1, a: 1 }), DATE], 0)).toEqual([{ a: "d" }]);
});
