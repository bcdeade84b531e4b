import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { BaseResolver, createConfig, lintDocument, makeDocumentFromString } from "@redocly/openapi-core";
import { Validator } from "@seriousme/openapi-schema-validator";
import { readManifest } from "@twinloop/compiler";
import { beforeAll, expect, test } from "vitest";
import { openApiDocument, type OpenApiDocument } from "../src/openapi/index.ts";
import type { AppProcess } from "./app-process.ts";
import { buildApp, type BuiltApp } from "./built-app.ts";
import { openApiApp } from "./openapi-app.ts";

const TSC = fileURLToPath(new URL("../../../node_modules/typescript/bin/tsc", import.meta.url));

let app: BuiltApp;
let running: AppProcess;
let document: OpenApiDocument;
const undo: (() => void)[] = [];

beforeAll(async () => {
  app = await buildApp(openApiApp, (one) => undo.push(one));
  running = await app.run();
  document = (await (await fetch(`${running.url}/openapi.json`)).json()) as OpenApiDocument;
  return () => undo.forEach((one) => one());
});

/** A schema or another part of a document. */
interface Part {
  readonly [member: string]: Part;
}

const operation = (path: string, method: string): Part => document.paths[path]![method] as unknown as Part;
const schema = (name: string): Part => document.components["schemas"]![name] as Part;

test("two validators accept the document", async () => {
  const text = JSON.stringify(document);
  const { valid, errors } = await new Validator().validate(JSON.parse(text) as Record<string, unknown>);
  expect([valid, errors]).toEqual([true, undefined]);
  const config = await createConfig({ extends: ["spec"] });
  const found = await lintDocument({
    document: makeDocumentFromString(text, "openapi.json"),
    externalRefResolver: new BaseResolver(),
    config,
  });
  expect(found.map(({ ruleId, message }) => `${ruleId}: ${message}`)).toEqual([]);
});

test("the document comes compressed where a client asks for it, and not again to one that has it", async () => {
  const url = `${running.url}/openapi.json`;
  const packed = await fetch(url, { headers: { "accept-encoding": "br" } });
  expect(packed.headers.get("content-encoding")).toBe("br");
  expect(await packed.json()).toEqual(document);
  const again = await fetch(url, {
    headers: { "if-none-match": packed.headers.get("etag")!, "accept-encoding": "br" },
  });
  expect([again.status, await again.text()]).toEqual([304, ""]);
});

test("the manifest alone gives the same document, but for schemas that are values of the app", () => {
  const built = openApiDocument(readManifest(app.root)!, { title: "built", description: "Every form." });
  const without = ({ paths, ...rest }: OpenApiDocument): object => {
    const { "/orders": _, ...others } = paths;
    return { ...rest, paths: others };
  };
  expect(without(built)).toEqual({ ...without(document), info: built.info });
  expect(built.info.description).toBe(document.info.description);
});

test("an endpoint that is private, internal or hidden stands in no document", () => {
  expect(Object.keys(document.paths)).not.toContain("/private");
  expect(Object.keys(document.paths)).not.toContain("/internal");
  const all = openApiDocument(readManifest(app.root)!, { private: true });
  expect(all.paths["/private"]!["get"]).toMatchObject({ "x-twinloop-private": true });
  expect(Object.keys(all.paths)).toContain("/internal");
});

test("doc comments give summaries, descriptions, examples, defaults and deprecations", () => {
  expect(operation("/everything", "post")).toMatchObject({
    operationId: "everything",
    summary: "Echoes everything",
    description: "Echoes everything. The rest of the text belongs to the description.",
    requestBody: { content: { "application/json": { example: { text: "hello", nullable: null } } } },
    tags: ["forms"],
  });
  expect(operation("/former", "get")).toMatchObject({
    operationId: "formerPage",
    summary: "The former page",
    deprecated: true,
  });
  expect(schema("Everything")["properties"]).toMatchObject({
    text: { description: "Any text.", examples: ["hello"], minLength: 1, maxLength: 50 },
    count: { default: 3 },
    old: { deprecated: true, description: "The former name.\n\nDeprecated: use `text`" },
  });
  expect(schema("Color")).toMatchObject({
    description: "A colour of the flag.",
    enum: ["blue", "green", "red"],
  });
  expect(document.tags).toEqual([
    { name: "accounts" },
    { name: "forms", description: "All forms in one place." },
  ]);
});

test("recursive, generic and discriminated types are components", () => {
  expect(schema("Tree")["properties"]).toMatchObject({
    children: { type: "array", items: { $ref: "#/components/schemas/Tree" } },
  });
  expect(schema("PageOfTree")["properties"]).toMatchObject({
    items: { items: { $ref: "#/components/schemas/Tree" } },
  });
  expect(schema("Shape")).toMatchObject({
    oneOf: [{ $ref: "#/components/schemas/Circle" }, { $ref: "#/components/schemas/Square" }],
    discriminator: { propertyName: "kind", mapping: { circle: "#/components/schemas/Circle" } },
  });
});

