import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { readManifest } from "@twinloop/compiler";
import { clientFile, type ManifestOf } from "@twinloop/client/cli";
import { buildSample, type BuiltApp, type RunningApp } from "./built-app.ts";
import { bundleSize } from "./bundle-size.ts";

const TSC = fileURLToPath(new URL("../../../node_modules/typescript/bin/tsc", import.meta.url));
const CASES = new URL("../../../contract/cases/compiler/", import.meta.url);
const AT = new Date("2026-01-02T03:04:05.678Z");

let built: BuiltApp;
let running: RunningApp;
let manifest: ManifestOf;
let folder: string;

beforeAll(async () => {
  built = await buildSample();
  running = await built.start();
  const { types, endpoints } = readManifest(built.root) as ManifestOf;
  manifest = { types, endpoints: endpoints.map(withOptions) };
  folder = mkdtempSync(join(fileURLToPath(new URL(".", import.meta.url)), "app-client-"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
});

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await running.stop();
  built.remove();
});

/** The options that decide on a client, where the manifest does not tell of them. */
function withOptions(endpoint: ManifestOf["endpoints"][number]): ManifestOf["endpoints"][number] {
  const format = endpoint.export === "frames" ? { format: "raw" } : {};
  return { ...endpoint, options: endpoint.options ?? { expose: endpoint.export !== "hidden", ...format } };
}

