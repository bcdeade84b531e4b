import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { AppFolder, REGISTER, STARTS } from "./app-folder.ts";

const TSC = fileURLToPath(new URL("../../../node_modules/typescript/bin/tsc", import.meta.url));

const folders: AppFolder[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await folder.remove();
});

function app(files: Readonly<Record<string, string>>): AppFolder {
  const folder = new AppFolder({ "tsconfig.json": tsconfig({}), ...files });
  folders.push(folder);
  return folder;
}

function tsconfig(options: object): string {
  const compilerOptions = {
    target: "ES2022",
    module: "NodeNext",
    moduleResolution: "NodeNext",
    strict: true,
    skipLibCheck: true,
    types: ["node"],
    rootDir: "src",
    outDir: "dist",
    ...options,
  };
  return JSON.stringify({ compilerOptions, include: ["src"] });
}

const IMPORT = 'import { api, start } from "@twinloop/api";\n';

const ONE_FILE = {
  "src/app.ts": `${IMPORT}
export const first = api({ expose: true, method: "GET" }, async () => ({ n: 1 }));
export const named = api({ expose: true, method: "GET", path: "/named" }, async () => ({ n: 2 }));
const inner = api({ expose: true, method: "GET" }, async () => ({ n: 3 })); export const twice = api({ expose: true, method: "GET" }, async () => ({ n: 4 }));
export { inner as third };
${STARTS}`,
};

/** Two modules that declare the same shapes, and an entry that declares more. */
const SEVERAL = {
  "src/users/api.ts": `${IMPORT}export const user = api({ expose: true, method: "GET" }, async () => ({ n: 5 }));\nexport const list = api({ expose: true, method: "GET" }, async () => ({ n: 6 }));\n`,
  "src/items/api.ts": `${IMPORT}\n\nexport const item = api({ expose: true, method: "GET" }, async () => ({ n: 7 }));\nexport const all = api({ expose: true, method: "GET" }, async () => ({ n: 8 }));\n`,
  "src/app.ts": `${IMPORT}import "./items/api.js";\nexport * from "./users/api.js";\nexport const app = api({ expose: true, method: "GET" }, async () => ({ n: 9 }));\n${STARTS}`,
};

const EXPECTED_ONE = { first: 1, third: 3, twice: 4 };
const EXPECTED_SEVERAL = { user: 5, list: 6, item: 7, all: 8, app: 9 };

async function answers(url: string, expected: Readonly<Record<string, number>>): Promise<unknown> {
  const found: Record<string, unknown> = {};
  for (const name of Object.keys(expected)) {
    const response = await fetch(`${url}/shop.${name}`);
    found[name] = response.status === 200 ? ((await response.json()) as { n: number }).n : response.status;
  }
  return found;
}

async function compiled(folder: AppFolder): Promise<void> {
  expect(await folder.twinloop("build")).toMatchObject({ code: 0 });
  expect(await folder.run([TSC, "-p", "."])).toMatchObject({ code: 0, stdout: "" });
  folder.delete("src");
}

const within = { timeout: 60_000 };

test(
  "an endpoint without a path has the default one in the file that starts the app, under the loader",
  within,
  async () => {
    const folder = app(ONE_FILE);
    const { url } = await folder.start(["--import", REGISTER, "src/app.ts"]);
    expect(await answers(url, EXPECTED_ONE)).toEqual(EXPECTED_ONE);
  },
);

test("several modules keep their names under the loader", within, async () => {
  const { url } = await app(SEVERAL).start(["--import", REGISTER, "src/app.ts"]);
  expect(await answers(url, EXPECTED_SEVERAL)).toEqual(EXPECTED_SEVERAL);
});

test.each([
  ["with source maps", { sourceMap: true }],
  ["with inline source maps", { inlineSourceMap: true }],
  ["without source maps", {}],
])("plain node serves default paths of what tsc wrote, %s", within, async (_, options) => {
  const folder = app({ ...ONE_FILE, "tsconfig.json": tsconfig(options) });
  await compiled(folder);
  const one = await folder.start(["dist/app.js"]);
  expect(await answers(one.url, EXPECTED_ONE)).toEqual(EXPECTED_ONE);
  const more = app({ ...SEVERAL, "tsconfig.json": tsconfig(options) });
  await compiled(more);
  const { url } = await more.start(["dist/app.js"], { WORKERS: "2" });
  expect(await answers(url, EXPECTED_SEVERAL)).toEqual(EXPECTED_SEVERAL);
});

test("plain node serves default paths of CommonJS", within, async () => {
  const start = 'void start({ banner: false }).then((app) => console.log("listening " + app.url));\n';
  const files = Object.fromEntries(
    Object.entries({ ...SEVERAL, ...ONE_FILE, "src/app.ts": SEVERAL["src/app.ts"].replace(STARTS, start) }),
  );
  const folder = app({ ...files, "package.json": '{ "name": "shop", "type": "commonjs" }' });
  await compiled(folder);
  const { url } = await folder.start(["dist/app.js"]);
  expect(await answers(url, EXPECTED_SEVERAL)).toEqual(EXPECTED_SEVERAL);
});

test("a bundle whose sources cannot be told apart says what to do", within, async () => {
  const folder = app(SEVERAL);
  await compiled(folder);
  const bundle = `${IMPORT}
const a = api({ expose: true, method: "GET" }, async () => ({})); const b = api({ expose: true, method: "GET" }, async () => ({}));
const c = api({ expose: true, method: "GET" }, async () => ({})); const d = api({ expose: true, method: "GET" }, async () => ({}));
const e = api({ expose: true, method: "GET" }, async () => ({}));${STARTS}`;
  folder.write({ "dist/bundle.js": bundle });
  const { code, stderr } = await folder.run(["dist/bundle.js"]);
  expect(code).toBe(1);
  expect(stderr).toContain("endpoint_without_path");
  expect(stderr).toMatch(/dist\/bundle\.js:3/);
  expect(stderr).toContain("source maps");
});
