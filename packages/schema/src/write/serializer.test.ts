import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Node } from "../ir/ir.ts";
import { ValueMismatch } from "./mismatch.ts";
import { buildSerializer } from "./serializer.ts";

const STRING: Node = { kind: "string" };
const NUMBER: Node = { kind: "number" };

function object(
  properties: Record<string, number>,
  rest: Partial<Extract<Node, { kind: "object" }>> = {},
): Node {
  const entries = Object.entries(properties).map(([name, type]) => {
    return { name: name.replace(/\?$/, ""), type, optional: name.endsWith("?") };
  });
  return { kind: "object", properties: entries, additional: null, ...rest };
}

/** The message of the mismatch that writing `value` as the last of `types` throws. */
function refusal(types: readonly Node[], value: unknown): string {
  try {
    buildSerializer(types, types.length - 1)(value);
  } catch (error) {
    if (error instanceof ValueMismatch) return error.message;
    throw error;
  }
  return "was written";
}

function written(types: readonly Node[], value: unknown): string {
  return buildSerializer(types, types.length - 1)(value);
}

describe("scalars", () => {
  test("each kind is written as the wire wants it", () => {
    expect(written([STRING], 'a"b\\c\n\u2028\ud800')).toBe(JSON.stringify('a"b\\c\n\u2028\ud800'));
    expect(written([NUMBER], -0)).toBe("0");
    expect(written([NUMBER], 1e21)).toBe("1e+21");
    expect(written([{ kind: "boolean" }], false)).toBe("false");
    expect(written([{ kind: "null" }], null)).toBe("null");
    expect(written([{ kind: "date" }], new Date(0))).toBe('"1970-01-01T00:00:00.000Z"');
    expect(written([{ kind: "bigint" }], -(2n ** 70n))).toBe('"-1180591620717411303424"');
    expect(written([{ kind: "bytes" }], new Uint8Array([0, 255, 1]).subarray(1))).toBe('"/wE="');
    expect(written([{ kind: "any" }], { a: [1, new Date(0)] })).toBe('{"a":[1,"1970-01-01T00:00:00.000Z"]}');
    expect(written([{ kind: "literal", value: 1 }], 1)).toBe("1");
    expect(written([{ kind: "enum", values: ["a", 0, true] }], -0)).toBe("0");
  });

  test("a wrong type is refused with what was expected and found", () => {
    expect(refusal([STRING], 1)).toBe("response: expected string, found number");
    expect(refusal([NUMBER], "one")).toBe("response: expected number, found string");
    for (const digits of ["1", "-1.50", "9007199254740993"])
      expect(refusal([NUMBER], digits)).toBe("response: expected number, found a string of digits");
    expect(refusal([NUMBER], NaN)).toBe("response: expected number, found NaN");
    expect(refusal([NUMBER], -Infinity)).toBe("response: expected number, found -Infinity");
    expect(refusal([NUMBER], 1n)).toBe("response: expected number, found bigint");
    expect(refusal([STRING], undefined)).toBe("response: expected string, found undefined");
    expect(refusal([STRING], new String("x"))).toBe("response: expected string, found String");
    expect(refusal([{ kind: "boolean" }], 0)).toBe("response: expected boolean, found number");
    expect(refusal([{ kind: "date" }], "1970-01-01")).toBe("response: expected date, found string");
    expect(refusal([{ kind: "date" }], new Date(NaN))).toMatch(/^response: expected date/);
    expect(refusal([{ kind: "date" }], new Date(8.64e15))).toMatch(/^response: expected date/);
    expect(refusal([{ kind: "bytes" }], [1])).toBe("response: expected bytes, found array");
    expect(refusal([{ kind: "enum", values: ["a", "b"] }], "secret")).toBe(
      'response: expected "a" | "b", found another string',
    );
  });

  test("any is whatever JSON can carry, and nothing else", () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    const bad = {
      toJSON: () => {
        throw new Error("x");
      },
    };
    for (const value of [undefined, () => 1, Symbol("s"), 1n, { n: 1n }, cycle, bad]) {
      expect(refusal([{ kind: "any" }], value)).toMatch(/^response: expected any JSON value, found /);
    }
  });

  test("a date cannot smuggle text through a method of its own", () => {
    class Sly extends Date {
      override toISOString(): string {
        return '","admin":true,"x":"';
      }
    }
    expect(written([{ kind: "date" }], new Sly(0))).toBe('"1970-01-01T00:00:00.000Z"');
  });
});

