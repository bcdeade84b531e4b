import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { AppFolder, REGISTER, STARTS } from "./app-folder.ts";

const folders: AppFolder[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await folder.remove();
});

function app(files: Readonly<Record<string, string>>, options: object = {}): AppFolder {
  const compilerOptions = {
    target: "ES2022",
    module: "ESNext",
    moduleResolution: "Bundler",
    strict: true,
    skipLibCheck: true,
    types: ["node"],
    noEmit: true,
    resolveJsonModule: true,
    paths: { "@/*": ["./src/*"] },
    ...options,
  };
  const folder = new AppFolder({
    "tsconfig.json": JSON.stringify({ compilerOptions, include: ["src"] }),
    ...files,
  });
  folders.push(folder);
  return folder;
}

async function built(folder: AppFolder, ...words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await folder.twinloop("build", "--out", "dist", ...words);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  folder.delete("src");
  return stdout;
}

const json = async (url: string): Promise<unknown> => (await fetch(url)).json();
const within = { timeout: 60_000 };

const ENTRY = `import "reflect";
import { api, start } from "@twinloop/api";
import { label } from "@/users";
import { version } from "./data.json";
export const about = api({ expose: true, method: "GET" }, async () => ({ label: label(), version }));
`;

const FILES = {
  "node_modules/reflect/package.json": '{ "name": "reflect", "type": "module", "exports": "./index.js" }',
  "node_modules/reflect/index.js": "Reflect.metadata = (key, value) => () => {};\n",
  "node_modules/reflect/index.d.ts": "export {};\n",
  "node_modules/h/package.json":
    '{ "name": "h", "type": "module", "exports": { "./jsx-runtime": "./jsx.js" } }',
  "node_modules/h/jsx.js":
    "export const jsx = (type, props) => `<${type}>${props.children}</${type}>`;\nexport const jsxs = jsx;\n",
  "src/data.json": '{ "version": "7" }',
  "src/users/index.ts": 'export * from "./label";\nexport * from "./api";\n',
  "src/users/label.tsx": "// @ts-nocheck\nexport const label = (): string => <b>hi</b>;\n",
  "src/users/api.ts": `import { api } from "@twinloop/api";
import { Box } from "@/box";
export const user = api({ expose: true, method: "GET" }, async () => ({ box: new Box().value }));
`,
  "src/box.ts": `const double = (_: undefined, __: unknown) => (value: number) => value * 2;
// @ts-ignore
export class Box { @double value = 21; }
`,
};

test(
  "an app with aliases, decorators, JSX and JSON runs under plain Node when its sources are gone",
  within,
  async () => {
    const folder = app(
      { ...FILES, "src/app.ts": ENTRY + STARTS },
      { jsx: "react-jsx", jsxImportSource: "h" },
    );
    expect(await built(folder)).toContain("node dist/app.js");
    const { url, output } = await folder.start(["dist/app.js"], { NODE_ENV: "production", WORKERS: "2" });
    expect(await json(`${url}/shop.about`)).toEqual({ label: "<b>hi</b>", version: "7" });
    expect(await json(`${url}/shop.user`)).toEqual({ box: 42 });
    expect(output()).not.toContain('"level":40');
  },
);

test("an app of CommonJS is written as CommonJS, and as modules where its entry awaits", within, async () => {
  const start = 'void start({ banner: false }).then((app) => console.log("listening " + app.url));\n';
  const files = {
    "package.json": '{ "name": "shop" }',
    "src/where.ts":
      'import path = require("node:path");\nexport const where = () => path.basename(__dirname);\n',
    "src/service.ts": "export class Service {}\n",
    "src/controller.ts": `import { Service } from "./service";
function note(..._: unknown[]): void {}
@note export class Controller { constructor(private readonly service: Service) {} has = this.service instanceof Service; }
`,
  };
  const entry = `import { api, start } from "@twinloop/api";
import { Controller } from "./controller";
import { Service } from "./service";
import { where } from "./where";
export const about = api({ expose: true, method: "GET" }, async () => ({ has: new Controller(new Service()).has, where: where() }));
`;
  const options = {
    module: "CommonJS",
    esModuleInterop: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    target: "ES2020",
  };
  for (const [end, module] of [
    [start, "CommonJS"],
    [STARTS, "Preserve"],
  ] as const) {
    const folder = app({ ...files, "src/app.ts": entry + end }, { ...options, module });
    const dev = await folder.start(["--import", REGISTER, "src/app.ts"]);
    expect(await json(`${dev.url}/shop.about`)).toEqual({ has: true, where: "src" });
    await built(folder);
    const { url } = await folder.start(["dist/app.js"]);
    expect(await json(`${url}/shop.about`)).toEqual({ has: true, where: "dist" });
  }
});

