import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import type { Node, ObjectNode, StringNode } from "../ir/ir.ts";
import { numberRules } from "../rules/number-rule.ts";
import { textRules, patternRule } from "../rules/text-rule.ts";
import { irFromSchema } from "./zod.ts";

/** What the runtime makes of an input that does not fit. */
const REFUSED = Symbol("refused");

/** The validator in a few lines: checks, strips and revives an input as the IR says. */
function read(types: readonly Node[], type: number, input: unknown): unknown {
  const node = types[type]!;
  const at = (inner: number, value: unknown): unknown => read(types, inner, value);
  switch (node.kind) {
    case "any":
      return input;
    case "null":
      return input === null ? input : REFUSED;
    case "boolean":
      return typeof input === "boolean" ? input : REFUSED;
    case "number":
      return typeof input === "number" && numberRules(node).every(({ test: fits }) => fits(input))
        ? input
        : REFUSED;
    case "string":
      return typeof input === "string" && fitsText(node, input) ? input : REFUSED;
    case "template":
      return typeof input === "string" && patternRule(node.pattern).every(({ test: fits }) => fits(input))
        ? input
        : REFUSED;
    case "literal":
      return node.value === input ? input : REFUSED;
    case "enum":
      return node.values.includes(input as string) ? input : REFUSED;
    case "date":
      return typeof input === "string" && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(input)
        ? new Date(input)
        : REFUSED;
    case "bigint":
      return readBigInt(node, input);
    case "array": {
      if (
        !Array.isArray(input) ||
        input.length < (node.minItems ?? 0) ||
        input.length > (node.maxItems ?? Infinity)
      )
        return REFUSED;
      return whole(input.map((item) => at(node.items, item)));
    }
    case "tuple": {
      if (!Array.isArray(input) || (input.length > node.items.length && node.rest === null)) return REFUSED;
      if (node.items.some(({ optional }, index) => !optional && index >= input.length)) return REFUSED;
      return whole(input.map((item, index) => at(node.items[index]?.type ?? node.rest!, item)));
    }
    case "object":
      return typeof input === "object" && input !== null && !Array.isArray(input)
        ? readObject(types, node, input as Record<string, unknown>)
        : REFUSED;
    case "union":
      return (
        node.arms.map((arm) => at(arm, input)).find((value) => value !== REFUSED) ??
        (node.arms.some((arm) => at(arm, input) === null) ? null : REFUSED)
      );
    case "bytes":
      return REFUSED;
  }
}

function fitsText(node: StringNode, text: string): boolean {
  return textRules(node).every(({ test: fits }) => fits(text));
}

function readBigInt(node: Extract<Node, { kind: "bigint" }>, input: unknown): unknown {
  if (!/^-?\d+$/.test(String(input)) || !["string", "number"].includes(typeof input)) return REFUSED;
  const value = BigInt(input as string);
  return value >= BigInt(node.min ?? value) && value <= BigInt(node.max ?? value) ? value : REFUSED;
}

function whole(items: readonly unknown[]): unknown {
  return items.includes(REFUSED) ? REFUSED : items;
}

function readObject(types: readonly Node[], node: ObjectNode, input: Record<string, unknown>): unknown {
  const out: Record<string, unknown> = {};
  const known = new Set(node.properties.map(({ name }) => name));
  for (const { name, type, optional } of node.properties) {
    if (Object.hasOwn(input, name)) out[name] = read(types, type, input[name]);
    else if (!optional) return REFUSED;
  }
  for (const name of Object.keys(input).filter((other) => !known.has(other))) {
    if (node.closed) return REFUSED;
    if (!node.additional) continue;
    const { key, value } = node.additional;
    if (key !== null && read(types, key, name) === REFUSED) return REFUSED;
    out[name] = read(types, value, input[name]);
  }
  return Object.values(out).includes(REFUSED) ? REFUSED : out;
}

interface Sample {
  readonly schema: z.ZodType;
  /** Inputs that often fit. */
  readonly inputs: fc.Arbitrary<unknown>;
}

const text = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.string({ unit: "grapheme", maxLength: 4 }),
  fc.constantFrom(
    "a@b.co",
    "a",
    "B1",
    " a ",
    "2020-01-01",
    "usr_1",
    "-",
    "12",
    "true",
    "😀😀",
    "https://a.example",
    "::1",
  ),
);
const number = fc.oneof(
  fc.integer({ min: -5, max: 10 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0.5, 3, 10, 1e21),
);
const date = fc
  .date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) })
  .map((value) => value.toISOString());

