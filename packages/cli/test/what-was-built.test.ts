import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { AppFolder, REGISTER, STARTS } from "./app-folder.ts";

const folders: AppFolder[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await folder.remove();
});

const TSCONFIG = {
  compilerOptions: {
    target: "ES2022",
    module: "NodeNext",
    strict: true,
    skipLibCheck: true,
    types: ["node"],
  },
  include: ["src"],
};

function app(files: Readonly<Record<string, string>>): AppFolder {
  const folder = new AppFolder({ "tsconfig.json": JSON.stringify(TSCONFIG), ...files });
  folders.push(folder);
  return folder;
}

const PING =
  'export const ping = api({ expose: true, method: "GET", path: "/ping" }, async () => ({ n: 1 }));\n';
const APP = `import { api, start } from "@twinloop/api";\n${PING}${STARTS}`;
const within = { timeout: 60_000 };

/** What plain Node runs: JavaScript beside the sources, written by hand here. */
const COMPILED = { "dist/app.js": APP };

test(
  "an edit of package.json, of what only output depends on, and other line ends leave a build as it is",
  within,
  async () => {
    const folder = app({ "src/app.ts": APP, ...COMPILED });
    expect((await folder.twinloop("build")).code).toBe(0);
    folder.write({
      "package.json":
        '{ "name": "shop", "version": "2.0.0", "type": "module", "devDependencies": { "vitest": "4" } }',
      "src/app.ts": APP.replaceAll("\n", "\r\n"),
      "tsconfig.json": JSON.stringify({
        ...TSCONFIG,
        compilerOptions: { ...TSCONFIG.compilerOptions, sourceMap: true },
      }),
    });
    const { output } = await folder.start(["dist/app.js"]);
    expect(output()).not.toContain("manifest");
  },
);

test(
  "in production a source that differs is one warning that names it; in development it is refused",
  within,
  async () => {
    const folder = app({ "src/app.ts": APP, ...COMPILED });
    await folder.twinloop("build");
    folder.write({ "src/app.ts": `${APP}// edited\n` });
    const { output, url } = await folder.start(["dist/app.js"], { NODE_ENV: "production" });
    expect((await fetch(`${url}/ping`)).status).toBe(200);
    const warnings = output()
      .split("\n")
      .filter((line) => line.includes('"level":40'));
    expect(warnings).toHaveLength(1);
    expect(JSON.parse(warnings[0]!)).toMatchObject({ files: ["src/app.ts"] });
    expect(await folder.run(["dist/app.js"])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("manifest_stale"),
    });
  },
);

test(
  "another package name or compiler option, and a file that is new, make the loader build again",
  within,
  async () => {
    const folder = app({ "src/app.ts": APP });
    const manifest = (): {
      endpoints: { service: string; path: string }[];
      inputs: { configuration: string };
    } => JSON.parse(readFileSync(join(folder.root, ".twinloop/manifest.json"), "utf8"));
    const run = async (entry = "src/app.ts"): Promise<void> => {
      const { child } = await folder.start(["--import", REGISTER, entry]);
      child.kill("SIGKILL");
    };
    await run();
    const before = manifest();
    folder.write({ "package.json": '{ "name": "store", "type": "module" }' });
    await run();
    expect(manifest().endpoints).toMatchObject([{ service: "store" }]);
    folder.write({
      "tsconfig.json": JSON.stringify({
        ...TSCONFIG,
        compilerOptions: { ...TSCONFIG.compilerOptions, exactOptionalPropertyTypes: true },
      }),
    });
    await run();
    expect(manifest().inputs.configuration).not.toBe(before.inputs.configuration);
    folder.write({ "src/other.ts": APP.replaceAll("/ping", "/pong") });
    await run("src/other.ts");
    expect(manifest().endpoints.map(({ path }) => path)).toEqual(["/ping", "/pong"]);
    folder.write({ "scripts/third.ts": APP.replaceAll("/ping", "/third") });
    await run("scripts/third.ts");
    expect(manifest().endpoints.map(({ path }) => path)).toEqual(["/third", "/ping", "/pong"]);
  },
);

test("what stands in modules that nothing imports is named at the start", within, async () => {
  const folder = app({
    "src/app.ts": APP,
    "src/two.ts": `import { api } from "@twinloop/api";
import { Subscription, Topic } from "@twinloop/pubsub";
export const other = api({ expose: true, method: "GET" }, async () => ({ ok: true }));
export const clicks = new Topic<{ id: string }>("clicks", { deliveryGuarantee: "at-least-once" });
export const count = new Subscription(clicks, "count", { handler: async () => {} });
`,
  });
  const { output } = await folder.start(["--import", REGISTER, "src/app.ts"], { LOG_FORMAT: "json" });
  const line = output()
    .split("\n")
    .find((text) => text.includes("not made before start()"));
  expect(JSON.parse(line!)).toMatchObject({
    level: 40,
    declarations: [
      "endpoint GET /shop.other (src/two.ts:3)",
      "topic clicks (src/two.ts:4)",
      "subscription clicks/count (src/two.ts:5)",
    ],
  });
  folder.write({ "src/app.ts": `import "./two.js";\n${APP}` });
  const whole = await folder.start(["--import", REGISTER, "src/app.ts"], { LOG_FORMAT: "json" });
  expect(whole.output()).not.toContain("not made before");
});

const MIGRATION = "create table t (id int);\n";
const DATABASES = `import { start } from "@twinloop/api";
import { SQLDatabase } from "@twinloop/sqldb";
export const db = new SQLDatabase("one", { migrations: "./migrations" });
await start({ banner: false });
`;

test("a folder of migrations that is in none of its places is told with all of them", within, async () => {
  const url = process.env["DATABASE_URL"] ?? "postgres://root@127.0.0.1:5432/root";
  const folder = app({ "src/users/app.ts": DATABASES, "src/users/migration/1_t.up.sql": MIGRATION });
  const { code, stderr } = await folder.run(["--import", REGISTER, "src/users/app.ts"], {
    DATABASE_URL: url,
  });
  expect(code).toBe(1);
  expect(stderr).toContain(
    `${join(folder.root, "src/users/migrations")} or ${join(folder.root, "migrations")}`,
  );
});
