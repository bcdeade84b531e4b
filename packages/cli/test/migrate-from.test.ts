import { execFileSync } from "node:child_process";
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { AppFolder } from "./app-folder.ts";
import { ENCORE_APP } from "./encore-app.ts";
import { SQLDatabase } from "@twinloop/sqldb";

let app: AppFolder;
afterEach(() => app?.remove());

/** Makes an empty database; returns its URL. */
async function databaseUrl(name: string): Promise<string> {
  const base = process.env["DATABASE_URL"] ?? "postgres://root@127.0.0.1:5432/test";
  const server = new SQLDatabase("test");
  await server.rawExec(`drop database if exists ${name} with (force)`);
  await server.rawExec(`create database ${name} template template0`);
  const url = new URL(base);
  url.pathname = `/${name}`;
  return url.href;
}

const json = { "content-type": "application/json" };

/** The text of every file of an app, by its path. */
function texts(root: string, folder = ""): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(join(root, folder))) {
    const path = folder === "" ? name : `${folder}/${name}`;
    if (name === ".git" || name === "node_modules") continue;
    if (statSync(join(root, path)).isDirectory()) Object.assign(found, texts(root, path));
    else found[path] = readFileSync(join(root, path), "utf8");
  }
  return found;
}

test("without --write, the report names files and lines and nothing is touched", async () => {
  app = new AppFolder(ENCORE_APP);
  const before = texts(app.root);
  const { code, stdout } = await app.twinloop("migrate-from", "encore");
  expect(code).toBe(0);
  expect(stdout).toMatch(/orders\/orders\.ts:1 +encore\.dev\/api -> @twinloop\/api\n/);
  expect(stdout).toMatch(/orders\/orders\.ts:6 +~encore\/clients -> \.\.\/stock\/stock\.clients, as `stock`/);
  expect(stdout).toMatch(/encore\.app:5 +"<YOUR-ORIGIN>" of allow_origins_with_credentials is no origin/);
  expect(stdout).toMatch(/README\.md:3 +`encore run` -> npm run dev/);
  expect(stdout).toContain("Nothing was written");
  expect(texts(app.root)).toEqual(before);
});

test("a migrated app is checked, built, started by plain node and answers as before", async () => {
  app = new AppFolder(ENCORE_APP);
  expect((await app.twinloop("migrate-from", "encore", "--write")).code).toBe(0);
  const checked = await app.twinloop("check");
  expect(checked.stderr + checked.stdout).toContain("no problems");
  expect((await app.twinloop("build", "--out", "dist", "--no-types")).code).toBe(0);
  const { url } = await app.start(["dist/main.js"], { DATABASE_URL: await databaseUrl("migrated_encore") });
  const call = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(url + path, { ...init, headers: { ...json, ...init.headers } });

  expect((await call("/orders", { method: "POST", body: '{"item":"tea"}' })).status).toBe(401);
  const good = { authorization: "Bearer good", origin: "https://shop.example" };
  const made = await call("/orders", { method: "POST", body: '{"item":"tea"}', headers: good });
  expect(made.headers.get("access-control-allow-origin")).toBe("https://shop.example");
  expect(await made.json()).toEqual({ id: 1, item: "tea", made_at: expect.stringMatching(/^\d{4}-.*Z$/) });
  expect(
    (await call("/orders", { method: "POST", body: '{"item":"ten letters"}', headers: good })).status,
  ).toBe(400);
  await expect
    .poll(async () => ((await (await call("/orders?limit=5")).json()) as { seen: number[] }).seen)
    .toEqual([1]);
  expect(await (await call("/stock.count")).json()).toEqual({ count: 9, app: "shop" });
  expect((await call("/mail", { method: "POST", body: '{"to":"x"}' })).status).toBe(404);
  expect(await (await call("/page")).text()).toBe("<h1>shop</h1>");
  expect(await (await call("/assets/a.txt")).text()).toBe("static\n");
});

test("what is rewritten keeps comments and layout, and a second run changes nothing", async () => {
  app = new AppFolder(ENCORE_APP);
  await app.twinloop("migrate-from", "encore", "--write");
  const first = texts(app.root);
  expect(first["orders/orders.ts"]).toContain(
    'import { api, APIError, Query } from "@twinloop/api"; // endpoints',
  );
  expect(first["orders/orders.ts"]).toContain(
    'import { Topic, type TopicOptions as TopicConfig, Subscription } from "@twinloop/pubsub";',
  );
  expect(first["orders/orders.ts"]).toContain('import * as stock from "../stock/stock.clients";');
  expect(first["orders/orders.ts"]).toContain("getAuthData<AuthData>()!.plan");
  expect(first["orders/orders.ts"]).toContain('secret("HookURL", { default: "" })');
  expect(first["auth/handler.ts"]).toContain("// Who is calling.\nexport interface AuthData {");
  expect(first["auth/encore.service.ts"]).toContain("from '@twinloop/api/service';");
  expect(first["orders/db.ts"]).toContain('  migrations: "./migrations",\n  bigint: "number",\n});');
  expect(first["stock/stock.clients.ts"]).toContain('export { take } from "./take";');
  expect(first["stock/encore.service.ts"]).toContain('new Service("stock")');
  expect(first["vitest.config.ts"]).toContain("alias: {}");
  expect(first["tsconfig.json"]).not.toContain("~encore");
  expect(first["tsconfig.json"]).toContain("/* Basic Options */");
  expect(first["main.ts"]).toContain('allowOriginsWithCredentials: ["https://shop.example"]');
  const packed = JSON.parse(first["package.json"]!) as Record<string, Record<string, string>>;
  expect(Object.keys(packed["dependencies"]!)).toEqual(
    expect.arrayContaining(["@twinloop/api", "@twinloop/sqldb", "@twinloop/migrations"]),
  );
  expect(packed["dependencies"]).not.toHaveProperty("encore.dev");
  expect(packed["scripts"]).toMatchObject({
    dev: "twinloop dev",
    start: "node dist/main.js",
    test: "vitest",
  });

  const again = await app.twinloop("migrate-from", "encore", "--write");
  expect(again.code).toBe(0);
  expect(again.stdout).toContain("migrated already");
  expect(texts(app.root)).toEqual(first);
});

