import { expect, test } from "vitest";
import { z } from "zod";
import type { Node, StringNode } from "../ir/ir.ts";
import { irFromSchema } from "./zod.ts";

/** The node of a schema with its parts written in place, and whether it says all. */
function convert(schema: unknown): { node: unknown; exact: boolean } {
  const arena: Node[] = [];
  const { type, exact } = irFromSchema(schema, arena);
  return { node: inline(arena, type, []), exact };
}

function inline(arena: readonly Node[], index: number, path: readonly number[]): unknown {
  if (path.includes(index)) return "recursive";
  const at = (part: number): unknown => inline(arena, part, [...path, index]);
  const node = arena[index]!;
  switch (node.kind) {
    case "array":
      return { ...node, items: at(node.items) };
    case "union":
      return { ...node, arms: node.arms.map(at) };
    case "tuple":
      return { ...node, items: node.items.map((item) => ({ ...item, type: at(item.type) })) };
    case "object": {
      const properties = node.properties.map(({ type, ...property }) => ({ ...property, type: at(type) }));
      return {
        ...node,
        properties,
        additional: node.additional && { ...node.additional, value: at(node.additional.value) },
      };
    }
    default:
      return node;
  }
}

const exactly = (node: unknown): unknown => ({ node, exact: true });

test("scalars keep their bounds", () => {
  expect(convert(z.string().min(1).max(80))).toEqual(exactly({ kind: "string", minLen: 1, maxLen: 80 }));
  expect(convert(z.number().gt(0).lte(1))).toEqual(exactly({ kind: "number", exclusiveMin: 0, max: 1 }));
  expect(convert(z.int32())).toEqual(
    exactly({ kind: "number", int: true, min: -(2 ** 31), max: 2 ** 31 - 1 }),
  );
  expect(convert(z.boolean())).toEqual(exactly({ kind: "boolean" }));
  expect(convert(z.null())).toEqual(exactly({ kind: "null" }));
});

test("literals and enums", () => {
  expect(convert(z.literal("a"))).toEqual(exactly({ kind: "literal", value: "a" }));
  expect(convert(z.literal(["a", 1]))).toEqual(exactly({ kind: "enum", values: ["a", 1] }));
  expect(convert(z.enum(["x", "y"]))).toEqual(exactly({ kind: "enum", values: ["x", "y"] }));
  const Colour = { Red: 0, Blue: "blue", 0: "Red" } as const;
  expect(convert(z.enum(Colour))).toMatchObject({ node: { kind: "enum", values: [0, "blue"] } });
});

test("objects: optional, nullable, strict, loose", () => {
  const property = (name: string, type: unknown, optional = false): unknown => ({ name, optional, type });
  expect(convert(z.object({ a: z.string(), b: z.number().optional() }))).toEqual(
    exactly({
      kind: "object",
      additional: null,
      properties: [property("a", { kind: "string" }), property("b", { kind: "number" }, true)],
    }),
  );
  expect(convert(z.strictObject({}))).toMatchObject(exactly({ kind: "object", closed: true }) as object);
  expect(convert(z.looseObject({}))).toMatchObject({
    node: { additional: { key: null, value: { kind: "any" } } },
  });
  expect(convert(z.object({ a: z.string().nullable() }))).toMatchObject({
    node: { properties: [{ type: { kind: "union", arms: [{ kind: "string" }, { kind: "null" }] } }] },
  });
});

test("arrays, tuples, records and unions", () => {
  expect(convert(z.array(z.string()).min(1))).toEqual(
    exactly({ kind: "array", minItems: 1, items: { kind: "string" } }),
  );
  expect(convert(z.tuple([z.string()], z.number()))).toMatchObject({ node: { kind: "tuple" }, exact: true });
  expect(convert(z.record(z.string(), z.number()))).toMatchObject({
    node: { additional: { key: null, value: { kind: "number" } } },
    exact: true,
  });
  const shape = z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("a") }),
    z.object({ kind: z.literal("b") }),
  ]);
  expect(convert(shape)).toMatchObject({ node: { kind: "union", tag: "kind" }, exact: true });
});

test("a schema may contain itself", () => {
  interface Tree {
    children: Tree[];
  }
  const Tree: z.ZodType<Tree> = z.lazy(() => z.object({ children: z.array(Tree) }));
  expect(JSON.stringify(convert(Tree))).toContain("recursive");
});

test("a schema may contain itself through an optional getter", () => {
  const Tree = z.object({
    name: z.string(),
    get child() {
      return Tree.optional();
    },
  });
  expect(convert(Tree)).toMatchObject({
    node: {
      properties: [{ name: "name" }, { name: "child", optional: true, type: "recursive" }],
    },
  });
});

test.each([
  ["a refinement", z.string().refine((text) => text.length % 2 === 0)],
  ["a transform", z.string().transform((text) => text.length)],
  ["a default", z.string().default("x")],
  ["a coercion", z.coerce.number()],
  ["a trim", z.string().trim()],
  ["a URL", z.url()],
  ["a date with bounds", z.date().min(new Date(0))],
  ["a catch", z.string().catch("x")],
  ["an unknown property, which may be absent or not", z.object({ a: z.unknown() })],
  ["an option that must be the only one", z.xor([z.object({ a: z.string() }), z.object({ b: z.string() })])],
  ["look-around", z.string().regex(/^(?=a)/)],
  ["a refinement deep inside", z.object({ list: z.array(z.object({ n: z.number().refine(() => true) })) })],
])("%s is left to the schema itself", (_what, schema) => {
  expect(convert(schema).exact).toBe(false);
});

test("a default makes its property optional", () => {
  expect(convert(z.object({ a: z.string().default("x") }))).toMatchObject({
    node: { properties: [{ name: "a", optional: true, type: { kind: "string" } }] },
  });
});

test("what JSON cannot carry is refused by name", () => {
  expect(() => convert(z.map(z.string(), z.string()))).toThrow("JSON cannot represent a map");
  expect(() => convert({})).toThrow("neither a zod 4 schema nor a Standard Schema");
});

test("another Standard Schema is accepted and left to itself", () => {
  const schema = { "~standard": { version: 1, vendor: "other", validate: (value: unknown) => ({ value }) } };
  expect(convert(schema)).toEqual({ node: { kind: "any" }, exact: false });
});

test("metadata of a property makes it sensitive, within wrappers and lists too", () => {
  const arena: Node[] = [];
  const hidden = z.string().meta({ sensitive: true });
  const schema = z.object({
    plain: z.string(),
    a: hidden,
    b: hidden.optional(),
    c: z.array(hidden).nullable(),
  });
  const node = arena[irFromSchema(schema, arena).type];
  const properties = node?.kind === "object" ? node.properties : [];
  expect(properties.map(({ name, sensitive }) => [name, sensitive ?? false])).toEqual([
    ["plain", false],
    ["a", true],
    ["b", true],
    ["c", true],
  ]);
});

test("formats that are checked by a pattern are called by their names, not by the pattern", () => {
  const names = (schema: z.ZodType): unknown => {
    const { node } = convert(schema) as { node: StringNode };
    return [node.patterns?.length, node.labels];
  };
  expect(names(z.email())).toEqual([1, ["email address"]]);
  expect(names(z.iso.datetime())).toEqual([1, ["ISO 8601 date-time"]]);
  expect(names(z.uuid())).toEqual([1, ["UUID"]]);
  expect(names(z.string().regex(/^a/).date())).toEqual([2, ["", "ISO 8601 date"]]);
  expect(names(z.string().regex(/^a/))).toEqual([1, undefined]);
});
