import fc from "fast-check";
import { expect, test } from "vitest";
import { diagnosis } from "../../core-native/dist/internal.js";

/** `FULL=1` is the long form. */
const RUNS = process.env["FULL"] ? 100_000 : 3_000;

interface Verdict {
  readonly accepted: boolean;
  readonly text: string;
}

const TYPES = [
  { kind: "any" },
  { kind: "number" },
  { kind: "string" },
  {
    kind: "object",
    properties: [
      { name: "a", type: 1, optional: true },
      { name: "b", type: 2, optional: true },
      { name: "c", type: 0, optional: true },
    ],
    additional: null,
  },
];
const [ANY, OBJECT] = [0, 3];

/** What Rust hands to JavaScript of a text, or undefined where it refuses. */
async function crossed(type: number, input: string): Promise<unknown> {
  const verdict = await diagnosis.call<Verdict>("check", { types: TYPES, type, input });
  return verdict.accepted ? JSON.parse(verdict.text) : undefined;
}

function parsed(input: string): unknown {
  try {
    return JSON.parse(input) as unknown;
  } catch {
    return undefined;
  }
}

/** Texts of JSON, and the same with one character changed, taken out or doubled. */
const texts = fc
  .tuple(
    fc.json({ maxDepth: 4 }),
    fc.nat(),
    fc.constantFrom("keep", "keep", "cut", "double", "change"),
    fc.string(),
  )
  .map(([text, at, how, other]) => {
    const index = at % (text.length + 1);
    const rest = { keep: text.slice(index), cut: text.slice(index + 1), double: text.slice(index) };
    if (how === "change") return text.slice(0, index) + other.slice(0, 1) + text.slice(index + 1);
    if (how === "double") return text.slice(0, index + 1) + rest.double;
    return text.slice(0, index) + rest[how as "keep"];
  });

test(
  "S2: what Rust accepts of any text is the value that JSON.parse reads",
  { timeout: 600_000 },
  async () => {
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        const got = await crossed(ANY, text);
        if (got === undefined) return;
        accepted++;
        expect(got).toEqual(parsed(text));
      }),
      { numRuns: RUNS },
    );
    // Otherwise nothing was compared.
    expect(accepted).toBeGreaterThan(RUNS / 4);
  },
);

test("S2: of an object it is the same without what is not declared", { timeout: 600_000 }, async () => {
  let accepted = 0;
  const objects = fc.record(
    {
      a: fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer(), fc.string()),
      b: fc.string({ unit: "binary" }),
      c: fc.jsonValue({ maxDepth: 3 }),
      d: fc.jsonValue({ maxDepth: 2 }),
      "": fc.jsonValue({ maxDepth: 1 }),
    },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(objects, async (value) => {
      const text = JSON.stringify(value);
      const got = await crossed(OBJECT, text);
      if (got === undefined) return;
      accepted++;
      const { a, b, c } = JSON.parse(text) as Record<string, unknown>;
      expect(got).toEqual(JSON.parse(JSON.stringify({ a, b, c })));
    }),
    { numRuns: RUNS },
  );
  expect(accepted).toBeGreaterThan(RUNS / 4);
});
