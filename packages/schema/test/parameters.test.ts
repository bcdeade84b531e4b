import { inspect, isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { diagnosis } from "../../core-native/dist/internal.js";
import type { Node, RequestField } from "../src/ir/ir.ts";
import { revive } from "../src/read/revive.ts";
import { REFUSED } from "./oracle/crossing.ts";
import { parameter } from "./oracle/parameter.ts";
import { SCALARS } from "./oracle/schema-writer.ts";
import { NUMBERS, TEXTS } from "./oracle/text-writer.ts";

const RUNS = process.env["FULL"] === "1" ? 100_000 : 3_000;
const FULL_TIMEOUT_MS = 300_000;

interface Case {
  readonly types: readonly Node[];
  readonly field: RequestField;
  readonly given: readonly string[];
}

const scalar = fc.constantFrom(...SCALARS);
const types: fc.Arbitrary<Node[]> = fc.oneof(
  scalar.map((node) => [node]),
  scalar.map((node): Node[] => [{ kind: "array", items: 1 }, node]),
  fc.tuple(scalar, fc.constantFrom(1, 2)).map(([node, size]): Node[] => {
    return [{ kind: "array", items: 1, minItems: size, maxItems: size }, node];
  }),
  fc.tuple(scalar, scalar).map((nodes): Node[] => [{ kind: "union", arms: [1, 2] }, ...nodes]),
  scalar.map((node): Node[] => [{ kind: "union", arms: [1, 2] }, { kind: "null" }, node]),
);

const words = Object.values(TEXTS)
  .flat()
  .filter((text) => /^"[^\\\t]*"$/.test(text))
  .map((text) => text.slice(1, -1));
const odd = [
  "",
  " 1",
  "1 ",
  '"1"',
  "inf",
  "NaN",
  "Infinity",
  "0x10",
  "1_0",
  "٣",
  "+1",
  "a+b",
  "true",
  "false",
  "True",
  "null",
];
const escapes = [
  "%31",
  "1%2E5",
  "%zz",
  "%",
  "%f",
  "%ff",
  "%c0%80",
  "%ed%a0%80",
  "%00d1",
  "%F0%9F%98%80",
  "%2B1",
  "%20",
];
const anyText = fc.oneof(
  fc.constantFrom(...NUMBERS),
  fc.constantFrom(...words),
  fc.constantFrom(...odd),
  fc.constantFrom(...escapes),
  fc.string({ maxLength: 5 }),
);

/** Texts that are likely to fit a type. */
function likely(node: Node): fc.Arbitrary<string> {
  switch (node.kind) {
    case "literal":
      return fc.constant(String(node.value));
    case "enum":
      return fc.constantFrom(...node.values.map(String));
    case "number":
      return fc.constantFrom(...NUMBERS);
    case "boolean":
      return fc.constantFrom("true", "false");
    case "date":
    case "bigint":
    case "bytes":
    case "template":
      return fc.constantFrom(...TEXTS[node.kind].map((text) => text.replaceAll('"', "")));
    default:
      return fc.constantFrom(...words);
  }
}

/** The text as it can stand in that part of a request. */
function sent(source: "path" | "query" | "header" | "cookie", text: string): string {
  switch (source) {
    case "header":
      return text;
    case "cookie":
      return text.replaceAll(";", "");
    case "query":
      return text.replaceAll("&", "").replaceAll("#", "");
    case "path":
      return text.replaceAll("/", "");
  }
}

const cases: fc.Arbitrary<Case> = fc
  .record({
    types,
    source: fc.constantFrom("path", "query", "header", "cookie" as const),
    optional: fc.boolean(),
  })
  // A list is never in a path, and no text is null: such types are refused when they are loaded.
  .filter(({ types: [root, item], source }) => {
    return root?.kind !== "array" || (source !== "path" && item?.kind !== "null");
  })
  .chain(({ types: nodes, source, optional }) => {
    const field: RequestField = { name: "v", in: source, wire: "v", type: 0, optional };
    const text = fc.oneof(anyText, ...nodes.map(likely)).map((one) => sent(source, one));
    const given = fc.oneof({ weight: 4, arbitrary: fc.tuple(text) }, fc.array(text, { maxLength: 3 }));
    return given.map((all) => ({ types: nodes, field, given: source === "path" ? all.slice(0, 1) : all }));
  });

/** What the handler would see, by the addon. */
async function seen({ types: nodes, field, given }: Case): Promise<unknown> {
  const verdict: { accepted: boolean; tagged: boolean; text: string } = await diagnosis.call("checkRequest", {
    types: nodes,
    place: { fields: [field], body: null, bodyOptional: false },
    path: field.in === "path" ? given.map((text) => ["v", text]) : [],
    query: field.in === "query" ? ["other=%31", ...given.map((text) => `v=${text}`)].join("&") : undefined,
    headers:
      field.in === "header"
        ? given.map((text) => ["v", text])
        : [["cookie", ["other=1", ...given.map((text) => `v=${text}`)].join("; ")]],
  });
  if (!verdict.accepted) return REFUSED;
  const value: unknown = JSON.parse(verdict.text);
  return verdict.tagged ? revive(value) : value;
}

test(
  "a parameter of any place is read by one grammar, as the plain definition says",
  async () => {
    const count = { accepted: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(cases, async (one) => {
        const expected = parameter(one.types, one.field, one.given);
        count[expected === REFUSED ? "refused" : "accepted"]++;
        const value = await seen(one);
        if (!isDeepStrictEqual(value, expected))
          expect.fail(inspect({ ...one, value, expected }, { depth: 5 }));
      }),
      { numRuns: RUNS },
    );
    const share = count.accepted / (count.accepted + count.refused);
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThan(0.8);
  },
  FULL_TIMEOUT_MS,
);
