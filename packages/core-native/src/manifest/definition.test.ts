import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import { misshape } from "./manifest-shape.ts";

const contract = new URL("../../../../contract/", import.meta.url);
const schema = JSON.parse(readFileSync(new URL("manifest.schema.json", contract), "utf8")) as object;
const cases = JSON.parse(readFileSync(new URL("cases/manifest/types.json", contract), "utf8")) as Cases;

/** What both languages read: lists of types that are well, and types that are not. */
interface Cases {
  readonly valid: readonly (readonly object[])[];
  readonly invalid: readonly { readonly why: string; readonly types: readonly unknown[] }[];
}

const isValid = new Ajv2020({ allowUnionTypes: true }).compile(schema);

const whole = {
  ...{ version: 2, compiler: "0.1.0", sources: { "app.ts": "0" } },
  inputs: { packages: { ".": "app" }, configuration: "", listing: "", declares: "" },
  types: cases.valid.flat().filter((node) => !JSON.stringify(node).includes('"object"')),
  endpoints: [
    {
      ...{ service: "s", export: "a", file: "app.ts", line: 1, methods: ["GET"], path: "/a/:id" },
      ...{ pathGiven: true, kind: "typed", doc: "Of the endpoint.", outgoing: 0 },
      request: {
        fields: [{ name: "id", in: "path", wire: "id", type: 0, optional: false, sensitive: true }],
        ...{ body: 1, bodyOptional: false, bodySensitive: true },
      },
      response: { fields: [{ name: "s", in: "status", wire: "s", type: 0, optional: true }], body: null },
    },
  ],
  declarations: [
    {
      ...{ what: "Topic", package: "@twinloop/pubsub", noun: "topic", name: "t", file: "app.ts", line: 1 },
      ...{
        within: null,
        doc: "Of the topic.",
        confidential: true,
        provides: "postgres",
        types: { message: 0 },
      },
      options: { list: ["a", [1, null]], folder: "./m" },
      ...{ folders: ["folder"], unread: ["every"] },
    },
  ],
};

test.each(cases.valid)("the schema and the reader take types that are well: %j", (...types) => {
  const manifest = { ...whole, types, endpoints: [], declarations: [] };
  expect([isValid(manifest), misshape(manifest)]).toEqual([true, undefined]);
});

test.each(cases.invalid)("neither takes $why", ({ types }) => {
  const manifest = { ...whole, types, endpoints: [], declarations: [] };
  expect([isValid(manifest), misshape(manifest)]).toEqual([false, expect.any(String)]);
});

/** Every place in a value, as the keys that lead to it. */
function places(value: unknown, at: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value !== "object" || value === null) return [at];
  const inner = Object.keys(value).flatMap((key) =>
    places((value as Record<string, unknown>)[key], [...at, key]),
  );
  return [at, ...inner];
}

/** A copy with another value at a place, or without what is there. */
function changed(value: unknown, [key, ...rest]: readonly (string | number)[], to: unknown): unknown {
  if (key === undefined) return to;
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }) as Record<
    string,
    unknown
  >;
  if (rest.length === 0 && to === undefined && !Array.isArray(value)) delete copy[key];
  else copy[key] = changed(copy[key], rest, to ?? null);
  return copy;
}

test("the reader refuses exactly what the schema refuses, wherever a manifest is changed", () => {
  expect([isValid(whole), misshape(whole)]).toEqual([true, undefined]);
  const at = fc.constantFrom(...places(whole).filter((place) => place.length > 0));
  const other = fc.oneof(
    fc.constantFrom(undefined, null, true, false, "", "x", 0, 1, -1, 0.5, "typed", "GET", [], {}, ["a"], [0]),
    fc.record({ kind: fc.constantFrom("any", "array", "nothing") }),
  );
  fc.assert(
    fc.property(at, other, (place, to) => {
      const manifest = changed(whole, place, to) as object;
      const told = misshape(manifest);
      // That an index is one of the types is the reader's own rule.
      const fits = told === undefined || told.endsWith("which is no type of it");
      expect([fits, told]).toEqual([isValid(manifest), told]);
    }),
    { numRuns: 1_000 },
  );
});

test("a name that the schema does not know is refused with its place", () => {
  const endpoints = [{ ...whole.endpoints[0], autth: true }];
  expect(misshape({ ...whole, endpoints })).toBe("`endpoints[0].autth` is not known here");
  expect(misshape({ ...whole, later: 1 })).toBe("`later` is not known here");
});
