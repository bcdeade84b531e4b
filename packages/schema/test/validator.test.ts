import { inspect, isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { diagnosis } from "../../core-native/dist/internal.js";
import type { Node } from "../src/ir/ir.ts";
import { revive } from "../src/read/revive.ts";
import { crossing, REFUSED } from "./oracle/crossing.ts";
import { readDocument } from "./oracle/document.ts";
import { Picks } from "./oracle/picks.ts";
import { writeType } from "./oracle/schema-writer.ts";
import { TextWriter } from "./oracle/text-writer.ts";
import { isKeptByParse, zodReading } from "./oracle/zod-reading.ts";

const TEXTS = 10;
const RUNS = process.env["FULL"] === "1" ? 100_000 : 500;
const FULL_TIMEOUT_MS = 600_000;

type Verdict =
  | { readonly accepted: true; readonly tagged: boolean; readonly text: string }
  | { readonly accepted: false; readonly issues: readonly unknown[] };

interface Case {
  readonly types: readonly Node[];
  readonly type: number;
  readonly text: string;
}

const numbers = fc.array(fc.nat(0xffff), { maxLength: 80, size: "max" });
const cases: fc.Arbitrary<Case[]> = fc
  .tuple(numbers, fc.array(numbers, { minLength: TEXTS, maxLength: TEXTS }))
  .map(([schema, texts]) => {
    const types: Node[] = [];
    const type = writeType(types, new Picks(schema));
    return texts.map((picks) => {
      return { types, type, text: new TextWriter(types, new Picks(picks)).document(type) };
    });
  });

/** What the handler would see, by the addon. */
async function seen({ types, type, text }: Case): Promise<unknown> {
  const verdict: Verdict = await diagnosis.call("check", { types, type, input: text });
  if (!verdict.accepted) return REFUSED;
  const value: unknown = JSON.parse(verdict.text);
  return verdict.tagged ? revive(value) : value;
}

/** Not by a matcher: for those two objects with a property `constructor` differ. */
function expectSame(one: Case, value: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(value, expected)) expect.fail(inspect({ ...one, value, expected }, { depth: 20 }));
}

test(
  "the handler sees what the plain definition says, and nothing where that refuses",
  async () => {
    const count = { accepted: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(cases, async (all) => {
        const found = await Promise.all(all.map(seen));
        for (const [at, one] of all.entries()) {
          const expected = crossing(one.types, one.type, one.text);
          count[expected === REFUSED ? "refused" : "accepted"]++;
          expectSame(one, found[at], expected);
        }
      }),
      { numRuns: RUNS },
    );
    // Generated texts that all fit, or none of which do, would show nothing.
    const share = count.accepted / (count.accepted + count.refused);
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThan(0.8);
  },
  FULL_TIMEOUT_MS,
);

test(
  "zod accepts and gives the same where it means the same by a type",
  async () => {
    const count = { accepted: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(cases, async (all) => {
        const { types, type } = all[0]!;
        const schema = zodReading(types, type);
        if (schema === undefined) return;
        const comparable = all.filter(({ text }) => {
          const document = readDocument(text);
          return document !== undefined && isKeptByParse(document);
        });
        for (const one of comparable) {
          const { success, data } = schema.safeParse(JSON.parse(one.text));
          count[success ? "accepted" : "refused"]++;
          const expected = success ? data : REFUSED;
          expectSame(one, await seen(one), expected);
        }
      }),
      { numRuns: RUNS * 5 },
    );
    expect(Math.min(count.accepted, count.refused)).toBeGreaterThan(20);
  },
  FULL_TIMEOUT_MS,
);