describe("constraints", () => {
  const cases: [Node, unknown, string | undefined][] = [
    [{ kind: "string", minLen: 2 }, "ab", undefined],
    [{ kind: "string", minLen: 2 }, "😀", "string of at least 2 characters"],
    [{ kind: "string", maxLen: 2 }, "😀😀", undefined],
    [{ kind: "string", maxLen: 2 }, "abc", "string of at most 2 characters"],
    [{ kind: "string", startsWith: ["a"], endsWith: ["z"] }, "abcz", undefined],
    [{ kind: "string", endsWith: ["z"] }, "a", 'string that ends with "z"'],
    [{ kind: "string", formats: ["email"] }, "a@b.co", undefined],
    [{ kind: "string", formats: ["email"] }, "a@b", "email address"],
    [{ kind: "string", formats: ["url"] }, "https://a.example/x?y", undefined],
    [{ kind: "string", formats: ["url"] }, "javascript:alert(1)", "http or https URL"],
    [{ kind: "string", formats: ["uuid"] }, "00000000-0000-0000-0000-000000000000", undefined],
    [{ kind: "string", formats: ["uuid"] }, "x", "UUID"],
    [{ kind: "string", patterns: ["^[a-z]+$"] }, "abc", undefined],
    [{ kind: "string", patterns: ["^[a-z]+$"] }, "abc1", "string that matches ^[a-z]+$"],
    [{ kind: "template", pattern: "^usr_.*$" }, "usr_1", undefined],
    [{ kind: "template", pattern: "^usr_.*$" }, "org_1", "string that matches ^usr_.*$"],
    [{ kind: "number", min: 0.5 }, 0.5, undefined],
    [{ kind: "number", min: 0.5 }, 0, "number of at least 0.5"],
    [{ kind: "number", exclusiveMax: 3 }, 3, "number less than 3"],
    [{ kind: "number", max: "9007199254740993" }, 9007199254740992, undefined],
    [{ kind: "number", max: "9007199254740993" }, 9007199254740994, "number of at most 9007199254740993"],
    [{ kind: "number", int: true }, 1.5, "integer"],
    [{ kind: "number", multipleOf: 0.1 }, 0.3, undefined],
    [{ kind: "number", multipleOf: 0.1 }, 0.35, "multiple of 0.1"],
    [{ kind: "number", multipleOf: 5 }, 1e21, undefined],
    [{ kind: "bigint", min: "1", max: "10" }, 10n, undefined],
    [{ kind: "bigint", min: "1", max: "10" }, 11n, "bigint of at most 10"],
    [{ kind: "bytes", maxLen: 1 }, new Uint8Array(2), "at most 1 bytes"],
  ];
  test.each(cases)("%j holds for %s: %s", (node, value, expected) => {
    const message = refusal([node], value);
    expect(message).toMatch(
      expected === undefined ? "was written" : `response: expected ${expected}, found `,
    );
  });

  test("array and tuple sizes are checked", () => {
    const array: Node = { kind: "array", items: 0, minItems: 1, maxItems: 2 };
    expect(refusal([STRING, array], [])).toBe("response: expected array of at least 1 items, found 0 items");
    expect(refusal([STRING, array], ["a", "b", "c"])).toMatch(
      "expected array of at most 2 items, found 3 items",
    );
  });
});

describe("objects", () => {
  const link = object({ id: 0, hits: 1, "note?": 0 });

  test("only declared properties are written, in declared order, at every depth", () => {
    const types = [STRING, NUMBER, link, object({ links: 4, best: 2 }), { kind: "array", items: 2 } as Node];
    const value = {
      extra: 1,
      best: { hits: 2, id: "b", password: "x" },
      links: [{ note: undefined, hits: 1, id: "a", password: "x" }],
    };
    expect(buildSerializer(types, 3)(value)).toBe(
      '{"links":[{"id":"a","hits":1}],"best":{"id":"b","hits":2}}',
    );
  });

  test("the path of a mismatch leads through properties and items", () => {
    const types = [
      STRING,
      NUMBER,
      link,
      { kind: "array", items: 2 } as Node,
      object({ items: 3, "a b?": 0 }),
    ];
    const good = { id: "a", hits: 1 };
    expect(refusal(types, { items: [good, good, { id: "x", hits: "7" }] })).toBe(
      "response.items[2].hits: expected number, found a string of digits",
    );
    expect(refusal(types, { items: [], "a b": 1 })).toBe('response["a b"]: expected string, found number');
    expect(refusal(types, { items: [{}] })).toBe("response.items[0].id: expected string, found undefined");
  });

  test("null is no optional, and arrays and functions are no objects", () => {
    expect(refusal([STRING, NUMBER, link], { id: "a", hits: 1, note: null })).toMatch(
      "note: expected string, found null",
    );
    for (const value of [null, [], () => 1, "x", undefined])
      expect(refusal([object({})], value)).toMatch("expected object");
    expect(written([object({})], { a: 1 })).toBe("{}");
  });

  test("getters of a class are read; what every object inherits is not", () => {
    class Row {
      get id(): string {
        return "x";
      }
    }
    expect(written([STRING, object({ id: 0 })], new Row())).toBe('{"id":"x"}');
    const odd = object({ "toString?": 0, "constructor?": 0, "__proto__?": 0, id: 0 });
    expect(written([STRING, odd], { id: "x" })).toBe('{"id":"x"}');
    expect(written([STRING, odd], JSON.parse('{"id":"x","__proto__":"p"}'))).toBe(
      '{"__proto__":"p","id":"x"}',
    );
  });

  test("an index signature writes what is not declared, and checks it", () => {
    const map = object({ id: 0 }, { additional: { key: null, value: 1 } });
    expect(written([STRING, NUMBER, map], { b: 2, id: "x", a: 1, gone: undefined })).toBe(
      '{"id":"x","b":2,"a":1}',
    );
    expect(written([STRING, NUMBER, map], JSON.parse('{"id":"x","__proto__":1}'))).toBe(
      '{"id":"x","__proto__":1}',
    );
    expect(refusal([STRING, NUMBER, map], { id: "x", b: "2" })).toBe(
      "response.b: expected number, found a string of digits",
    );
    const keyed = object({}, { additional: { key: 1, value: 0 } });
    const short: Node = { kind: "string", maxLen: 1 };
    expect(refusal([STRING, short, keyed], { ab: "x" })).toMatch(
      "response.ab: expected string of at most 1 characters",
    );
  });

  test("a closed object refuses what is not declared", () => {
    const closed = object({ id: 0 }, { closed: true });
    expect(written([STRING, closed], { id: "x" })).toBe('{"id":"x"}');
    expect(refusal([STRING, closed], { id: "x", more: 1 })).toBe(
      "response.more: expected no such property, found number",
    );
  });
});