test(
  "threads, files beside the sources, static folders and TypeScript of the same repository come along",
  within,
  async () => {
    const entry = `import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { api, start } from "@twinloop/api";
import { shared } from "@acme/shared";
const word = readFileSync(new URL("./word.txt", import.meta.url), "utf8");
const said = await new Promise((resolve) => new Worker(new URL("./thread.ts", import.meta.url)).on("message", resolve));
export const about = api({ expose: true, method: "GET" }, async () => ({ word, said: String(said), shared }));
export const files = api.static({ expose: true, path: "/files/*file", dir: "./public" });
${STARTS}`;
    const folder = app({
      "src/app.ts": entry,
      "src/word.txt": "word",
      "src/public/a.txt": "static",
      "src/thread.ts":
        'import { parentPort } from "node:worker_threads";\nimport { said } from "@/said";\nparentPort?.postMessage(said);\n',
      "src/said.ts": 'export const said: string = "said";\n',
    });
    // As a workspace links it: the real folder is outside of node_modules.
    const shared = join(folder.root, "packages/shared");
    mkdirSync(join(shared, "src"), { recursive: true });
    writeFileSync(
      join(shared, "package.json"),
      '{ "name": "@acme/shared", "type": "module", "exports": "./src/index.ts" }',
    );
    writeFileSync(join(shared, "src/index.ts"), 'export { shared } from "./inner";\n');
    writeFileSync(join(shared, "src/inner.ts"), 'export const shared: string = "shared";\n');
    const { symlinkSync } = await import("node:fs");
    mkdirSync(dirname(join(folder.root, "node_modules/@acme/shared")), { recursive: true });
    symlinkSync(shared, join(folder.root, "node_modules/@acme/shared"));
    await built(folder);
    folder.delete("packages");
    const { url } = await folder.start(["dist/app.js"]);
    expect(await json(`${url}/shop.about`)).toEqual({ word: "word", said: "said", shared: "shared" });
    expect(await (await fetch(`${url}/files/a.txt`)).text()).toBe("static");
  },
);

test(
  "migrations beside the code that declares the database are found in dist and applied",
  within,
  async () => {
    const database = process.env["DATABASE_URL"] ?? "postgres://root@127.0.0.1:5432/root";
    const table = `built_${process.pid}`;
    const entry = `import { start } from "@twinloop/api";
import { db } from "./users/db";
await start({ banner: false });
console.log(JSON.stringify(await db.queryAll\`select n from ${table}\`));
await db.exec\`drop table ${table}\`;
process.exit(0);
`;
    const folder = app({
      "src/app.ts": entry,
      "src/users/db.ts": `import { SQLDatabase } from "@twinloop/sqldb";
export const db = new SQLDatabase("users", { migrations: { path: "./migrations" } });
`,
      "src/users/migrations/1_t.up.sql": `create table ${table} (n int); insert into ${table} values (5);\n`,
    });
    await built(folder);
    expect(existsSync(join(folder.root, "dist/users/migrations/1_t.up.sql"))).toBe(true);
    // The ledger of migrations is the database's: one schema for this test.
    const schema = `built_${process.pid}`;
    const env = { DATABASE_URL: `${database}?options=-c%20search_path%3D${schema}`, PORT: "0" };
    const made = await folder.run(
      [
        "--input-type=module",
        "-e",
        `import { SQLDatabase } from "@twinloop/sqldb"; const db = new SQLDatabase("users"); await db.rawExec("create schema ${schema}"); await db.close(); process.exit(0);`,
      ],
      { DATABASE_URL: database },
    );
    expect(made.code).toBe(0);
    const { stdout, stderr } = await folder.run(["dist/app.js"], env);
    await folder.run(
      [
        "--input-type=module",
        "-e",
        `import { SQLDatabase } from "@twinloop/sqldb"; const db = new SQLDatabase("users"); await db.rawExec("drop schema ${schema} cascade"); await db.close(); process.exit(0);`,
      ],
      { DATABASE_URL: database },
    );
    expect(stderr).toBe("");
    expect(stdout).toContain('[{"n":5}]');
  },
);