test("a tree with changes is refused, and --force writes all the same", async () => {
  app = new AppFolder({});
  const root = mkdtempSync(join(tmpdir(), "encore-"));
  try {
    const git = (...words: string[]): void =>
      void execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@b.c", ...words], {
        cwd: root,
        stdio: "ignore",
      });
    writeFileSync(join(root, "encore.app"), '{ "id": "mine", "lang": "typescript" }');
    writeFileSync(
      join(root, "hello.ts"),
      'import { api } from "encore.dev/api";\nexport const hello = api({ expose: true }, async () => ({ a: 1 }));\n',
    );
    const migrate = (...more: string[]): ReturnType<AppFolder["run"]> =>
      app.twinloop("migrate-from", "encore", root, "--write", ...more);
    expect((await migrate()).stderr).toContain("is in no git work tree");
    git("init");
    expect((await migrate()).stderr).toContain("changes that are in no commit");
    git("add", "-A");
    git("commit", "-m", "all");
    expect((await migrate()).code).toBe(0);
    expect(JSON.parse(readFileSync(join(root, "package.json"), "utf8"))).toMatchObject({
      name: "mine",
      type: "module",
    });
    writeFileSync(
      join(root, "more.ts"),
      'import { secret } from "encore.dev/config";\nexport const key = secret("Key");\n',
    );
    expect((await migrate()).code).toBe(1);
    expect((await migrate("--force")).code).toBe(0);
    expect(readFileSync(join(root, "main.ts"), "utf8")).toContain('import "./more"');
  } finally {
    rmSync(root, { recursive: true });
  }
});

test("a syntax error is named with its line, and the other files are migrated", async () => {
  app = new AppFolder({
    ...ENCORE_APP,
    "stock/broken.ts": 'import { api } from "encore.dev/api";\nexport const a = api({ , );\n',
  });
  const { code, stdout } = await app.twinloop("migrate-from", "encore", "--write");
  expect(code).toBe(1);
  expect(stdout).toMatch(/Not read\n {2}stock\/broken\.ts:2 /);
  const after = texts(app.root);
  expect(after["stock/broken.ts"]).toContain("encore.dev/api");
  expect(after["stock/take.ts"]).toContain("@twinloop/api");
});

test("metrics move; caches and unknown names stay, and are listed with the lines that use them", async () => {
  app = new AppFolder({
    "encore.app": '{ "id": "", "lang": "typescript" }',
    "a/a.ts":
      'import { CacheCluster } from "encore.dev/storage/cache";\nimport { Counter } from "encore.dev/metrics";\n\nexport const c = new CacheCluster("c", {});\nexport const n = new Counter("n");\n',
    "a/b.ts":
      'import { api, IterableSocket } from "encore.dev/api";\nexport let s: IterableSocket;\nexport const x = api({}, async () => {});\n',
  });
  const { stdout } = await app.twinloop("migrate-from", "encore", "--write");
  expect(stdout).toMatch(/a\/a\.ts:1 +`CacheCluster` of encore\.dev\/storage\/cache has no counterpart/);
  expect(stdout).toMatch(/a\/a\.ts:4 +uses `CacheCluster`/);
  expect(stdout).not.toMatch(/`Counter`/);
  expect(texts(app.root)["a/a.ts"]).toContain('import { Counter } from "@twinloop/telemetry";');
  expect(texts(app.root)["a/b.ts"]).toContain(
    'import { api } from "@twinloop/api";\nimport { IterableSocket } from "encore.dev/api";',
  );
});

test("other folders, frameworks and links are answered with what to do", async () => {
  app = new AppFolder({ "inner/encore.app": '{ "lang": "typescript" }' });
  const none = await app.twinloop("migrate-from", "encore");
  expect(none.code).toBe(1);
  expect(none.stderr).toContain("There is one in inner");
  expect((await app.twinloop("migrate-from", "nest")).stderr).toContain('"nest" is no framework');
  expect((await app.twinloop("migrate-from")).code).toBe(2);
  expect((await app.twinloop("migrate-from", "encore", "gone")).stderr).toContain("There is no folder");
  expect((await app.twinloop("migrate-from", "express")).stderr).toContain("does not have express");
  symlinkSync(app.root, join(app.root, "inner/loop"));
  expect((await app.twinloop("migrate-from", "encore", "inner")).stdout).toMatch(
    /loop +a symbolic link, which was not followed/,
  );
});
