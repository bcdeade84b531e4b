import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript-6";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { encoreModules, homeOf } from "../src/encore/modules.ts";
import { migrateEncore } from "../src/index.ts";
import { migrate } from "./migrate-folder.ts";

test("every home of a name of Encore exports the name", () => {
  const packages = fileURLToPath(new URL("../../", import.meta.url));
  const fileOf = (module: string): string => {
    const [, name = "", ...rest] = module.split("/");
    return join(
      packages,
      name,
      "dist",
      rest[0] === "validate" ? "validate.d.ts" : join(...rest, "index.d.ts"),
    );
  };
  const homes = Object.entries(encoreModules).flatMap(([specifier, { module, names = {} }]) => [
    ...Object.keys(names).flatMap((name) => homeOf(specifier, name) ?? []),
    ...(module === null ? [] : [{ module, name: "*" }]),
  ]);
  const program = ts.createProgram(
    homes.map(({ module }) => fileOf(module)),
    {
      ...{ module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, noEmit: true },
    },
  );
  const checker = program.getTypeChecker();
  for (const { module, name } of homes) {
    const source = program.getSourceFile(fileOf(module));
    const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(source!)!).map((one) => one.name);
    if (name === "*") expect(exported.length, module).toBeGreaterThan(0);
    else expect(exported, module).toContain(name);
  }
});

test.each([
  ['import * as log from "encore.dev/log";', 'import * as log from "@twinloop/core-native/log";'],
  ["import type { Header } from 'encore.dev/api'", "import type { Header } from '@twinloop/api'"],
  ['export { APIError } from "encore.dev/api";', 'export { APIError } from "@twinloop/api";'],
  [
    'import { PubSubMessageMeta, appMeta } from "encore.dev";',
    'import { PubSubMessageMeta } from "@twinloop/pubsub";\nimport { appMeta } from "@twinloop/api";',
  ],
  [
    'import type { DurationString as D } from "encore.dev/pubsub";',
    'import type { Duration as D } from "@twinloop/core-native";',
  ],
  ['type A = import("encore.dev/api").Header<"x">;', 'type A = import("@twinloop/api").Header<"x">;'],
  ['const { api } = await import("encore.dev/api");', 'const { api } = await import("@twinloop/api");'],
  ['vi.mock("encore.dev/pubsub");', 'vi.mock("@twinloop/pubsub");'],
  ['const text = "encore.dev/api";', 'const text = "encore.dev/api";'],
])("%s", (before, after) => {
  expect(migrate("encore", { "a.ts": before }).text("a.ts")).toBe(after);
});

test("int8 stays text where the types of its columns say so, and odd ones are named", () => {
  const files = (id: string, siteID: string): Record<string, string> => ({
    "a/migrations/1_a.up.sql": "create table a (id BIGSERIAL primary key, site_id bigint not null);",
    "a/a.ts": `import { SQLDatabase } from "encore.dev/storage/sqldb";\nexport const db = new SQLDatabase("a", { migrations: "./migrations" });\ninterface Row {\n  id: ${id};\n  siteID: ${siteID};\n}\nexport const row = () => db.queryRow<Row>\`select 1\`;\n`,
  });
  expect(migrate("encore", files("number", "number")).text("a/a.ts")).toContain(
    '{ migrations: "./migrations", bigint: "number" }',
  );
  expect(migrate("encore", files("string", "string")).text("a/a.ts")).not.toContain("bigint");
  expect(migrate("encore", files("number", "string")).lines).toContainEqual(
    expect.stringMatching(/^left a\/a\.ts:5 `site_id: string`/),
  );
});

test("the ttl of signed URLs takes its unit", () => {
  const { text } = migrate("encore", {
    "a.ts":
      'import { Bucket } from "encore.dev/storage/objects";\nconst b = new Bucket("b");\nconst a = await b.signedUploadUrl("k", { ttl: 7200 });\nconst c = await b.signedDownloadUrl("k", { ttl: hours * 3600 });\n',
  });
  expect(text("a.ts")).toContain('{ ttl: "7200s" }');
  expect(text("a.ts")).toContain("{ ttl: `${hours * 3600}s` }");
});

test("auth data that is written out in place, and cookies, are left with their lines", () => {
  const { lines } = migrate("encore", {
    "a.ts":
      'import { authHandler } from "encore.dev/auth";\nimport { Cookie } from "encore.dev/api";\nexport const a = authHandler<{ c: Cookie<"c"> }, { userID: string; role: string }>(async () => null);\n',
    "b.ts":
      'import { getAuthData } from "~encore/auth";\nexport const id = () => getAuthData()!.userID;\nexport const role = () => getAuthData()!.role;\n',
  });
  expect(lines).toContainEqual(expect.stringMatching(/^left a\.ts:3 Cookie<>/));
  expect(lines).toContainEqual(expect.stringMatching(/^left b\.ts:3 getAuthData\(\) gives/));
});