test("an entry that is not there is a fault of the command line", within, async () => {
  const folder = app({ "src/app.ts": STARTS });
  const { code, stderr } = await folder.twinloop("build", "--out", "dist", "src/gone.ts");
  expect(code).toBe(2);
  expect(stderr).toContain("There is no src/gone.ts");
});

test("JavaScript is not written among the sources", within, async () => {
  const folder = app({ "src/app.ts": 'import { start } from "@twinloop/api";\nawait start();\n' });
  for (const out of [".", "src", ".."]) {
    const { code, stderr } = await folder.twinloop("build", "--out", out);
    expect({ out, code }).toEqual({ out, code: 2 });
    expect(stderr).toContain("name a folder of its own");
  }
});

test(
  "what CommonJS has is there while its sources load, also where they are written as modules",
  within,
  async () => {
    const folder = app(
      {
        "package.json": '{ "name": "shop" }',
        "src/conf/words.json": '{ "hi": "hello" }',
        "src/conf/conf.ts": `import { basename, join } from "node:path";
export const here = basename(join(__dirname, "..", "x"));
export const folder = basename(__dirname);
const file = "words";
const words = require("./" + file + ".json");
export const all = [here, folder, basename(__filename).split(".")[0], words.hi, typeof require.resolve, require("node:os").EOL, require("./other").other, require.main === module];
`,
        "src/conf/other.ts": 'export const other = require("node:path").basename(__dirname);\n',
        "src/conf/whole.ts":
          'import path = require("node:path");\nconst at = path.basename(__dirname);\nfunction whole() { return at; }\nexport = whole;\n',
        "src/app.ts": `import { api, start } from "@twinloop/api";
import { all } from "./conf/conf";
import whole from "./conf/whole";
export const about = api({ expose: true, method: "GET" }, async (): Promise<{ all: unknown[] }> => ({ all: [...all, whole()] }));
${STARTS}`,
      },
      { module: "Preserve", esModuleInterop: true },
    );
    const { code, stderr } = await folder.twinloop("build", "--out", "dist", "--no-types");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    folder.write({ "dist/conf/words.json": '{ "hi": "hello" }' });
    folder.delete("src");
    const { url } = await folder.start(["dist/app.js"]);
    const all = ["x", "conf", "conf", "hello", "function", "\n", "conf", false, "conf"];
    expect(await json(`${url}/shop.about`)).toEqual({ all });
  },
);

test("a second build keeps no migration and no format of the first", within, async () => {
  const source = (start: string): string => `import { SQLDatabase, start } from "@twinloop/sqldb";
export const db = new SQLDatabase("shop", { migrations: "./migrations" });
${start} start();
`;
  const folder = app({
    "package.json": '{ "name": "shop" }',
    "src/migrations/1_a.up.sql": "select 1;\n",
    "src/app.ts": source("await"),
  });
  const build = (): Promise<unknown> => folder.twinloop("build", "--out", "dist", "--no-types");
  expect(await build()).toMatchObject({ code: 0, stderr: "" });
  folder.delete("src/migrations/1_a.up.sql");
  folder.write({ "src/migrations/1_b.up.sql": "select 1;\n", "src/app.ts": source("void") });
  expect(await build()).toMatchObject({ code: 0, stderr: "" });
  const names = ["migrations/1_a.up.sql", "migrations/1_b.up.sql", "package.json"];
  const there = names.filter((name) => existsSync(join(folder.root, "dist", name)));
  expect(there).toEqual(["migrations/1_b.up.sql"]);
});