test("a bigint is read more widely than it is sent", () => {
  expect(schema("Everything")["properties"]!["big"]).toMatchObject({ type: "string" });
  expect(schema("EverythingInput")["properties"]!["big"]).toMatchObject({ type: ["string", "integer"] });
});

test("parameters say their place, and headers that OpenAPI has no parameter for are named", () => {
  const found = operation("/parameters/{id}/{color}", "get");
  const places = (found["parameters"] as unknown as { in: string; name: string }[]).map(
    (one) => `${one.in} ${one.name}`,
  );
  expect(places.sort()).toEqual([
    ...["cookie seen", "header x-lang", "header x-trace", "path color", "path id"],
    ...["query big", "query flag", "query limit", "query since", "query tags"],
  ]);
  expect(found["x-twinloop-headers"]).toEqual(["host"]);
});

test("bodies, answers and errors have their media types", () => {
  const types = (part: Part | undefined): string[] => Object.keys(part?.["content"] ?? {});
  expect(types(operation("/form", "post")["requestBody"])).toEqual(["application/x-www-form-urlencoded"]);
  expect(types(operation("/upload/{id}", "post")["requestBody"])).toEqual(["multipart/form-data"]);
  expect(types(operation("/note", "post")["requestBody"])).toEqual(["text/plain"]);
  expect(types(operation("/blob", "post")["requestBody"])).toEqual(["application/octet-stream"]);
  expect(types(operation("/either", "get")["responses"]!["200"])).toEqual(["application/json", "text/html"]);
  expect(types(operation("/file", "get")["responses"]!["200"])).toEqual(["*/*"]);
  expect(operation("/sent", "get")["responses"]!["3XX"]!["headers"]).toHaveProperty("location");
  expect(operation("/created", "post")["responses"]!["2XX"]!["headers"]).toMatchObject({
    etag: { required: true },
    "set-cookie": { description: "Sets `id`." },
  });
  const responses = document.components["responses"] as unknown as Part;
  expect(types(responses["BadRequest"])).toEqual(["application/json"]);
  expect(types(responses["UnprocessableInputProblem"])).toEqual(["application/problem+json"]);
  expect(operation("/shaped", "get")["responses"]!["default"]).toEqual({
    $ref: "#/components/responses/ErrorOfApp",
  });
  expect(Object.keys(operation("/limited", "get")["responses"]!)).toContain("429");
});

test("auth handlers are security schemes, and each endpoint says which let it in", () => {
  expect(document.components["securitySchemes"]).toEqual({
    session: { type: "apiKey", in: "cookie", name: "sid", description: "The session of a browser." },
    key_key: { type: "apiKey", in: "header", name: "x-key" },
    key_tenant: { type: "apiKey", in: "query", name: "tenant" },
    token: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
    machine: { type: "apiKey", in: "header", name: "x-machine" },
  });
  const both = { key_key: [], key_tenant: [] };
  expect(operation("/mine", "get")["security"]).toEqual([
    { session: [] },
    both,
    { token: [] },
    { machine: [] },
  ]);
  expect(operation("/by-either", "get")["security"]).toEqual([both, { token: [] }]);
  expect(operation("/page", "get")["security"]).toBeUndefined();
});

test("events and messages have their schemas as extensions", () => {
  const events = operation("/events", "get")["responses"]!["200"]!["content"]!["text/event-stream"];
  expect(events!["x-twinloop-event"]).toMatchObject({ properties: { data: { type: "object" } } });
  expect(document.paths["/chat/{room}"]).toEqual({
    "x-twinloop-stream": expect.objectContaining({ protocol: "websocket", direction: "inOut" }) as unknown,
  });
  expect(document.info.description).toContain("- `/chat/:room`");
});

test("in production the document is there only where it is asked for", async () => {
  const source = (options: string): string => `
import { api, start } from "@twinloop/api";
export const a = api({ expose: true, method: "GET", path: "/a" }, async () => ({ a: 1 }));
const app = await start({ banner: false${options} });
console.log("listening " + app.url);
`;
  const status = async (options: string): Promise<number> => {
    const { url } = await (
      await buildApp(source(options))
    ).run({ NODE_ENV: "production", HOST: "127.0.0.1" });
    return (await fetch(`${url}/openapi.json`)).status;
  };
  expect(await status("")).toBe(404);
  expect(await status(", openapi: true")).toBe(200);
});

const ASKING = `
import { api, start } from "@twinloop/api";
export const own = api({ expose: true, method: "GET", path: "/openapi.json" }, async () => ({ own: true }));
const app = await start({ banner: false, openapi: { path: process.env.DOCUMENT, page: process.env.PAGE, title: "Mine <b>" } });
console.log("listening " + app.url);
`;

test("an endpoint of the app stays at the document's path", async () => {
  const { url } = await (await buildApp(ASKING)).run({ DOCUMENT: "/openapi.json" });
  expect(await (await fetch(`${url}/openapi.json`)).json()).toEqual({ own: true });
});

