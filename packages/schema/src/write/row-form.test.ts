import { expect, test } from "vitest";
import type { Node } from "../ir/ir.ts";
import { buildSerializer } from "./serializer.ts";
import { rowFormOf, type RowForm } from "./row-form.ts";
import { allowSplices, endSplices, splice } from "./splice.ts";

const property = (
  name: string,
  type: number,
  optional = false,
): { name: string; type: number; optional: boolean } => ({
  name,
  type,
  optional,
});

function formOf(types: readonly Node[]): unknown {
  const form = rowFormOf(0, (type) => types[type]!);
  return form && JSON.parse(form.text);
}

const object = (...properties: ReturnType<typeof property>[]): Node => ({
  kind: "object",
  properties,
  additional: null,
});

test.each<[Node, readonly [number, readonly string[]]]>([
  [{ kind: "null" }, [1, []]],
  [{ kind: "boolean" }, [2, []]],
  [{ kind: "number" }, [4, []]],
  [{ kind: "number", int: true }, [8, []]],
  [{ kind: "string" }, [16, []]],
  [{ kind: "literal", value: "a" }, [16, ["a"]]],
  [{ kind: "enum", values: ["a", "b"] }, [16, ["a", "b"]]],
  [{ kind: "date" }, [32, []]],
  [{ kind: "bigint" }, [64, []]],
  [{ kind: "bytes" }, [128, []]],
  [{ kind: "any" }, [256, []]],
])("%j is a class of values", (node, [classes, choices]) => {
  expect(formOf([object(property("a", 1, true)), node])).toEqual([["a", classes, true, choices]]);
});

test("a union takes what its arms take", () => {
  const arms: Node[] = [
    { kind: "null" },
    { kind: "enum", values: ["a"] },
    { kind: "date" },
    { kind: "string" },
  ];
  const union = (...places: number[]): Node => ({ kind: "union", arms: places });
  expect(formOf([object(property("a", 1)), union(2, 3, 4), ...arms])).toEqual([["a", 49, false, ["a"]]]);
  expect(formOf([object(property("a", 1)), union(3, 5), ...arms])).toEqual([["a", 16, false, []]]);
});

test.each<Node>([
  { kind: "string", minLen: 1 },
  { kind: "number", min: 1 },
  { kind: "bytes", maxLen: 1 },
  { kind: "literal", value: 1 },
  { kind: "template", pattern: "^a$" },
  { kind: "array", items: 1 },
  { kind: "union", arms: [0] },
])("rows with %j are the serializer's", (node) => {
  expect(formOf([object(property("a", 1)), node])).toBeUndefined();
});

test("rows of an open type are the serializer's", () => {
  const any: Node = { kind: "any" };
  expect(
    formOf([{ kind: "object", properties: [], additional: { key: null, value: 1 } }, any]),
  ).toBeUndefined();
  expect(formOf([object(property("__proto__", 1)), any])).toBeUndefined();
});

/** Rows that lie elsewhere; they are written as `mark`. */
class Rows {
  readonly mark: string | undefined;
  readonly rows: unknown;
  form: RowForm | undefined;

  constructor(mark: string | undefined, rows: unknown) {
    this.mark = mark;
    this.rows = rows;
    Object.defineProperty(this, splice, {
      value: (form: RowForm) => {
        this.form = form;
        return this.mark;
      },
    });
  }

  toJSON(): unknown {
    return this.rows;
  }
}

const TYPES: Node[] = [
  object(property("rows", 1), property("one", 3)),
  { kind: "array", items: 2 },
  object(property("a", 4)),
  { kind: "union", arms: [2, 5] },
  { kind: "number" },
  { kind: "null" },
];

test("marks stand only in a text that may have them, of a serializer of answers", () => {
  const value = { rows: new Rows("\u00017:1", [{ a: 1 }]), one: new Rows("\u00018:1", { a: 2 }) };
  const opened = '{"rows":[{"a":1}],"one":{"a":2}}';
  const answers = buildSerializer(TYPES, 0, "response", undefined, true);
  expect(answers(value)).toBe(opened);
  allowSplices();
  expect(buildSerializer(TYPES, 0)(value)).toBe(opened);
  expect(endSplices()).toBe(false);
  allowSplices();
  expect(answers(value)).toBe('{"rows":\u00017:1,"one":\u00018:1}');
  expect(endSplices()).toBe(true);
  expect(value.rows.form!.text).toBe(value.one.form!.text);
});

test("rows without a mark are written as what they hold, with the errors of plain rows", () => {
  const answers = buildSerializer(TYPES, 0, "response", undefined, true);
  allowSplices();
  expect(answers({ rows: new Rows(undefined, [{ a: 1 }]), one: null })).toBe('{"rows":[{"a":1}],"one":null}');
  expect(endSplices()).toBe(false);
  const rows = [{ a: 1 }, { a: "x" }];
  const told = (value: unknown): string => {
    try {
      return answers({ rows: value, one: null });
    } catch (error) {
      return (error as Error).message;
    }
  };
  expect(told(new Rows(undefined, rows))).toBe(told(rows));
  expect(told(rows)).toBe("response.rows[1].a: expected number, found string");
});
