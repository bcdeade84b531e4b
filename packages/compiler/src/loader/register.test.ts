import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterEach, expect, test } from "vitest";
import { writeApp } from "../../test/read-app.ts";
import { transform } from "./transform.ts";

/*
 * The loader runs in plain Node, so these tests start the built package.
 */
const register = pathToFileURL(fileURLToPath(new URL("../../dist/register.js", import.meta.url))).href;

const runtime = "export const api = (options, handler) => handler;\n";
const types = `export declare function api<A, B>(options: { method?: string; path?: string }, handler: (request: A) => Promise<B>): (request: A) => Promise<B>;
`;

const cleanups: (() => void)[] = [];
afterEach(() => cleanups.splice(0).forEach((cleanup) => cleanup()));

function app(files: Record<string, string>): string {
  const { root, remove } = writeApp(files, { compilerOptions: { paths: {} } });
  cleanups.push(remove);
  const folder = join(root, "node_modules/@twinloop/api");
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({
      name: "@twinloop/api",
      type: "module",
      exports: { ".": { types: "./index.d.ts", default: "./index.js" } },
      twinloop: { declares: fileURLToPath(new URL("../../../api/declares.json", import.meta.url)) },
    }),
  );
  writeFileSync(join(folder, "index.js"), runtime);
  writeFileSync(join(folder, "index.d.ts"), types);
  return root;
}

interface Run {
  code: number;
  stdout: string;
  stderr: string;
}

function run(root: string, entry: string): Promise<Run> {
  return new Promise((resolve) => {
    execFile(process.execPath, ["--import", register, entry], { cwd: root }, (error, stdout, stderr) => {
      resolve({
        code: typeof error?.code === "number" ? error.code : error === null ? 0 : 1,
        stdout,
        stderr,
      });
    });
  });
}

test("an app runs from its sources, with the manifest brought up to date", { timeout: 60_000 }, async () => {
  const root = app({
    "src/app.ts": `import { api } from "@twinloop/api";
import { Kind, type Link } from "./link.js";
import { other } from "./other.mjs";
export const shorten = api({ path: "/links" }, async (link: Link): Promise<{ kind: Kind }> => ({ kind: Kind.Short }));
console.log(JSON.stringify([await shorten({ id: "a" }), other, new (class { constructor(private readonly x: number) {} get = () => this.x; })(7).get()]));
`,
    "src/link.ts": 'export interface Link { id: string }\nexport enum Kind { Short = "short" }\n',
    "src/other.mts": "export const other: number = 1;\n",
  });
  const first = await run(root, "src/app.ts");
  expect(first).toEqual({ code: 0, stdout: '[{"kind":"short"},1,7]\n', stderr: "" });
  const manifest = join(root, ".twinloop/manifest.json");
  const { mtimeMs } = statSync(manifest);
  expect(await run(root, "src/app.ts")).toEqual(first);
  expect(statSync(manifest).mtimeMs).toBe(mtimeMs);
  writeFileSync(
    join(root, "src/link.ts"),
    'export interface Link { id: string; extra?: number }\nexport enum Kind { Short = "short" }\n',
  );
  expect((await run(root, "src/app.ts")).code).toBe(0);
  expect(readFileSync(manifest, "utf8")).toContain('"extra"');
});

test(
  "an app with problems does not start: they are printed, and nothing is written",
  { timeout: 60_000 },
  async () => {
    const root = app({
      "src/app.ts":
        'import { api } from "@twinloop/api";\nconsole.log("started");\nexport const a = api({ path: "/a" }, async (r: { m: Map<string, string> }) => void r);\n',
    });
    const { code, stdout, stderr } = await run(root, "src/app.ts");
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(
      "src/app.ts:3:50 error `request.m`: `Map<string, string>` cannot travel as JSON",
    );
    expect(stderr).toContain("> 3 | export const a");
    expect(stderr).toContain("1 problem; the app was not started.");
    expect(existsSync(join(root, ".twinloop/manifest.json"))).toBe(false);
  },
);

test("a stack trace names the lines of the TypeScript source", { timeout: 60_000 }, async () => {
  const root = app({
    "src/app.ts":
      'interface Long {\n  a: string;\n}\n\nconst value: Long = { a: "" };\nthrow new Error(value.a + "boom");\n',
  });
  const { code, stderr } = await run(root, "src/app.ts");
  expect(code).toBe(1);
  expect(stderr).toContain("src/app.ts:6:7");
});

test("a worker thread loads TypeScript too", { timeout: 60_000 }, async () => {
  const root = app({
    "src/app.ts":
      'import { Worker } from "node:worker_threads";\nnew Worker(new URL("./worker.ts", import.meta.url)).on("message", (text: string) => console.log(text));\n',
    "src/worker.ts":
      'import { parentPort } from "node:worker_threads";\nconst text: string = "hello";\nparentPort?.postMessage(text);\n',
  });
  expect(await run(root, "src/app.ts")).toEqual({ code: 0, stdout: "hello\n", stderr: "" });
});

test("what `using` disposes of is compiled without helpers of another package", () => {
  const source =
    "export async function f(open: () => AsyncDisposable) {\n  await using it = open();\n  return it;\n}\n";
  const { code } = transform("/app/a.ts", source, null);
  expect(code).not.toMatch(/\bimport\b|\brequire\b/);
  expect(code).toContain("__disposeResources");
});

test("a syntax error names the file and shows the place", () => {
  expect(() => transform("/app/src/a.ts", "const a: = 1;", null)).toThrow(
    /^\/app\/src\/a\.ts: [\s\S]*const a: = 1;/,
  );
});
