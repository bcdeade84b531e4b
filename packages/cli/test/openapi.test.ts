import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { AppFolder } from "./app-folder.ts";

const apps: AppFolder[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.remove();
});

function folder(source: string): AppFolder {
  const app = new AppFolder({ "src/app.ts": source });
  apps.push(app);
  return app;
}

const APP = `
import { api, start, type MaxLen, type Min } from "@twinloop/api";
/** A link. */
export interface Link { slug: string & MaxLen<9>; clicks: number & Min<0>; next?: Link }
export interface Page<T> { items: T[] }
export interface Odd { when: RegExp }
/** Finds a link. */
export const find = api({ expose: true, method: "GET", path: "/links/:slug" }, async ({ slug }: { slug: string }): Promise<Link> => ({ slug, clicks: 1 }));
export const hidden = api({ method: "GET", path: "/hidden" }, async () => ({ a: 1 }));
await start({ openapi: { title: "Links", version: "2.0.0", servers: ["https://links.example"] } });
`;

test("the document is printed without the app, with what start() says of it", async () => {
  const { stdout, code } = await folder(APP).twinloop("openapi");
  expect(code).toBe(0);
  const document = JSON.parse(stdout) as { info: object; servers: object; paths: object };
  expect(document.info).toMatchObject({ title: "Links", version: "2.0.0" });
  expect(document.servers).toEqual([{ url: "https://links.example" }]);
  expect(Object.keys(document.paths)).toEqual(["/links/{slug}"]);
});

test("a file is written, and --check tells one that differs", async () => {
  const app = folder(APP);
  expect((await app.twinloop("openapi", "--check")).code).toBe(1);
  expect((await app.twinloop("openapi", "--out", "openapi.json")).code).toBe(0);
  expect((await app.twinloop("openapi", "--check")).code).toBe(0);
  const path = join(app.root, "openapi.json");
  writeFileSync(path, readFileSync(path, "utf8").replace("Finds a link", "Lost"));
  const differing = await app.twinloop("openapi", "--check");
  expect([differing.code, differing.stderr]).toEqual([
    1,
    expect.stringContaining("is not what the app says"),
  ]);
});

test("a type is printed as JSON Schema, with those that it refers to", async () => {
  const { stdout, code } = await folder(APP).twinloop("schema", "Link");
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Link",
    description: "A link.",
    properties: { slug: { type: "string", maxLength: 9 }, next: { $ref: "#/$defs/Link" } },
    $defs: { Link: { type: "object" } },
  });
});

test("a request has what comes from the path, and an answer its body", async () => {
  const app = folder(APP);
  const request = await app.twinloop("schema", "GET /links/:slug");
  expect(JSON.parse(request.stdout)).toMatchObject({
    properties: { slug: { type: "string" } },
    required: ["slug"],
  });
  const response = await app.twinloop("schema", "GET /links/:slug", "--response");
  expect(JSON.parse(response.stdout)).toMatchObject({ $ref: "#/$defs/Link" });
});

test("what is no type, or none that JSON can hold, is refused with its next step", async () => {
  const app = folder(APP);
  const told = async (name: string): Promise<readonly [number, string]> => {
    const { code, stderr } = await app.twinloop("schema", name);
    return [code, stderr];
  };
  expect(await told("Lnik")).toEqual([1, expect.stringContaining("Did you mean Link?")]);
  expect(await told("GET /link/:slug")).toEqual([
    1,
    expect.stringContaining("Did you mean GET /links/:slug?"),
  ]);
  expect(await told("Page")).toEqual([1, expect.stringContaining("has type parameters")]);
  expect(await told("Odd")).toEqual([1, expect.stringContaining("RegExp")]);
});
