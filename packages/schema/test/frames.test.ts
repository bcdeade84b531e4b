import { inspect, isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { diagnosis } from "../../core-native/dist/internal.js";
import type { Node, ObjectNode } from "../src/ir/ir.ts";
import { isFramed } from "../src/read/frame-layout.ts";
import { buildFrameReader, type Frame, type FrameReader } from "../src/read/frame-reader.ts";
import { revive } from "../src/read/revive.ts";
import { Picks } from "./oracle/picks.ts";
import { writeType } from "./oracle/schema-writer.ts";
import { TextWriter } from "./oracle/text-writer.ts";

const TEXTS = 10;
const RUNS = process.env["FULL"] === "1" ? 100_000 : 400;
const FULL_TIMEOUT_MS = 600_000;

type Verdict =
  | {
      readonly accepted: true;
      readonly tagged: boolean;
      readonly text: string;
      readonly frame: readonly number[] | null;
    }
  | { readonly accepted: false; readonly frame: null };

interface Checked {
  /** What the text form gives; undefined where the request is refused. */
  readonly value: { readonly of: unknown } | undefined;
  readonly frame: readonly number[] | null;
}

async function check(
  types: readonly Node[],
  type: number,
  body: string,
  parts: object = { fields: [] },
  query: string | null = null,
): Promise<Checked> {
  const place = { body: type, bodyOptional: false, ...parts };
  const given = { types, place, body, query, frame: true };
  const verdict = await diagnosis.call<Verdict>("checkRequest", given);
  if (!verdict.accepted) return { value: undefined, frame: verdict.frame };
  const parsed: unknown = JSON.parse(verdict.text);
  return { value: { of: verdict.tagged ? revive(parsed) : parsed }, frame: verdict.frame };
}

/** A frame in memory with other bytes behind it. */
function frameOf(bytes: readonly number[]): Frame {
  const memory = new ArrayBuffer(Math.ceil((bytes.length + 16) / 8) * 8);
  const views = {
    bytes: Buffer.from(memory),
    ints: new Int32Array(memory),
    doubles: new Float64Array(memory),
  };
  views.bytes.fill(0xaa);
  views.bytes.set(bytes);
  return views;
}

/** Reads a frame, and makes its memory useless, as the next frame does. */
function readFrame(read: FrameReader, bytes: readonly number[]): unknown {
  const frame = frameOf(bytes);
  const value = read(frame);
  frame.bytes.fill(0x55);
  return value;
}

const numbers = fc.array(fc.nat(0xffff), { maxLength: 80, size: "max" });

test(
  "the value of a frame is that of the text, and what is refused has none",
  async () => {
    const count = { refused: 0, framed: 0, text: 0 };
    await fc.assert(
      fc.asyncProperty(
        numbers,
        fc.array(numbers, { minLength: TEXTS, maxLength: TEXTS }),
        async (schema, all) => {
          const types: Node[] = [];
          const type = writeType(types, new Picks(schema));
          if (!isFramed(types, type)) return;
          const read = buildFrameReader(types, type);
          for (const picks of all) {
            const text = new TextWriter(types, new Picks(picks)).document(type);
            const { value, frame } = await check(types, type, text);
            if (value === undefined) expect(frame).toBeNull();
            if (value === undefined || frame === null) {
              count[value === undefined ? "refused" : "text"]++;
              continue;
            }
            count.framed++;
            const found = readFrame(read, frame);
            if (!isDeepStrictEqual(found, value.of))
              expect.fail(inspect({ types, type, text, found, expected: value.of }, { depth: 20 }));
          }
        },
      ),
      { numRuns: RUNS },
    );
    expect(Math.min(count.refused, count.framed)).toBeGreaterThan(RUNS / 4);
    // Only what would be much larger than its text stays text.
    expect(count.text).toBeLessThan(count.framed / 20);
  },
  FULL_TIMEOUT_MS,
);

/** An object type of these properties, each with the index of its type; a `?` makes it optional. */
function object(properties: Record<string, number>): ObjectNode {
  const listed = Object.entries(properties).map(([name, type]) => {
    return { name: name.replace(/\?$/, ""), type, optional: name.endsWith("?") };
  });
  return { kind: "object", properties: listed, additional: null };
}

const [STRING, NUMBER] = [0, 1];
const SCALARS: Node[] = [{ kind: "string" }, { kind: "number" }];

async function framed(types: readonly Node[], type: number, value: unknown): Promise<unknown> {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const { frame } = await check(types, type, text);
  return frame && readFrame(buildFrameReader(types, type), frame);
}

test("strings of all lengths and widths come through, whether they repeat or not", async () => {
  const types: Node[] = [...SCALARS, { kind: "array", items: STRING }];
  const units = ["a", "é", "中", "😀", '"', "\n", "\u0000", "ÿ", "Ā"];
  const lengths = [0, 1, 5, 12, 13, 100, 4095, 4096, 4097, 8191, 8192, 8193, 20_000];
  const strings = units.flatMap((unit) => lengths.map((length) => unit.repeat(length)));
  const numbered = Array.from({ length: 3_000 }, (_, at) => `text ${at}`);
  const repeated = Array.from({ length: 3_000 }, (_, at) => `group-${at % 700}`);
  const mixed = Array.from({ length: 3_000 }, (_, at) => `${units[at % units.length]} and ${at}`);
  for (const value of [strings, numbered, repeated, mixed, [...strings, ...repeated]])
    expect(await framed(types, 2, value)).toEqual(value);
});

test("properties come in the order of declaration, whatever that of the input", async () => {
  const types: Node[] = [
    ...SCALARS,
    object({ b: 1, "a?": 0, "c?": 3, "d?": 1 }),
    { kind: "array", items: 2 },
  ];
  const found = await framed(types, 2, { d: 1, x: 0, c: [{ d: 4, c: [], b: 5 }, { b: 6 }], b: 2 });
  expect(JSON.stringify(found)).toBe('{"b":2,"c":[{"b":5,"c":[],"d":4},{"b":6}],"d":1}');
  expect("a" in (found as object)).toBe(false);
});

test("`__proto__` is a name like any other", async () => {
  const types: Node[] = [...SCALARS, object({ a: 3 }), object({ a: 1 })];
  for (const optional of [false, true]) {
    types[2] = {
      kind: "object",
      properties: [
        { name: "__proto__", type: 3, optional },
        { name: "a", type: NUMBER, optional: false },
      ],
      additional: null,
    };
    const found = (await framed(types, 2, '{"a":1,"__proto__":{"a":2}}')) as object;
    expect(Object.getPrototypeOf(found)).toBe(Object.prototype);
    expect(Object.keys(found)).toEqual(["__proto__", "a"]);
    expect(JSON.stringify(found)).toBe('{"__proto__":{"a":2},"a":1}');
  }
});

test("a type may hold itself, a hundred and twenty-eight levels deep and no deeper", async () => {
  const types: Node[] = [...SCALARS, object({ name: 0, "next?": 2, "all?": 3 }), { kind: "array", items: 2 }];
  const nest = (levels: number): string =>
    levels === 0 ? '{"name":"last"}' : `{"next":${nest(levels - 1)},"name":"n"}`;
  expect(await framed(types, 2, nest(127))).toEqual(JSON.parse(nest(127)));
  expect(await framed(types, 2, nest(128))).toBeNull();
  const tree = { all: [{ name: "b" }, { all: [{ name: "d", all: [] }], name: "c" }], name: "a" };
  expect(await framed(types, 2, tree)).toEqual(tree);
});

test("a body whose frame would be much larger stays text", async () => {
  const many = Object.fromEntries(Array.from({ length: 64 }, (_, at) => [`p${at}?`, NUMBER]));
  const types: Node[] = [...SCALARS, object(many), { kind: "array", items: 2 }];
  expect(
    await framed(
      types,
      3,
      Array.from({ length: 10_000 }, () => ({})),
    ),
  ).toBeNull();
  const digits = Array.from({ length: 100_000 }, () => 1);
  expect(await framed([...SCALARS, { kind: "array", items: NUMBER }], 2, digits)).toEqual(digits);
});

test("parameters come before the properties of the body", async () => {
  const types: Node[] = [...SCALARS, { kind: "date" }, object({ at: 2, name: 0 })];
  const field = (name: string, type: number): object => ({
    name,
    in: "query",
    wire: name,
    type,
    optional: true,
  });
  const fields = [field("since", 2), field("page", 1)];
  const body = '{"at":"2020-01-01T00:00:00Z","name":"a"}';
  for (const query of [null, "page=2", "since=2020-01-01T00:00:00Z&page=1"]) {
    const { value, frame } = await check(types, 3, body, { fields }, query);
    const found = readFrame(buildFrameReader(types, 3), frame!);
    expect(found).toEqual(value!.of);
    expect(Object.keys(found as object)).toEqual(Object.keys(value!.of as object));
  }
  const { value, frame } = await check(types, 3, body, { fields }, "page=x");
  expect([value, frame]).toEqual([undefined, null]);
});
