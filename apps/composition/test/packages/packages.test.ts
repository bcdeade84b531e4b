import { cpSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { runCommand } from "../../../../tools/setup/command.mjs";
import { openMarket, type Market } from "./consumer.ts";

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const FIXTURES = fileURLToPath(new URL("fixtures", import.meta.url));
const TOOLS = fileURLToPath(new URL("../../../../node_modules/.bin", import.meta.url));
const PRIMITIVES = ["api", "sqldb", "pubsub", "cron", "secrets"] as const;

const ENV: NodeJS.ProcessEnv = {
  DATABASE_URL: process.env["DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/test",
  PUBSUB_URL: "memory:",
  GreetedName: "you",
};

let market: Market;

beforeAll(async () => {
  market = await openMarket();
});

afterAll(() => market?.close());

const full = (name: string): string => `@twinloop/${name}`;

test.each(PRIMITIVES)("%s installed alone by npm works in plain JavaScript", async (name) => {
  const project = await market.makeProject([full(name)]);
  // Itself, the runtime with its addon, and the schemas: nothing else comes along.
  const scopes = readdirSync(join(project.folder, "node_modules")).filter((entry) => !entry.startsWith("."));
  expect(scopes).toEqual(["@twinloop"]);
  const installed = readdirSync(join(project.folder, "node_modules/@twinloop")).toSorted();
  const addons = installed.filter((entry) => /^core-native-\w+-\w+/.test(entry));
  expect(addons).toHaveLength(1);
  expect(installed).toEqual(["core-native", "schema", name, ...addons].toSorted());
  cpSync(join(FIXTURES, `${name}.mjs`), join(project.folder, "app.mjs"));
  expect(await project.run("node", ["app.mjs"], ENV)).toContain("hello you");
});

const PAIRS = PRIMITIVES.flatMap((one, at) => PRIMITIVES.slice(at + 1).map((other) => [one, other] as const));

test.each(PAIRS)("%s and %s installed together share one runtime", async (...pair) => {
  const project = await market.makeProject(pair.map(full));
  const imports = pair.map((name, at) => `import * as p${at} from "${full(name)}";`);
  const check = 'if (p0.start !== p1.start) throw new Error("two runtimes");';
  const run = 'await p0.start({ port: 0, banner: false }); await p1.stop(); console.log("ran");';
  project.write("app.mjs", [...imports, check, run].join("\n"));
  expect(await project.run("node", ["app.mjs"], ENV)).toContain("ran");
});

test.each(["5.9", "7"])("TypeScript %s takes the types, the compiler makes the schemas", async (version) => {
  const names = [...PRIMITIVES, "cli"].map(full);
  const project = await market.makeProject([...names, `typescript@${version}`, "@types/node@20"]);
  cpSync(join(FIXTURES, "typed"), project.folder, { recursive: true });
  await project.run("npx", ["tsc", "-p", "."]);
  await project.run("npx", ["twinloop", "build"]);
  const outputs: Record<string, string> = {};
  for (const name of PRIMITIVES) outputs[name] = await project.run("node", [`dist/${name}.js`], ENV);
  expect(outputs).toEqual({
    api: expect.stringContaining("400 hello you"),
    sqldb: expect.stringContaining("hello you"),
    pubsub: expect.stringContaining("invalid_argument hello you"),
    cron: expect.stringContaining("hello you"),
    secrets: expect.stringContaining("hello you"),
  });
});

test("publint and attw find nothing wrong with any package", async () => {
  const wrong: string[] = [];
  for (const { manifest, file } of market.packages) {
    if (manifest["os"] !== undefined) continue;
    const checks = [["publint", file, "--strict"]];
    // Every Node that is supported can require() an ES module: there is nothing else to look at.
    if (manifest["exports"] !== undefined) checks.push(["attw", file, "--profile", "esm-only"]);
    for (const [program = "", ...args] of checks) {
      const { code, stdout, stderr } = await runCommand(join(TOOLS, program), args);
      if (code !== 0) wrong.push(`${manifest["name"]}: ${program}\n${stdout}${stderr}`);
    }
  }
  expect(wrong.join("\n")).toBe("");
});

test("all packages have one version, and the loader names the addon of every platform at it", () => {
  const versions = new Set(market.packages.map(({ manifest }) => manifest["version"]));
  expect(versions.size).toBe(1);
  const loader = market.packages.find(({ manifest }) => manifest["name"] === "@twinloop/core-native")!;
  const [version] = versions;
  const named = Object.entries(loader.manifest["optionalDependencies"] as Record<string, string>);
  expect(named).toHaveLength(8);
  expect(named.every(([, range]) => range === version)).toBe(true);
});