test("the page is served from the app's own packages, and may ask its own origin alone", async () => {
  const built = await buildApp(ASKING);
  const dist = join(built.root, "node_modules/@scalar/api-reference/dist/browser");
  mkdirSync(dist, { recursive: true });
  writeFileSync(join(dist, "standalone.js"), "globalThis.Scalar = {};");
  const { url } = await built.run({ DOCUMENT: "/v1/api.json", PAGE: "/docs/api" });
  const page = await fetch(`${url}/docs/api`);
  expect(page.headers.get("content-security-policy")).toContain("connect-src 'self'");
  const html = await page.text();
  expect(html).toContain("<title>Mine &#60;b&#62;</title>");
  const scripts = [...html.matchAll(/<script src="([^"]+)"/g)].map(
    ([, path]) => new URL(path!, page.url).href,
  );
  const texts = await Promise.all(scripts.map(async (script) => (await fetch(script)).text()));
  expect(texts[0]).toBe("globalThis.Scalar = {};");
  const asked = /"url":"([^"]+)"/.exec(texts[1]!)![1]!;
  expect((await fetch(new URL(asked, page.url))).status).toBe(200);
});

test("a page without its package, and paths that cannot be, keep the app from starting", async () => {
  const built = await buildApp(ASKING);
  const missing = await built.run({ PAGE: "/docs" });
  await missing.ended;
  expect(missing.output()).toContain("npm install @scalar/api-reference");
  const wrong = await built.run({ DOCUMENT: "/:any" });
  await wrong.ended;
  expect(wrong.output()).toContain("openapi.path");
});

const CLIENT = `
import createClient from "openapi-fetch";
import type { paths } from "./document.js";

const client = createClient<paths>({ baseUrl: process.env["BASE"]! });
const made = await client.POST("/orders", { body: { item: "tea", amount: 2 } });
const item: string | undefined = made.data?.item;
const page = await client.GET("/page");
const name: string | undefined = page.data?.items[0]?.name;
const refused = await client.POST("/shapes", { body: { kind: "circle", radius: -1 } });
const code: string | undefined = refused.error?.code;
const asked = await client.GET("/parameters/{id}/{color}", { params: { path: { id: 7, color: "blue" }, query: { tags: ["a", "b"], limit: 5, big: "12345678901234567890" } } });
const big: string | null | undefined = asked.data?.big;
const tags: string[] | undefined = asked.data?.tags;
const form = await client.POST("/form", { body: { name: "n", age: 3, tags: ["x", "y"] }, headers: { "content-type": "application/x-www-form-urlencoded" }, bodySerializer: (body) => new URLSearchParams([["name", body.name], ["age", String(body.age)], ["tags", "x"], ["tags", "y"]]) });
console.log(JSON.stringify([item, big, name, code, tags, form.data?.tags]));
`;

/** Writes the types of a document by the command of openapi-typescript, which needs TypeScript's API of before version 7. The file is a declaration file, as its docs say: a type that is a union with a list of itself is an error in it. */
function writeTypes(of: OpenApiDocument, file: string): void {
  const { resolve } = createRequire(createRequire(import.meta.url).resolve("@twinloop/compiler"));
  const typescript = pathToFileURL(resolve("typescript-6")).href;
  const hook = `export const resolve = (name, context, next) => name === "typescript" ? { url: "${typescript}", shortCircuit: true } : next(name, context);`;
  const preload = `import { register } from "node:module"; register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hook)}`)});`;
  const command = fileURLToPath(new URL("../node_modules/openapi-typescript/bin/cli.js", import.meta.url));
  const source = `${file}.json`;
  writeFileSync(source, JSON.stringify(of));
  const imported = `data:text/javascript,${encodeURIComponent(preload)}`;
  execFileSync(
    process.execPath,
    ["--import", imported, command, source, "--output", file, "--default-non-nullable", "false"],
    {
      stdio: "pipe",
    },
  );
}

test("a client made by openapi-typescript and openapi-fetch calls the app", async () => {
  const folder = join(app.root, "client");
  mkdirSync(folder);
  writeTypes(document, join(folder, "document.d.ts"));
  writeFileSync(join(folder, "client.ts"), CLIENT);
  const compilerOptions = {
    ...{ target: "es2022", module: "nodenext", strict: true, skipLibCheck: true, types: ["node"] },
    outDir: "out",
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
  execFileSync(process.execPath, [TSC, "-p", folder], { encoding: "utf8" });
  const printed = execFileSync(process.execPath, [join(folder, "out/client.js")], {
    env: { ...process.env, BASE: running.url },
    encoding: "utf8",
  });
  expect(JSON.parse(printed)).toEqual([
    "tea",
    "12345678901234567890",
    "a",
    "invalid_argument",
    ["a", "b"],
    ["x", "y"],
  ]);
  expect(readFileSync(join(folder, "document.d.ts"), "utf8")).toContain("@description A colour of the flag.");
});
