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

const lists = ["types", "endpoints", "topics", "subscriptions", "databases", "crons", "secrets"];
const whole: Readonly<Record<string, unknown>> = {
  version: 1,
  compiler: "0.1.0",
  sources: { "app.ts": createHash("sha256").update("export {};\n").digest("hex"), "gone.ts": "" },
  ...Object.fromEntries(lists.map((list) => [list, []])),
  endpoints: [{ service: "s", methods: ["GET"], path: "/" }],
};

function loadText(text: string): LoadedManifest {
  writeFileSync(join(root, ".twinloop", "manifest.json"), text);
  return load(root);
}

function code(manifest: unknown): string | undefined {
  return loadText(JSON.stringify(manifest)).problems[0]?.code;
}

test("a manifest whose sources are those that are there is read", () => {
  expect(loadText(JSON.stringify(whole))).toEqual({ root, manifest: whole, problems: [] });
});

test("what is no manifest is told by what is wrong with it", () => {
  expect(code(null)).toBe("manifest_invalid");
  expect(code([])).toBe("manifest_invalid");
  expect(code({})).toBe("manifest_version");
  expect(code({ ...whole, version: 2 })).toBe("manifest_version");
  expect(code({ ...whole, sources: null })).toBe("manifest_invalid");
  expect(code({ ...whole, topics: [null] })).toBe("manifest_invalid");
  expect(code({ ...whole, endpoints: [{ methods: "GET", path: "/" }] })).toBe("manifest_invalid");
  const { secrets: _, ...without } = whole;
  expect(loadText(JSON.stringify(without)).problems[0]?.message).toContain("`secrets` is no list");
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