describe("tuples", () => {
  const tuple: Node = {
    kind: "tuple",
    items: [
      { type: 0, optional: false },
      { type: 1, optional: true },
    ],
    rest: null,
  };

  test("optional items may be absent, more items are refused", () => {
    expect(written([STRING, NUMBER, tuple], ["a", 1])).toBe('["a",1]');
    expect(written([STRING, NUMBER, tuple], ["a", undefined])).toBe('["a"]');
    expect(refusal([STRING, NUMBER, tuple], [])).toBe(
      "response: expected tuple of 1 to 2 items, found 0 items",
    );
    expect(refusal([STRING, NUMBER, tuple], ["a", 1, 2])).toMatch("found 3 items");
    expect(refusal([STRING, NUMBER, tuple], ["a", "b"])).toBe("response[1]: expected number, found string");
  });

  test("a rest takes any number of items", () => {
    const open: Node = { kind: "tuple", items: [{ type: 0, optional: false }], rest: 1 };
    expect(written([STRING, NUMBER, open], ["a", 1, 2])).toBe('["a",1,2]');
    expect(refusal([STRING, NUMBER, open], ["a", 1, "x"])).toBe("response[2]: expected number, found string");
  });
});

describe("hostile values", () => {
  const types = [STRING, object({ id: 0, "next?": 1 }), { kind: "array", items: 1 } as Node];
  const write = buildSerializer(types, 1);

  test("a cycle ends at the depth limit, with arms or without", () => {
    const cycle: Record<string, unknown> = { id: "x" };
    cycle.next = cycle;
    expect(() => write(cycle)).toThrow(/expected at most 128 levels, found a cycle or a deeper value$/);
    const tree: Node[] = [
      STRING,
      { kind: "union", arms: [2, 3] },
      object({ x: 1, "a?": 0 }),
      object({ x: 1, "b?": 0 }),
    ];
    const loop: Record<string, unknown> = {};
    loop.x = loop;
    expect(() => buildSerializer(tree, 1)(loop)).toThrow(/at most 128 levels/);
  });

  test("128 levels are written, 129 are not", () => {
    const nest = (levels: number): object =>
      levels === 1 ? { id: "x" } : { id: "x", next: nest(levels - 1) };
    expect(write(nest(128))).toContain("id");
    expect(() => write(nest(129))).toThrow(/at most 128 levels/);
  });

  test("a value that throws when it is read is a mismatch, with its place and its cause", () => {
    const bad = {
      get id(): never {
        throw new Error("no connection");
      },
    };
    const thrown = (() => {
      try {
        return write({ id: "x", next: bad });
      } catch (error) {
        return error as ValueMismatch;
      }
    })() as ValueMismatch;
    expect(thrown.message).toBe(
      "response.next.id: expected a property, found a value that throws when it is read",
    );
    expect(thrown.cause).toEqual(new Error("no connection"));
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    expect(refusal([types[0]!, types[1]!], revoked.proxy)).toMatch("found a value that throws");
    expect(refusal(types, [revoked.proxy])).toMatch(
      /^response\[0\]: expected an item, found a value that throws/,
    );
  });

  test("nothing is ever written with a raw control character", () => {
    const map = object({}, { additional: { key: null, value: 0 } });
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: "binary" }), fc.string({ unit: "binary" })), (value) => {
        const text = written([STRING, map], value);
        // eslint-disable-next-line no-control-regex -- control characters are what is looked for
        expect(text).not.toMatch(/[\u0000-\u001f]/);
        expect(text).toBe(JSON.stringify(value));
      }),
    );
  });
});