const of = (schema: z.ZodType, inputs: fc.Arbitrary<unknown>): fc.Arbitrary<Sample> =>
  fc.constant({ schema, inputs });

const scalar: fc.Arbitrary<Sample> = fc.oneof(
  ...[
    z.string(),
    z.string().min(2).max(4),
    z.string().length(2),
    z.string().regex(/^[a-z]+$/i),
    z.string().regex(/^\S+@\S+$/),
    z.string().regex(/^.{2,}$/u),
    z.string().regex(/^(?!a)/),
    z.string().startsWith("a").endsWith("o"),
    z.string().includes("-"),
    z.string().trim().min(2),
    z.string().lowercase(),
    z.string().toUpperCase(),
    z.string().refine((value) => value.length % 2 === 0),
    z.email(),
    z.url(),
    z.uuid(),
    z.ipv6(),
    z.iso.date(),
    z.base64(),
    z.templateLiteral(["usr_", z.number()]),
    z.enum(["a", "B1"]),
    z.literal(["a", "12", 3, null]),
    z.string().transform((value) => value.length),
    z.string().pipe(z.string().min(2)),
    z.preprocess((value) => String(value), z.string()),
    z.coerce.number(),
    z.string().catch("caught"),
    z.stringbool(),
  ].map((schema) => of(schema, text)),
  ...[
    z.number(),
    z.int(),
    z.number().min(0.5).lt(9),
    z.number().int().multipleOf(5).min(0).max(100),
    z.number().multipleOf(0.1),
    z.number().gt(0).gte(3).lte(10).lt(20),
    z.int32(),
    z.float32(),
    z.literal(3),
  ].map((schema) => of(schema, number)),
  of(z.boolean(), fc.boolean()),
  of(z.null(), fc.constant(null)),
  of(z.unknown(), fc.jsonValue()),
  of(z.date(), date),
  of(z.date().min(new Date(1e12)), date),
  of(z.bigint().gt(3n), fc.bigInt().map(String)),
);

const keys = fc.constantFrom("a", "b", "c", "kind");

function objectSample(parts: readonly (readonly [string, Sample])[], mode: number): Sample {
  const shape = Object.fromEntries(parts.map(([name, { schema }]) => [name, schema]));
  const inputs = Object.fromEntries(parts.map(([name, sample]) => [name, sample.inputs]));
  const schema = [
    z.object(shape),
    z.strictObject(shape),
    z.looseObject(shape),
    z.object(shape).catchall(z.number()),
  ][mode]!;
  const own = fc.record(inputs, { requiredKeys: [], noNullPrototype: true });
  const extra = fc.dictionary(fc.constantFrom("z", "a"), fc.oneof(number, text), {
    maxKeys: 1,
    noNullPrototype: true,
  });
  return { schema, inputs: fc.tuple(extra, own).map(([first, second]) => ({ ...first, ...second })) };
}

const { sample } = fc.letrec<{ sample: Sample; object: Sample }>((tie) => {
  const inner = tie("sample");
  const wrap = (
    change: (schema: z.ZodType) => z.ZodType,
    more: fc.Arbitrary<unknown>,
  ): fc.Arbitrary<Sample> => {
    return inner.map(({ schema, inputs }) => ({ schema: change(schema), inputs: fc.oneof(inputs, more) }));
  };
  return {
    sample: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      scalar,
      tie("object"),
      tie("object"),
      inner.map(({ schema, inputs }) => ({
        schema: z.array(schema).min(1).max(3),
        inputs: fc.array(inputs, { maxLength: 4 }),
      })),
      fc.tuple(inner, inner).map(([a, b]) => {
        return {
          schema: z.tuple([a.schema, b.schema.optional()]),
          inputs: fc.oneof(fc.tuple(a.inputs), fc.tuple(a.inputs, b.inputs)),
        };
      }),
      fc
        .tuple(inner, inner)
        .map(([a, b]) => ({ schema: z.union([a.schema, b.schema]), inputs: fc.oneof(a.inputs, b.inputs) })),
      fc.tuple(tie("object"), tie("object")).map(([a, b]) => {
        const both = fc.tuple(a.inputs, b.inputs).map(([x, y]) => ({ ...(x as object), ...(y as object) }));
        return { schema: z.intersection(a.schema, b.schema), inputs: both };
      }),
      fc.tuple(inner, inner).map(([a, b]) => {
        const [x, y] = [
          z.object({ t: z.literal("x"), v: a.schema }),
          z.object({ t: z.literal("y"), v: b.schema, w: b.schema.optional() }),
        ];
        const inputs = fc.record(
          { t: fc.constantFrom("x", "y"), v: fc.oneof(a.inputs, b.inputs), w: b.inputs },
          { requiredKeys: ["t", "v"], noNullPrototype: true },
        );
        return { schema: z.discriminatedUnion("t", [x, y]), inputs };
      }),
      inner.map(({ schema, inputs }) => ({
        schema: z.record(z.string(), schema),
        inputs: fc.dictionary(keys, inputs, { noNullPrototype: true }),
      })),
      inner.map(({ schema, inputs }) => ({
        schema: z.record(z.enum(["a", "b"]), schema),
        inputs: fc.dictionary(keys, inputs, { noNullPrototype: true }),
      })),
      inner.map(({ schema, inputs }) => ({
        schema: z.partialRecord(z.enum(["a", "b"]), schema),
        inputs: fc.dictionary(keys, inputs, { noNullPrototype: true }),
      })),
      wrap((schema) => schema.optional(), fc.constant(null)),
      wrap((schema) => schema.nullable(), fc.constant(null)),
      wrap((schema) => schema.default("x" as never), fc.constant(null)),
      wrap((schema) => schema.readonly(), fc.constant(null)),
      wrap((schema) => z.lazy(() => schema), fc.constant(null)),
      wrap((schema) => schema.refine((value) => JSON.stringify(value)?.length !== 7), fc.constant(null)),
    ),
    object: fc
      .tuple(
        fc.uniqueArray(fc.tuple(keys, inner), { selector: ([name]) => name, maxLength: 3 }),
        fc.constantFrom(0, 0, 0, 1, 2, 3),
      )
      .map(([parts, mode]) => objectSample(parts, mode)),
  };
});