/** Checks a file as a strict project does; what the compiler says, empty where it finds nothing. */
function checked(file: string, ...more: string[]): string {
  const strict =
    "--strict --exactOptionalPropertyTypes --noUncheckedIndexedAccess --isolatedModules --erasableSyntaxOnly --verbatimModuleSyntax --noImplicitOverride --noEmit --target es2022 --module esnext --moduleResolution bundler --lib es2022,dom,dom.iterable";
  const args = [TSC, "--ignoreConfig", ...strict.split(" "), "--types", "", ...more, file];
  try {
    return execFileSync(process.execPath, args, { encoding: "utf8", stdio: "pipe" });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

// oxlint-disable-next-line no-explicit-any -- a module that the test writes
type Written = Record<string, (...given: any[]) => any>;

async function written(lang: "ts" | "js"): Promise<Written> {
  const file = join(folder, `client.${lang}`);
  writeFileSync(file, clientFile(manifest, { lang, app: "sample 1.0.0" }));
  return (await import(pathToFileURL(file).href)) as Written;
}

test.each(["ts", "js"] as const)("a client in %s calls every endpoint of the app", async (lang) => {
  const of = await written(lang);
  const client = of["createClient"]!(running.url);
  const found = await of["find"]!(client, { slug: "a/b" });
  expect(found).toMatchObject({
    slug: "a/b",
    createdAt: AT,
    visits: 12345678901234567890n,
    key: new Uint8Array([1, 2, 255]),
  });
  expect(found).toMatchObject({
    either: AT.toISOString(),
    tree: { below: [{ at: AT }] },
    byDay: { monday: { at: AT } },
  });
  expect(await of["list"]!(client, { limit: 3, size: 7, tag: ["a"], since: AT, above: 5n })).toEqual({
    ...{ limit: 3, size: 7, tags: ["a"], since: AT, above: 5n },
  });
  const given = {
    id: 4,
    at: AT,
    big: 2n ** 70n,
    data: new Uint8Array([7]),
    dry: true,
    key: "k",
    visitor: "v",
  };
  expect(await of["place"]!(client, given)).toEqual({ given, tag: "seen", status: 201 });
  expect(await of["signIn"]!(client, { user: "a", ages: [1] })).toEqual({ user: "a", ages: [1] });
  const file = new File(["hello"], "hello.txt");
  expect(await of["photo"]!(client, { album: "x", title: "t", file })).toMatchObject({
    name: "hello.txt",
    text: "hello",
  });
  expect(await of["blob"]!(client, new Uint8Array([0, 255]))).toEqual(new Uint8Array([0, 255]));
  expect(await of["part"]!(client, { id: "a", data: new Uint8Array(3) })).toEqual({ id: "a", size: 3 });
  expect(await of["note"]!(client, "loud")).toBe("LOUD");
  expect(await of["page"]!(client)).toBe("<p>hello</p>");
  expect(await of["table"]!(client)).toMatch(/^a,1/);
  expect(await of["table"]!(client, { empty: true })).toEqual({ rows: 0 });
  expect(await of["nothing"]!(client, { slug: "a" })).toBeUndefined();
  expect(await of["typed"]!(client, { name: "a" })).toEqual({ hello: "a", at: AT });
  expect(await of["unnamed"]!(client, { a: 1 })).toEqual({ a: 1 });
  expect(await of["checked"]!(client, { age: "4" })).toEqual({ age: 4 });
  for (const method of ["GET", "POST"])
    expect(await of["either"]!(client, method, { a: "1" })).toEqual({ a: "1" });
  const raw: Response = await of["hook"]!(client, { id: "1" }, "text");
  expect([raw.status, await raw.text()]).toEqual([418, "POST text"]);
  const ids: string[] = [];
  for await (const { id, data } of of["ticks"]!(client, { n: 3 })) {
    expect(data.at).toEqual(AT);
    if (ids.push(id) === 3) break;
  }
  expect(ids).toEqual(["1", "2", "3"]);
  const echo = await of["echo"]!(client, { room: "a", key: "k" }, { WebSocket });
  echo.send({ say: "hi", at: AT });
  expect(await echo.recv()).toEqual({ heard: "a k hi", at: AT });
  await echo.close();
  const frames = await of["frames"]!(client, { WebSocket });
  frames.send(new Uint8Array([1]));
  expect(await frames.recv()).toEqual(new Uint8Array([1]));
  await frames.close();
  await expect(of["find"]!(client, { slug: "none" })).rejects.toMatchObject({
    code: "not_found",
    details: { slug: "none" },
  });
  expect(of).not.toHaveProperty("hidden");
});

test("a client is strict TypeScript, whose types are the app's", async () => {
  await written("ts");
  expect(checked(join(folder, "client.ts"))).toBe("");
  // A program for Node has no types of pages.
  expect(checked(join(folder, "client.ts"), "--lib", "es2022", "--types", "node")).toBe("");
  const use = `import { createClient, find, list, place, retry, type Link } from "./client.ts";
const client = createClient("https://api.example.com", { retry: retry() });
const link: Link = await find(client, { slug: "a" });
const days: number = link.createdAt.getTime() + Number(link.visits);
const { tag, status }: { tag: string; status: number } = await place(client, { id: 1, key: "k", at: new Date(), big: 1n, data: new Uint8Array() });
await list(client);
await list(client, { size: undefined });
// @ts-expect-error: the slug is a text.
await find(client, { slug: 1 });
// @ts-expect-error: the header is required.
await place(client, { id: 1, at: new Date(), big: 1n, data: new Uint8Array() });
export { days, tag, status };`;
  writeFileSync(join(folder, "use.ts"), use);
  expect(checked(join(folder, "use.ts"), "--allowImportingTsExtensions")).toBe("");
});

test("a client in JavaScript tells TypeScript its types", async () => {
  await written("js");
  const use = `import { createClient, find } from "./client.js";
const { createdAt } = await find(createClient("https://a"), { slug: "a" });
export const time: Date = createdAt;
// @ts-expect-error: the slug is a text.
await find(createClient("https://a"), { slug: 1 });`;
  writeFileSync(join(folder, "use-js.ts"), use);
  expect(checked(join(folder, "use-js.ts"), "--allowJs")).toBe("");
});

test("every form of a type is strict TypeScript, as an input and as an output", () => {
  const types: ManifestOf["types"][number][] = [];
  const endpoints = readdirSync(CASES).map((name): ManifestOf["endpoints"][number] => {
    const { expected } = JSON.parse(readFileSync(new URL(name, CASES), "utf8")) as {
      expected: { types: ManifestOf["types"]; body: number };
    };
    const base = types.length;
    types.push(...expected.types.map((node) => shifted(node, base)));
    const body = base + expected.body;
    return {
      ...{
        service: "forms",
        export: name.replace(".json", ""),
        methods: ["POST"],
        path: `/${name}`,
        kind: "typed",
      },
      ...{
        request: { fields: [], body, bodyOptional: false },
        response: { fields: [], body },
        options: { expose: true },
        doc: `Ends a comment? */ No: ${name}`,
      },
    };
  });
  expect(endpoints.length).toBeGreaterThan(30);
  const text = clientFile({ types, endpoints }, { lang: "ts", app: "forms" });
  mkdirSync(join(folder, "forms"));
  writeFileSync(join(folder, "forms/client.ts"), text);
  expect(checked(join(folder, "forms/client.ts"))).toBe("");
});

/** A node whose indices are moved behind other nodes. */
function shifted(node: ManifestOf["types"][number], by: number): ManifestOf["types"][number] {
  const text = JSON.stringify(node, (name, value: unknown) => {
    if (["items", "rest", "value", "key", "type"].includes(name) && typeof value === "number") {
      return node.kind === "literal" && name === "value" ? value : value + by;
    }
    return name === "arms" ? (value as number[]).map((arm) => arm + by) : value;
  });
  return JSON.parse(text) as ManifestOf["types"][number];
}

test("the same manifest gives the same text, whatever the order of its endpoints", () => {
  const options = { lang: "ts", app: "sample 1.0.0" } as const;
  const other = { ...manifest, endpoints: manifest.endpoints.toReversed() };
  expect(clientFile(other, options)).toBe(clientFile(manifest, options));
  expect(clientFile(manifest, options)).toMatch(/\/\/ The client of sample 1\.0\.0\.\n$/);
});

test("one call of a client takes less than 2 kB of a page, gzipped", async () => {
  await written("js");
  const program = `import { createClient, find } from "client"; document.title = (await find(createClient("https://api.example.com"), { slug: "docs" })).slug;`;
  const { gzipped, code } = await bundleSize(program, {
    client: readFileSync(join(folder, "client.js"), "utf8"),
  });
  console.info(`one call of a generated client: ${gzipped} bytes gzipped`);
  expect(gzipped).toBeLessThan(2_000);
  expect(code).not.toMatch(/WebSocket|last-event-id|FormData/);
});