test("the auth data of an imported type is imported from where it is", () => {
  const { text } = migrate("encore", {
    "auth/data.ts": "export interface Caller { userID: string }\n",
    "auth/auth.ts":
      'import { authHandler } from "encore.dev/auth";\nimport { Caller } from "./data";\nasync function who(): Promise<Caller | null> { return null; }\nexport const a = authHandler(who);\n',
    "b/b.ts": 'import { getAuthData } from "~encore/auth";\nexport const id = () => getAuthData()!.userID;\n',
  });
  expect(text("b/b.ts")).toBe(
    'import { getAuthData } from "@twinloop/api/auth";\nimport type { Caller } from "../auth/data";\nexport const id = () => getAuthData<Caller>()!.userID;\n',
  );
});

test("endpoints and types that a list exports are found by their exported names", () => {
  const { text } = migrate("encore", {
    "a/x.ts":
      'import { api } from "encore.dev/api";\nconst one = api({}, async () => {});\nexport { one as first };\n',
    "a/y.ts": 'import { api } from "encore.dev/api";\nexport const two = api({}, async () => {});\n',
    "a/auth.ts":
      'import { authHandler } from "encore.dev/auth";\ninterface Who { userID: string }\nexport const h = authHandler<object, Who>(async () => null);\nexport type { Who };\n',
    "b/b.ts":
      'import { a } from "~encore/clients";\nimport { getAuthData } from "~encore/auth";\nexport const f = () => a.first(getAuthData());\n',
  });
  expect(text("a/a.clients.ts")).toContain('export { first } from "./x";\nexport { two } from "./y";');
  expect(text("a/auth.ts")).toContain("\ninterface Who");
  expect(text("b/b.ts")).toContain("getAuthData<Who>()");
});

test("an app that asks for callers without an auth handler gets one that knows nobody", () => {
  const { text, lines } = migrate("encore", {
    "a.ts":
      'import { api } from "encore.dev/api";\nexport const a = api({ expose: true, auth: true }, async () => ({ a: 1 }));\n',
  });
  expect(text("gateway.ts")).toContain("async () => null");
  expect(text("main.ts")).toContain('import "./gateway";');
  expect(lines).toContainEqual(expect.stringMatching(/^left a\.ts:2 `auth: true` without an auth handler/));
});

test("scripts that are something else stay, and ours are beside them", () => {
  const { text } = migrate("encore", {
    "package.json":
      '{ "name": "web", "scripts": { "dev": "next dev", "build": "next build", "test": "encore test", "start": "encore run" } }',
  });
  expect((JSON.parse(text("package.json")) as { scripts: unknown }).scripts).toEqual({
    dev: "next dev",
    build: "next build",
    test: "vitest run",
    start: "node dist-api/main.js",
    "dev:api": "twinloop dev",
    "build:api": "twinloop build --out dist-api --no-types",
    check: "twinloop check",
    pretest: "twinloop build --no-types",
  });
});

test("an encore.app with hooks, workers and a policy of origins is carried over as far as there is something", () => {
  const { text, lines } = migrate("encore", {
    "encore.app":
      '{\n  // the app\n  "id": "shop-x2",\n  "lang": "typescript",\n  "build": { "worker_pooling": true, "hooks": { "prebuild": "make" } },\n  "global_cors": { "debug": true, "allow_headers": ["X-A"], "allow_origins_without_credentials": ["*"], },\n}\n',
    "a.ts": 'import { api } from "encore.dev/api";\nexport const a = api({}, async () => {});\n',
  });
  expect(text("main.ts")).toContain(
    'await start({ cors: { debug: true, allowHeaders: ["X-A"], allowOriginsWithoutCredentials: ["*"] }, workers: availableParallelism() });',
  );
  expect((JSON.parse(text("package.json")) as { name: string }).name).toBe("shop-x2");
  expect(lines).toContainEqual(expect.stringMatching(/^left encore\.app:5 `prebuild`: run `make`/));
});

test("what a laptop's folder cannot do for buckets, and CommonJS beside modules, is named with its line", () => {
  const { lines } = migrate("encore", {
    "a.ts":
      'import { Bucket } from "encore.dev/storage/objects";\nexport const b = new Bucket("b", { public: true, versioned: true });\nexport const u = () => b.signedUploadUrl("k");\n',
    "postcss.config.js": "\nmodule.exports = {};\n",
  });
  expect(lines).toContainEqual(expect.stringMatching(/^left a\.ts:2 `versioned`/));
  expect(lines).toContainEqual(expect.stringMatching(/^left a\.ts:2 `publicUrl/));
  expect(lines).toContainEqual(expect.stringMatching(/^differs a\.ts:3 signed URLs/));
  expect(lines).toContainEqual("left postcss.config.js:2 CommonJS in an app of modules: rename it to .cjs");
});

test("a folder that is no app of Encore, or of another language, is refused", () => {
  const root = mkdtempSync(join(tmpdir(), "migrate-from-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  expect(() => migrateEncore(root)).toThrow(/There is no encore\.app/);
  expect(() => migrate("encore", { "encore.app": '{ "id": "x" }', "go.mod": "module x" })).toThrow(
    /another language/,
  );
});
