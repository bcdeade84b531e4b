import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { load, type LoadedManifest } from "./manifest.ts";

let root = "";

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "twinloop-manifest-"));
  mkdirSync(join(root, ".twinloop"));
  writeFileSync(join(root, "app.ts"), "export {};\n");
});

afterAll(() => rmSync(root, { recursive: true }));

const lists = ["types", "endpoints", "declarations"];
const anEndpoint = {
  ...{ service: "s", export: null, file: "app.ts", line: 1, methods: ["GET"], path: "/", pathGiven: true },
  ...{ kind: "typed", request: null, response: null },
};
const whole: Readonly<Record<string, unknown>> = {
  version: 2,
  compiler: "0.1.0",
  sources: { "app.ts": createHash("sha256").update("export {};\n").digest("hex"), "gone.ts": "" },
  inputs: { packages: {}, configuration: "", listing: "", declares: "" },
  ...Object.fromEntries(lists.map((list) => [list, []])),
  endpoints: [anEndpoint],
};

function loadText(text: string): LoadedManifest {
  writeFileSync(join(root, ".twinloop", "manifest.json"), text);
  return load(root);
}

function code(manifest: unknown): string | undefined {
  return loadText(JSON.stringify(manifest)).problems[0]?.code;
}

test("a manifest whose sources are those that are there is read", () => {
  expect(loadText(JSON.stringify(whole))).toEqual({ root, manifest: whole, stale: [], problems: [] });
});

test("what is no manifest is told by what is wrong with it", () => {
  expect(code(null)).toBe("manifest_invalid");
  expect(code([])).toBe("manifest_invalid");
  expect(code({})).toBe("manifest_version");
  expect(code({ ...whole, version: 1 })).toBe("manifest_version");
  expect(code({ ...whole, sources: null })).toBe("manifest_invalid");
  expect(code({ ...whole, declarations: [null] })).toBe("manifest_invalid");
  expect(code({ ...whole, endpoints: [{ ...anEndpoint, methods: "GET" }] })).toBe("manifest_invalid");
  const { declarations: _, ...without } = whole;
  expect(loadText(JSON.stringify(without)).problems[0]?.message).toContain("`declarations` is not there");
});

test("a source that changed, or that is a folder now, makes the manifest stale", () => {
  expect(code({ ...whole, sources: { "app.ts": "0" } })).toBe("manifest_stale");
  expect(code({ ...whole, sources: { "": "0" } })).toBe("manifest_stale");
});

test("no text makes the loader throw: it is a manifest, or there is one problem", () => {
  const changed = fc.record(
    Object.fromEntries(
      Object.keys(whole).map((key) => [key, fc.oneof(fc.constant(whole[key]), fc.jsonValue())]),
    ),
    { requiredKeys: [] },
  );
  const texts = fc.oneof(
    changed.map((value) => JSON.stringify(value)),
    fc.jsonValue().map((value) => JSON.stringify(value)),
    fc.tuple(fc.nat(), fc.string({ maxLength: 2 })).map(([at, text]) => {
      const json = JSON.stringify(whole);
      return json.slice(0, at % json.length) + text + json.slice((at % json.length) + 1);
    }),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const { manifest, problems } = loadText(text);
      expect(problems).toHaveLength(manifest === undefined ? 1 : 0);
    }),
    { numRuns: 500 },
  );
});

test("types that refer to nothing are told by their place", () => {
  const message = (types: unknown[], more: object = {}): string | undefined =>
    loadText(JSON.stringify({ ...whole, types, ...more })).problems[0]?.message;
  const property = { name: "a", type: 7, optional: false };
  expect(message([{ kind: "object", properties: [property], additional: null }])).toContain(
    "`types[0].properties[0].type` is 7, which is no type of it",
  );
  expect(message([{ kind: "union", arms: [] }])).toContain("`types[0].arms` is empty");
  expect(message([{ kind: "union", arms: [-1] }])).toContain("`types[0].arms[0]` is -1");
  expect(message([{ kind: "array" }])).toContain("`types[0].items` is not there");
  expect(message([{ kind: "tuple", items: [null], rest: null }])).toContain("`types[0].items[0]` is null");
  const request = { fields: [], body: 3, bodyOptional: false };
  const endpoint = { ...anEndpoint, request };
  expect(message([], { endpoints: [endpoint] })).toContain("`endpoints[0].request.body` is 3");
  const place = { file: "app.ts", line: 1 };
  const topic = {
    what: "Topic",
    package: "p",
    noun: "topic",
    name: "t",
    ...place,
    types: { message: "x" },
    options: {},
  };
  expect(message([], { declarations: [topic] })).toContain(
    "`declarations[0].types.message` is no whole number",
  );
});
