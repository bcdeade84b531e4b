import fc from "fast-check";
import { expect, test } from "vitest";
import { revive } from "./revive.ts";

/** Writes a value as the runtime does: a reference for the property below. */
function tag(value: unknown): unknown {
  if (value instanceof Date) return `\0d${value.getTime()}`;
  if (typeof value === "bigint") return `\0n${value}`;
  if (value instanceof Uint8Array) return `\0b${Buffer.from(value).toString("base64")}`;
  if (typeof value === "string") return value.startsWith("\0") ? `\0s${value}` : value;
  if (Array.isArray(value)) return value.map(tag);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, tag(inner)]));
}

test("dates, big integers, bytes and text that begins with U+0000 come back", () => {
  const text =
    '{"at":"\\u0000d0","n":"\\u0000n-12345678901234567890","b":"\\u0000bAP8=","s":"\\u0000s\\u0000d1"}';
  expect(revive(JSON.parse(text))).toEqual({
    at: new Date(0),
    n: -12345678901234567890n,
    b: new Uint8Array([0, 255]),
    s: "\0d1",
  });
});

test("a root that is itself a tagged string comes back", () => {
  expect(revive("\0n7")).toBe(7n);
  expect(revive("plain")).toBe("plain");
  expect(revive(null)).toBe(null);
});

test("bytes own their memory", () => {
  const bytes = revive("\0bAQ==") as Uint8Array;
  expect(Buffer.isBuffer(bytes)).toBe(false);
  expect(bytes.buffer.byteLength).toBe(1);
});

test("an own __proto__ is a property, never a prototype", () => {
  const value = JSON.parse('{"__proto__":{"at":"\\u0000d5"},"x":{"__proto__":"\\u0000n1"}}');
  const revived = revive(value) as Record<string, object>;
  expect(Object.getPrototypeOf(revived)).toBe(Object.prototype);
  expect(Object.getOwnPropertyDescriptor(revived, "__proto__")?.value).toEqual({ at: new Date(5) });
  expect(Object.getOwnPropertyDescriptor(revived.x, "__proto__")?.value).toBe(1n);
  expect(({} as Record<string, unknown>).at).toBeUndefined();
});

test("a tag that is never written is refused", () => {
  expect(() => revive({ a: ["\0x"] })).toThrow(TypeError);
});

test("whatever is tagged comes back equal", () => {
  const values = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.date({ noInvalidDate: true }),
      fc.bigInt(),
      fc.uint8Array({ maxLength: 20 }),
      fc.string(),
      fc.string().map((text) => `\0${text}`),
      fc.constantFrom(null, true, 1.5),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(fc.string(), tie("value"), { maxKeys: 4, noNullPrototype: true }),
    ),
  })).value;
  fc.assert(
    fc.property(values, (value) => {
      expect(revive(JSON.parse(JSON.stringify(tag(value))))).toEqual(value);
    }),
  );
});