function validate(schema: z.ZodType, input: unknown): unknown {
  try {
    const result = schema.safeParse(input);
    return result.success ? result.data : REFUSED;
  } catch {
    // Sides of an intersection that cannot be merged.
    return REFUSED;
  }
}

interface Outcome {
  readonly input: unknown;
  readonly exact: boolean;
  readonly refusedByRust: boolean;
  /** What the handler gets: by Rust, then by the schema itself where Rust could not say it all. */
  readonly value: unknown;
}

function outcome(schema: z.ZodType, input: unknown): Outcome & { readonly types: readonly Node[] } {
  const types: Node[] = [];
  const { type, exact } = irFromSchema(schema, types);
  const value = read(types, type, input);
  const refusedByRust = value === REFUSED;
  return {
    types,
    input,
    exact,
    refusedByRust,
    value: refusedByRust || exact ? value : validate(schema, value),
  };
}

/** Dates and big integers are text in the input and values for zod: these are compared by what Rust hands on. */
function hasTagged(types: readonly Node[]): boolean {
  return types.some(({ kind }) => kind === "date" || kind === "bigint");
}

/** Rust drops what no fitting arm knows, which may let an earlier option of the schema fit after all. */
function isAmbiguous(types: readonly Node[]): boolean {
  const containers = new Set(["object", "array", "tuple", "union", "any"]);
  return types.some((node) => {
    if (node.kind !== "union" || node.tag !== undefined) return false;
    return node.arms.filter((arm) => containers.has(types[arm]!.kind)).length > 1;
  });
}

const cases = sample.chain(({ schema, inputs }) => {
  const input = fc.oneof(
    { weight: 4, arbitrary: inputs },
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
  );
  return fc.array(input, { maxLength: 6 }).map((values) => {
    return values.map((value) => ({ schema, input: JSON.parse(JSON.stringify(value ?? null)) as unknown }));
  });
});

test("Rust and zod together accept what zod alone accepts, and give what zod gives", () => {
  fc.assert(
    fc.property(cases, (pairs) => {
      for (const { schema, input } of pairs) {
        const { types, ...found } = outcome(schema, input);
        const alone = hasTagged(types) ? found.value : validate(schema, input);
        const expected = isAmbiguous(types) && !found.exact ? found.value : alone;
        const refusedByRust = alone === REFUSED && found.refusedByRust;
        expect(found).toEqual({ ...found, refusedByRust, value: expected });
      }
    }),
    { numRuns: 1_000 },
  );
});

test("what Rust hands on from an exact schema is valid, dates and big integers included", () => {
  fc.assert(
    fc.property(cases, (pairs) => {
      const passed = pairs.map(({ schema, input }) => ({ schema, ...outcome(schema, input) }));
      const exact = passed.filter((one) => one.exact && !one.refusedByRust);
      expect(exact.map(({ schema, value }) => validate(schema, value))).toEqual(
        exact.map(({ value }) => value),
      );
    }),
    { numRuns: 1_000 },
  );
});
