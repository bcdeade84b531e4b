import type { Manifest, Node } from "@twinloop/compiler";
import { expect, test } from "vitest";
import { TypeSchemas } from "./type-schema.ts";

const schemas = (...types: Node[]): TypeSchemas => new TypeSchemas({ types } as unknown as Manifest);
const property = (name: string, type: number, optional = false) => ({ name, type, optional });

const PLAIN: readonly [string, Node, object][] = [
  ["any JSON", { kind: "any" }, {}],
  ["null", { kind: "null" }, { type: "null" }],
  [
    "a fraction",
    { kind: "number", exclusiveMin: 0, max: "10" },
    { type: "number", exclusiveMinimum: 0, maximum: 10 },
  ],
  ["a whole number", { kind: "number", int: true, multipleOf: 5 }, { type: "integer", multipleOf: 5 }],
  [
    "an address",
    { kind: "string", formats: ["url"], maxLen: 9 },
    { type: "string", format: "uri", maxLength: 9 },
  ],
  [
    "a text of several forms",
    { kind: "string", startsWith: ["a.b"], endsWith: ["!"], patterns: ["x+"] },
    { type: "string", allOf: [{ pattern: "x+" }, { pattern: "^a\\.b" }, { pattern: "!$" }] },
  ],
  ["a literal", { kind: "literal", value: "on" }, { const: "on" }],
  ["an enum", { kind: "enum", values: [1, "two"] }, { enum: [1, "two"] }],
  ["a template", { kind: "template", pattern: "^v[0-9]+$" }, { type: "string", pattern: "^v[0-9]+$" }],
  ["a date", { kind: "date" }, { type: "string", format: "date-time" }],
  ["bytes", { kind: "bytes" }, { type: "string", contentEncoding: "base64" }],
];

test.each(PLAIN)("%s has its JSON Schema", (_what, node, schema) => {
  expect(schemas(node).whole(0)).toEqual(schema);
});

test("lists, tuples, records and unions refer to what they hold", () => {
  const types = schemas(
    { kind: "union", arms: [1, 2, 3] },
    { kind: "array", items: 4, minItems: 1 },
    {
      kind: "tuple",
      items: [
        { type: 4, optional: false },
        { type: 4, optional: true },
      ],
      rest: null,
    },
    { kind: "object", properties: [], additional: { key: 4, value: 5 } },
    { kind: "string", minLen: 1 },
    { kind: "boolean" },
  );
  const text = { type: "string", minLength: 1 };
  expect(types.whole(0)).toEqual({
    anyOf: [
      { type: "array", items: text, minItems: 1 },
      { type: "array", prefixItems: [text, text], minItems: 1, items: false },
      { $ref: "#/$defs/Type3" },
    ],
    $defs: {
      Type3: {
        type: "object",
        properties: {},
        propertyNames: text,
        additionalProperties: { type: "boolean" },
      },
    },
  });
});

test("a type that holds itself ends, and two of one name stay apart", () => {
  const types = schemas(
    {
      kind: "object",
      name: "Tree",
      properties: [property("next", 0, true), property("other", 1)],
      additional: null,
    },
    { kind: "object", name: "Tree", properties: [], additional: null, closed: true },
  );
  expect(types.whole(0)).toEqual({
    $ref: "#/$defs/Tree",
    $defs: {
      Tree: {
        type: "object",
        properties: { next: { $ref: "#/$defs/Tree" }, other: { $ref: "#/$defs/Tree_2" } },
        required: ["other"],
      },
      Tree_2: { type: "object", properties: {}, additionalProperties: false },
    },
  });
});
