import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { openMarket, type Market } from "./consumer.ts";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 180_000 });

let market: Market;

beforeAll(async () => {
  market = await openMarket();
});

afterAll(() => market?.close());

/** Takes an earlier run's packages out of npx's cache, which knows them by name and version alone. */
function forgetPackages(): void {
  const cache = join(process.env["npm_config_cache"] ?? join(homedir(), ".npm"), "_npx");
  for (const entry of existsSync(cache) ? readdirSync(cache) : []) {
    const manifest = join(cache, entry, "package.json");
    if (existsSync(manifest) && readFileSync(manifest, "utf8").includes("@twinloop/cli"))
      rmSync(join(cache, entry), { recursive: true });
  }
}

test("an app of Encore with nothing of ours installed is migrated by npx, installed, built and called", async () => {
  const project = await market.makeProject([]);
  const { folder, write, run } = project;
  mkdirSync(join(folder, "hello"));
  write("encore.app", '{ "id": "", "lang": "typescript" }');
  write(
    "package.json",
    '{ "name": "greeter", "type": "module", "scripts": { "dev": "encore run" }, "dependencies": {} }',
  );
  write(
    "hello/encore.service.ts",
    'import { Service } from "encore.dev/service";\nexport default new Service("hello");\n',
  );
  write(
    "hello/hello.ts",
    'import { api } from "encore.dev/api";\n\nexport const get = api({ expose: true, path: "/hello/:name" }, async ({ name }: { name: string }) => ({ text: "hello " + name }));\n',
  );
  forgetPackages();
  const report = await run("npx", ["--yes", "@twinloop/cli", "migrate-from", "encore", "--write", "--force"]);
  expect(report).toMatch(/hello\/hello\.ts:1 +encore\.dev\/api -> @twinloop\/api/);
  expect(readFileSync(join(folder, "hello/hello.ts"), "utf8")).toContain('from "@twinloop/api"');
  await run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline"]);
  expect(await run("npm", ["run", "check"])).toContain("no problems");
  await run("npm", ["run", "build"]);
  write(
    "ask.mjs",
    `await import("./dist/main.js");
    const { appMeta, stop } = await import("@twinloop/api");
    const answer = await fetch(appMeta().apiBaseUrl + "/hello/you", { method: "POST" });
    console.log(answer.status, await answer.text());
    await stop();`,
  );
  expect(await run("node", ["ask.mjs"], { PORT: "0" })).toContain('200 {"text":"hello you"}');
});
