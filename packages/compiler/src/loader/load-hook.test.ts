import { execFile } from "node:child_process";

import { afterEach, expect, test } from "vitest";
import { writeApp } from "../../test/read-app.ts";

/*
 * The loader runs in plain Node, so these tests start the built package.
 */
const register = new URL("../../dist/register.js", import.meta.url).href;

const cleanups: (() => void)[] = [];
afterEach(() => cleanups.splice(0).forEach((cleanup) => cleanup()));

const MODULE = '{ "name": "shop", "type": "module" }';
const COMMONJS = '{ "name": "shop", "type": "commonjs" }';

interface App {
  readonly files: Readonly<Record<string, string>>;
  readonly options?: object;
  readonly entry?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs an app; what it prints as JSON, or its errors. */
function run({ files, options = {}, entry = "src/app.ts", env = {} }: App): Promise<unknown> {
  const all = { "package.json": MODULE, ...files };
  const { root, remove } = writeApp(all, { compilerOptions: { paths: {}, skipLibCheck: true, ...options } });
  cleanups.push(remove);
  const args = ["--import", register, entry];
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      args,
      { cwd: root, env: { ...process.env, ...env } },
      (error, stdout, stderr) => {
        resolve(error === null && stderr === "" ? JSON.parse(stdout) : stderr);
      },
    );
  });
}

const within = { timeout: 60_000 };
const BUNDLER = { module: "ESNext", moduleResolution: "Bundler" };
const print = (value: string): string => `console.log(JSON.stringify(${value}));\n`;

test(
  "names without extension, folders, and the other extensions are found as TypeScript finds them",
  within,
  async () => {
    const files = {
      "src/app.ts": `import { a } from "./a";
import { b } from "./folder";
import { c } from "./folder/";
import { d } from "./d";
import { e } from "./e.mjs";
import { f } from "./dir/f";
import { g } from "./with.dot";
import { h } from "./h.jsx";
${print("[a, b, c, d, e, f, g, h]")}`,
      "src/a.ts": "export const a: number = 1;\n",
      "src/folder/index.ts": "export const b: number = 2;\nexport const c: number = 3;\n",
      "src/d/index.tsx": "export const d: number = 4;\n",
      "src/e.mts": "export const e: number = 5;\n",
      "src/dir/f.ts": 'export { six as f } from "..";\n',
      "src/index.ts": "export const six: number = 6;\n",
      "src/with.dot.ts": "export const g: number = 7;\n",
      "src/h.tsx": "export const h: number = 8;\n",
    };
    expect(await run({ files, options: { ...BUNDLER, jsx: "react-jsx" } })).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  },
);

test("paths, also of an extended tsconfig, baseUrl and rootDirs name modules", within, async () => {
  const files = {
    "config/base.json":
      '{ "compilerOptions": { // shared\n "baseUrl": "..", "paths": { "@/*": ["src/lib/*"], "~one": ["src/lib/one.ts"] }, } }',
    "tsconfig.json": JSON.stringify({
      extends: "./config/base.json",
      compilerOptions: {
        target: "ES2022",
        ...BUNDLER,
        strict: true,
        types: [],
        rootDirs: ["src", "generated"],
        ignoreDeprecations: "6.0",
      },
      include: ["src", "generated"],
    }),
    "src/app.ts": `import { one } from "@/one";
import { one as again } from "~one";
import { two } from "src/lib/two";
import { three } from "./three";
${print("[one, again, two, three]")}`,
    "src/lib/one.ts": "export const one: number = 1;\n",
    "src/lib/two.ts": "export const two: number = 2;\n",
    "generated/three.ts": "export const three: number = 3;\n",
  };
  // TypeScript 7 has given up baseUrl; the loader runs what an older one compiles.
  expect(await run({ files, env: { TWINLOOP_TYPESCRIPT: "6" } })).toEqual([1, 1, 2, 3]);
});

test("a solution's tsconfig leads to the project that has the file", within, async () => {
  const project = (folder: string, paths: object): string =>
    JSON.stringify({
      compilerOptions: { target: "ES2022", ...BUNDLER, strict: true, types: [], paths },
      include: [folder],
    });
  const files = {
    "tsconfig.json":
      '{ "files": [], "references": [{ "path": "./tsconfig.other.json" }, { "path": "./tsconfig.app.json" }] }',
    "tsconfig.app.json": project("src", { "#one": ["./src/one.ts"] }),
    "tsconfig.other.json": project("other", { "#one": ["./other/one.ts"] }),
    "src/app.ts": `import { one } from "#one";\n${print("one")}`,
    "src/one.ts": "export const one: number = 1;\n",
    "other/one.ts": "export const one: number = 2;\n",
  };
  expect(await run({ files })).toBe(1);
});

test("TWINLOOP_TSCONFIG names the tsconfig of the loader", within, async () => {
  const files = {
    "tsconfig.run.json": JSON.stringify({
      compilerOptions: { ...BUNDLER, types: [], paths: { one: ["./src/one.ts"] } },
      include: ["src"],
    }),
    "src/app.ts": `import { one } from "one";\n${print("one")}`,
    "src/one.ts": "export const one: number = 1;\n",
  };
  expect(await run({ files, env: { TWINLOOP_TSCONFIG: "tsconfig.run.json" } })).toBe(1);
});

