import { describe, expect, test } from "vitest";
import type { Node } from "../ir/ir.ts";
import { buildSerializer } from "./serializer.ts";

const STRING: Node = { kind: "string" };
const NUMBER: Node = { kind: "number" };
const ANY: Node = { kind: "any" };
const DATE: Node = { kind: "date" };
const NULL: Node = { kind: "null" };

function object(properties: Readonly<Record<string, number>>, additional: number | null = null): Node {
  return {
    kind: "object",
    properties: Object.entries(properties).map(([name, type]) => {
      return { name: name.replace("?", ""), type, optional: name.endsWith("?") };
    }),
    additional: additional === null ? null : { key: null, value: additional },
  };
}

/** What is written for a value of the last type; the mismatch's message where it does not fit. */
function write(types: readonly Node[], value: unknown): string {
  try {
    return buildSerializer(types, types.length - 1)(value);
  } catch (error) {
    return String((error as Error).message);
  }
}

const at = new Date("2024-01-02T03:04:05.006Z");
const iso = '"2024-01-02T03:04:05.006Z"';
const as = (form: unknown): object => ({ ignored: 1, toJSON: () => form });

describe("a value with a toJSON is written as what that gives", () => {
  const point = object({ x: 0 });
  const cases: readonly (readonly [string, readonly Node[], unknown, string])[] = [
    ["a date for a string", [STRING], at, iso],
    ["a date for a string with rules", [{ kind: "string", minLen: 20 }], at, iso],
    ["a date for a template", [{ kind: "template", pattern: "^2024.*$" }], at, iso],
    ["a date in a property", [STRING, object({ at: 0 })], { at }, `{"at":${iso}}`],
    ["a date in an optional property", [STRING, object({ "at?": 0 })], { at }, `{"at":${iso}}`],
    ["a date in an array", [STRING, { kind: "array", items: 0 }], [at, "b"], `[${iso},"b"]`],
    ["a date in a record", [STRING, object({}, 0)], { a: at }, `{"a":${iso}}`],
    ["a date for string or null", [STRING, NULL, { kind: "union", arms: [0, 1] }], at, iso],
    ["a date for string or number", [STRING, NUMBER, { kind: "union", arms: [0, 1] }], at, iso],
    ["a date for a date or string", [STRING, DATE, { kind: "union", arms: [0, 1] }], at, iso],
    [
      "a date in a tuple",
      [STRING, { kind: "tuple", items: [{ type: 0, optional: false }], rest: null }],
      [at],
      `[${iso}]`,
    ],
    ["an object for a string", [STRING], as("7.50"), '"7.50"'],
    ["an object for a number", [NUMBER], as(7.5), "7.5"],
    ["an object for a number with rules", [{ kind: "number", min: 1 }], as(7.5), "7.5"],
    ["an object for a boolean", [{ kind: "boolean" }], as(true), "true"],
    ["an object for a literal", [{ kind: "literal", value: "a" }], as("a"), '"a"'],
    ["an object for null", [NULL], as(null), "null"],
    ["an object for a date", [DATE], as(at), iso],
    ["an object for string or null", [STRING, NULL, { kind: "union", arms: [0, 1] }], as(null), "null"],
    ["an object for an array", [NUMBER, { kind: "array", items: 0 }], as([1]), "[1]"],
    ["an object for a record", [NUMBER, object({}, 0)], as({ a: 1 }), '{"a":1}'],
    ["an object for an object", [NUMBER, point], as({ x: 1, more: 2 }), '{"x":1}'],
    ["a union's object", [NUMBER, point, STRING, { kind: "union", arms: [1, 2] }], as({ x: 1 }), '{"x":1}'],
    [
      "a union's object as a string",
      [NUMBER, point, STRING, { kind: "union", arms: [1, 2] }],
      as("s"),
      '"s"',
    ],
    [
      "objects within what it gives",
      [NUMBER, point, object({ p: 1 })],
      as({ p: as({ x: 1 }) }),
      '{"p":{"x":1}}',
    ],
    ["an array with a toJSON", [STRING], Object.assign([1], { toJSON: () => "[1]" }), '"[1]"'],
    [
      "any value",
      [ANY],
      { at, n: as(1), u: undefined, list: [undefined] },
      `{"at":${iso},"n":1,"list":[null]}`,
    ],
  ];
  test.each(cases)("%s", (_, types, value, expected) => {
    expect(write(types, value)).toBe(expected);
  });

  test("and is asked once, even if it gives itself", () => {
    const itself = { x: 1, toJSON: () => itself };
    expect(write([NUMBER, point], itself)).toBe('{"x":1}');
  });

  test("a prototype's counts, as that of a class", () => {
    class Money {
      readonly #cents = 750;
      toJSON(): string {
        return (this.#cents / 100).toFixed(2);
      }
    }
    expect(write([STRING, object({ price: 0 })], { price: new Money() })).toBe('{"price":"7.50"}');
    expect(write([NUMBER, object({ price: 0 })], { price: new Money() })).toBe(
      "response.price: expected number, found Money whose toJSON returns a string of digits",
    );
  });

  test("a bigint's too, where the app has given it one", () => {
    const { prototype } = BigInt as unknown as { prototype: { toJSON?: unknown } };
    expect(write([STRING], 7n)).toBe("response: expected string, found bigint");
    prototype.toJSON = function toJSON(this: bigint) {
      return String(this);
    };
    try {
      expect(write([STRING], 7n)).toBe('"7"');
      expect(write([STRING, NULL, { kind: "union", arms: [0, 1] }], 7n)).toBe('"7"');
      expect(write([NUMBER, STRING, { kind: "union", arms: [0, 1] }], 7n)).toBe('"7"');
    } finally {
      delete prototype.toJSON;
    }
  });
});

describe("what has no JSON is a mismatch that names it", () => {
  const record = [NUMBER, object({}, 0)];
  const empty = [NUMBER, object({ "a?": 0 })];
  const cases: readonly (readonly [readonly Node[], unknown, string])[] = [
    [[STRING], new Date(Number.NaN), "response: expected a date, found an invalid Date"],
    [[NUMBER], at, "response: expected number, found Date"],
    [empty, at, "response: expected object, found Date"],
    [[STRING], as(1), "response: expected string, found object whose toJSON returns number"],
    [empty, new Map([["a", 1]]), "response: expected object, found Map"],
    [record, new Map([["a", 1]]), "response: expected object, found Map"],
    [record, new (class Cache extends Map {})(), "response: expected object, found Cache"],
    [record, new Set([1]), "response: expected object, found Set"],
    [record, new URLSearchParams("a=1"), "response: expected object, found URLSearchParams"],
    [record, new Headers({ a: "1" }), "response: expected object, found Headers"],
    [record, Promise.resolve(1), "response: expected object, found Promise"],
    [record, new Uint8Array(1), "response: expected object, found Uint8Array"],
    [empty, /a/, "response: expected object, found RegExp"],
    [[STRING], new String("a"), "response: expected string, found String"],
    [empty, new String("a"), "response: expected object, found String"],
    [[NUMBER], new Number(1), "response: expected number, found Number"],
    [[ANY, object({ a: 0 })], { a: 1n }, "response.a: expected any JSON value, found bigint"],
  ];
  test.each(cases)("%#", (types, value, expected) => {
    expect(write(types, value)).toBe(expected);
  });

  test("a toJSON that throws is told with its cause", () => {
    const thrown = new Error("no");
    const value = {
      toJSON: () => {
        throw thrown;
      },
    };
    for (const types of [
      [STRING],
      [NUMBER, object({ "a?": 0 })],
      [STRING, NULL, { kind: "union", arms: [0, 1] } as Node],
    ]) {
      expect(() => buildSerializer(types, types.length - 1)(value)).toThrow(
        expect.objectContaining({
          message: expect.stringContaining("throws when it is read"),
          cause: thrown,
        }),
      );
    }
  });
});

describe("a value of any type is written as JSON.stringify writes it", () => {
  const values = [
    undefined,
    () => 1,
    Symbol("s"),
    as(undefined),
    null,
    1,
    at,
    { a: undefined, b: [() => 1] },
  ];
  test.each(values)("%#", (value) => {
    expect(write([ANY, object({ a: 0, "b?": 0 })], { a: value })).toBe(JSON.stringify({ a: value }));
    expect(write([ANY, object({}, 0)], { a: value, c: value })).toBe(JSON.stringify({ a: value, c: value }));
    expect(write([ANY, { kind: "array", items: 0 }], [value, 1])).toBe(JSON.stringify([value, 1]));
  });
});

test("an object of a class of the app's own is written by its properties, iterable or not", () => {
  class Page {
    readonly x = 1;
    *[Symbol.iterator](): Generator<number> {
      yield this.x;
    }
  }
  expect(write([NUMBER, object({ x: 0 })], new Page())).toBe('{"x":1}');
  expect(write([NUMBER, object({ x: 0 })], Object.create({ x: 1 }))).toBe('{"x":1}');
});
