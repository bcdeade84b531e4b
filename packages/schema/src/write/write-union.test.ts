import fc from "fast-check";
import { expect, test } from "vitest";
import type { Node, ObjectNode } from "../ir/ir.ts";
import { buildSerializer } from "./serializer.ts";

const STRING: Node = { kind: "string" };
const NUMBER: Node = { kind: "number" };
const NULL: Node = { kind: "null" };

function object(properties: Record<string, number>): ObjectNode {
  const entries = Object.entries(properties).map(([name, type]) => {
    return { name: name.replace(/\?$/, ""), type, optional: name.endsWith("?") };
  });
  return { kind: "object", properties: entries, additional: null };
}

const union = (...arms: number[]): Node => ({ kind: "union", arms });

test("a nullable is null or its type", () => {
  const write = buildSerializer([STRING, NULL, union(0, 1)], 2);
  expect(write(null)).toBe("null");
  expect(write("x")).toBe('"x"');
  expect(() => write(1)).toThrow("response: expected string, found number");
});

test("scalars choose by their class, and by constraint within it", () => {
  const types: Node[] = [
    { kind: "string", maxLen: 1 },
    { kind: "literal", value: "long" },
    NUMBER,
    union(0, 1, 2),
  ];
  const write = buildSerializer(types, 3);
  expect([write("a"), write("long"), write(1)]).toEqual(['"a"', '"long"', "1"]);
  expect(() => write("longer")).toThrow(
    "response: expected string of at most 1 characters, found another string",
  );
  expect(() => write(true)).toThrow("response: expected string | number, found boolean");
});

test("a tag chooses the arm, and its errors are that arm's", () => {
  const types: Node[] = [
    STRING,
    NUMBER,
    { kind: "literal", value: "circle" },
    { kind: "enum", values: ["square", "rhomb"] },
    object({ kind: 2, r: 1 }),
    object({ kind: 3, side: 1 }),
    { kind: "union", arms: [4, 5], tag: "kind" },
    NULL,
    union(6, 7),
  ];
  const write = buildSerializer(types, 8);
  expect(write({ kind: "circle", r: 1, side: 2 })).toBe('{"kind":"circle","r":1}');
  expect(write({ kind: "rhomb", r: 1, side: 2 })).toBe('{"kind":"rhomb","side":2}');
  expect(write(null)).toBe("null");
  expect(() => write({ kind: "square", r: 1 })).toThrow("response.side: expected number, found undefined");
  expect(() => write({ kind: "cube" })).toThrow(
    'response.kind: expected "circle" | "square" | "rhomb", found another string',
  );
});

test("a value that fits several objects keeps what any of them knows", () => {
  const types: Node[] = [STRING, NUMBER, object({ id: 0 }), object({ id: 0, name: 0 }), union(2, 3)];
  const write = buildSerializer(types, 4);
  expect(write({ id: "x" })).toBe('{"id":"x"}');
  expect(write({ id: "x", name: "n", more: 1 })).toBe('{"id":"x","name":"n"}');
  expect(write({ id: "x", name: 7 })).toBe('{"id":"x"}');
});

test("what several arms know is merged at every depth", () => {
  const types: Node[] = [
    STRING,
    object({ a: 0 }),
    object({ b: 0 }),
    { kind: "array", items: 1 },
    { kind: "array", items: 2 },
    object({ in: 1, list: 3 }),
    object({ in: 2, list: 4 }),
    union(5, 6),
  ];
  const both = { a: "1", b: "2", c: "3" };
  expect(buildSerializer(types, 7)({ in: both, list: [both] })).toBe(
    '{"in":{"a":"1","b":"2"},"list":[{"a":"1","b":"2"}]}',
  );
});

test("arrays of different items choose by their items", () => {
  const types: Node[] = [
    STRING,
    NUMBER,
    { kind: "array", items: 0 },
    { kind: "array", items: 1 },
    union(2, 3),
  ];
  const write = buildSerializer(types, 4);
  expect([write(["a"]), write([1]), write([])]).toEqual(['["a"]', "[1]", "[]"]);
  expect(() => write([1, "a"])).toThrow("response[0]: expected string, found number");
});

test("of several arms the error is that of the one that got furthest", () => {
  const types: Node[] = [
    STRING,
    NUMBER,
    object({ x: 0 }),
    object({ x: 1, "y?": 3 }),
    object({ "z?": 2 }),
    union(4, 3),
  ];
  expect(() => buildSerializer(types, 5)({ x: 1, y: { x: "no", y: { x: 2, y: 1 } }, z: { x: 1 } })).toThrow(
    /^response\.(y|z)\.x: expected/,
  );
});

test("a union with unknown takes anything", () => {
  expect(buildSerializer([{ kind: "any" }, STRING, union(1, 0)], 2)({ a: 1 })).toBe('{"a":1}');
});

test("a union that contains itself ends", () => {
  const types: Node[] = [STRING, union(0, 2, 1), { kind: "array", items: 1 }];
  expect(buildSerializer(types, 1)(["a", ["b", []]])).toBe('["a",["b",[]]]');
});