test("decorators of the standard run", within, async () => {
  const files = {
    "src/app.ts": `function twice(_: undefined, { name }: ClassFieldDecoratorContext) { return (value: number) => (String(name), value * 2); }
class Box { @twice n = 21; }
${print("new Box().n")}`,
  };
  expect(await run({ files })).toBe(42);
});

test("experimental decorators run, with metadata where it is asked for", within, async () => {
  const files = {
    "src/metadata.ts": `export const seen: unknown[] = [];
(Reflect as unknown as { metadata: unknown }).metadata = (key: string, value: unknown) => () => void seen.push([key, Array.isArray(value) ? value.map((v) => v.name) : (value as { name: string } | undefined)?.name]);
`,
    "src/service.ts": "export class Service {}\n",
    "src/app.ts": `import { seen } from "./metadata.js";
import { Service } from "./service.js";
const noted: string[] = [];
const note = (..._: unknown[]): void => void noted.push("note");
@note
class Controller { @note at!: Date; constructor(private readonly service: Service) {} has = this.service instanceof Service; }
${print('[new Controller(new Service()).has, "at" in new Controller(new Service()), noted.length, seen]')}`,
  };
  const options = {
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    useDefineForClassFields: false,
  };
  expect(await run({ files, options })).toEqual([
    true,
    false,
    2,
    [
      ["design:type", "Date"],
      ["design:paramtypes", ["Service"]],
    ],
  ]);
});

test("JSX runs by the automatic runtime, by a factory, and where it is to be preserved", within, async () => {
  const files = (body: string): Record<string, string> => ({
    "node_modules/h/package.json":
      '{ "name": "h", "type": "module", "exports": { "./jsx-runtime": "./jsx.js" } }',
    "node_modules/h/jsx.js": "export const jsx = (type, props) => [type, props];\nexport const jsxs = jsx;\n",
    "src/app.tsx": body,
  });
  const body = `// @ts-nocheck\n${print("<p id='x'>hi</p>")}`;
  const automatic = ["p", { id: "x", children: "hi" }];
  for (const jsx of ["react-jsx", "preserve"]) {
    const options = { jsx, jsxImportSource: "h" };
    expect(await run({ files: files(body), options, entry: "src/app.tsx" })).toEqual(automatic);
  }
  const own = `// @ts-nocheck\nconst make = (...parts) => parts;\n${body}`;
  const options = { jsx: "react", jsxFactory: "make" };
  expect(await run({ files: files(own), options, entry: "src/app.tsx" })).toEqual(["p", { id: "x" }, "hi"]);
});

test("JSON is imported whole and by its members", within, async () => {
  const files = {
    "src/app.ts": `import data, { version } from "./data.json";\n${print("[data.version, version, data['a-b']]")}`,
    "src/data.json": '{ "version": "1", "a-b": 2, "default": 3 }',
  };
  expect(await run({ files, options: { ...BUNDLER, resolveJsonModule: true } })).toEqual(["1", "1", 2]);
});

test("an app of CommonJS runs as CommonJS, and its entry may await", within, async () => {
  const files = {
    "package.json": COMMONJS,
    "node_modules/old/package.json": '{ "name": "old" }',
    "node_modules/old/index.js": "const made = { a: 1 }; Object.assign(module.exports, made);\n",
    "node_modules/old/index.d.ts": "export declare const a: number;\n",
    "src/app.ts": `import { read } from "./read";\nimport { kind } from "./kind.cjs";\nawait 0;\n${print("[read(), kind]")}`,
    "src/read.ts": `import path = require("node:path");
import { a } from "old";
import { nested } from "./nested";
import data from "./data.json";
export function read() { return [path.basename(__filename), a, nested, data.x, typeof require]; }
`,
    "src/nested/index.ts":
      "enum Kind { One = 1 }\nnamespace Inner { export const two = 2; }\nexport const nested = [Kind.One, Inner.two];\n",
    "src/data.json": '{ "x": 9 }',
    "src/kind.cts": "export const kind: string = typeof module;\n",
  };
  const options = {
    module: "CommonJS",
    moduleResolution: "Bundler",
    resolveJsonModule: true,
    esModuleInterop: true,
  };
  expect(await run({ files, options })).toEqual([["read.ts", 1, [1, 2], 9, "function"], "object"]);
});

test("a module that is nowhere is told by the name that was asked for", within, async () => {
  const files = { "src/app.ts": '// @ts-nocheck\nimport "./gone";\n' };
  expect(await run({ files, options: BUNDLER })).toMatch(/src\/app\.ts:2:8 error `\.\/gone` cannot be found/);
});

test("fields of classes are what the target says", within, async () => {
  const text = `class Base { get x() { return 1; } set x(_: number) {} }
// @ts-ignore
class Own extends Base { x = 2; }
${print("new Own().x")}`;
  const files = { "src/app.ts": text };
  expect(
    await run({ files, options: { target: "ES2021", module: "ESNext", moduleResolution: "Bundler" } }),
  ).toBe(1);
  expect(await run({ files, options: { target: "ES2022" } })).toBe(2);
});