test("an arm whose getter throws ends the search", () => {
  const types: Node[] = [STRING, object({ id: 0 }), object({ "name?": 0 }), union(1, 2)];
  const bad = {
    get id(): never {
      throw new Error("x");
    },
  };
  expect(() => buildSerializer(types, 3)(bad)).toThrow(
    "response.id: expected a property, found a value that throws",
  );
});

test("a value of any of its arms is written as that arm alone would write it, or with more", () => {
  const types: Node[] = [
    STRING,
    NUMBER,
    object({ a: 0, "b?": 1 }),
    object({ a: 1, "c?": 0 }),
    { kind: "array", items: 5 },
    union(0, 1, 2, 3, 4),
  ];
  const write = buildSerializer(types, 5);
  const values = fc.letrec((tie) => ({
    value: fc.oneof(
      fc.string(),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
      fc.record({ a: fc.string(), b: fc.nat() }, { requiredKeys: ["a"], noNullPrototype: true }),
      fc.record({ a: fc.nat(), c: fc.string() }, { requiredKeys: ["a"], noNullPrototype: true }),
      fc.array(tie("value"), { maxLength: 3 }),
    ),
  })).value;
  fc.assert(
    fc.property(values, (value) => {
      expect(JSON.parse(write(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test("arms that share a tag are told apart by a second one, and the rest are tried", () => {
  const types: Node[] = [
    STRING,
    NUMBER,
    { kind: "literal", value: "message" },
    { kind: "literal", value: "reaction" },
    { kind: "enum", values: ["joined", "invited"] },
    { kind: "literal", value: "left" },
    object({ type: 2, subtype: 4, user: 0 }),
    object({ type: 2, subtype: 5, at: 1 }),
    object({ type: 2, text: 0 }),
    object({ type: 3, name: 0 }),
    object({ custom: 1 }),
    { kind: "array", items: 12 },
    union(6, 7, 8, 9, 10, 0, 11),
  ];
  const write = buildSerializer(types, 12);
  const written = (value: unknown): unknown => JSON.parse(write(value));
  expect(written({ type: "message", subtype: "invited", user: "u", x: 1 })).toEqual({
    type: "message",
    subtype: "invited",
    user: "u",
  });
  expect(written({ type: "message", subtype: "left", at: 1, text: "t" })).toEqual({
    type: "message",
    subtype: "left",
    at: 1,
    text: "t",
  });
  expect(written({ type: "message", text: "t", at: 1 })).toEqual({ type: "message", text: "t" });
  expect(written({ type: "other", custom: 1 })).toEqual({ custom: 1 });
  expect(written(["x", [{ type: "reaction", name: "n", text: "t" }]])).toEqual([
    "x",
    [{ type: "reaction", name: "n" }],
  ]);
  expect(() => write({ type: "reaction", text: "t" })).toThrow(
    "response.name: expected string, found undefined",
  );
  expect(() => write(1)).toThrow("expected object | string | array, found number");
});

test("a tag that no arm has names the tags of all, and one that may be absent leaves all", () => {
  const types: Node[] = [
    STRING,
    { kind: "literal", value: "a" },
    { kind: "literal", value: "b" },
    object({ "type?": 1, x: 0 }),
    object({ "type?": 2, y: 0 }),
    union(3, 4),
  ];
  const write = buildSerializer(types, 5);
  expect(write({ type: "b", x: "x", y: "y" })).toBe('{"type":"b","y":"y"}');
  expect(JSON.parse(write({ x: "x", y: "y" }))).toEqual({ x: "x", y: "y" });
  expect(() => write({ type: "c", x: "x" })).toThrow(
    'response.type: expected "a" | "b", found another string',
  );
});

test("unions in unions are read in proportion to the value, however deep", () => {
  let reads = 0;
  const counted = (next: unknown, own: Record<string, unknown>): unknown =>
    Object.defineProperty({ ...own }, "next", {
      enumerable: true,
      get: () => {
        reads++;
        return next;
      },
    });
  const types: Node[] = [
    NUMBER,
    object({ "next?": 4, "a?": 0 }),
    object({ "next?": 4, "b?": 0 }),
    object({ "next?": 4, "c?": 0 }),
    union(1, 2, 3),
  ];
  const write = buildSerializer(types, 4);
  const readsAt = (depth: number, innermost: unknown): number => {
    reads = 0;
    let value = innermost;
    for (let level = 0; level < depth; level++) value = counted(value, { a: 1, b: 2, c: 3 });
    let text: string | undefined;
    try {
      text = write(value);
    } catch {
      text = undefined;
    }
    expect(text === undefined).toBe((innermost as { a?: unknown }).a === "x");
    return reads;
  };
  for (const innermost of [{ a: 1 }, { a: "x", b: "x", c: "x" }]) {
    expect(readsAt(100, innermost)).toBeLessThanOrEqual(10 * readsAt(10, innermost));
    expect(readsAt(100, innermost)).toBeLessThanOrEqual(100 * 2 * 4);
  }
});
