import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { writeApp } from "../../test/read-app.ts";
import { build } from "./build.ts";
import { isStale } from "./is-stale.ts";
import { Project } from "./project.ts";
import { manifestPath, manifestText, readManifest, writeManifest } from "./write-manifest.ts";

const app = `import { api } from "@twinloop/api";
import type { Link } from "./link.js";
export const shorten = api({ path: "/links" }, async (link: Link): Promise<void> => {});
`;
const link = "export interface Link { url: string }\n";
const other =
  'import { api } from "@twinloop/api";\nexport const ping = api({ path: "/ping" }, async () => ({ pong: true }));\n';
const files = { "src/app.ts": app, "src/link.ts": link, "src/other.ts": other };

const cleanups: (() => void)[] = [];
afterEach(() => cleanups.splice(0).forEach((cleanup) => cleanup()));

function open(
  typescript: "6" | "7" = "7",
  own: Record<string, string> = files,
): { root: string; project: Project } {
  const { root, remove } = writeApp(own);
  const project = new Project(root, { typescript });
  cleanups.push(() => (project.close(), remove()));
  return { root, project };
}

describe.each(["6", "7"] as const)("with TypeScript %s", (typescript) => {
  test("an update after any edit gives what a fresh read gives", { timeout: 60_000 }, async () => {
    const { root, project } = open(typescript);
    project.update();
    const edits: [path: string, text: string | null][] = [
      ["src/link.ts", "export interface Link { url: string; title?: string }\n"],
      ["src/app.ts", app.replace('"/links"', '"/short"')],
      ["src/added.ts", other.replace(/ping/g, "added")],
      ["src/app.ts", `${app}import "./missing.js";\n`],
      ["src/link.ts", null],
      ["src/link.ts", link],
      ["src/globals.ts", "declare global { interface Shared { a: string } }\nexport {};\n"],
      ["src/other.ts", other.replace("async () =>", "async (r: Shared) =>")],
      ["src/globals.ts", "declare global { interface Shared { b: number } }\nexport {};\n"],
      ["src/added.ts", null],
      [
        "tsconfig.json",
        readFileSync(join(root, "tsconfig.json"), "utf8").replace('"strict":true', '"strict":false'),
      ],
    ];
    for (const [path, text] of edits) {
      if (text === null) rmSync(join(root, path));
      else writeFileSync(join(root, path), text);
      const { manifest, problems } = project.update([path]);
      const fresh = await build(root, { typescript: "7" });
      expect([path, manifestText(manifest), problems]).toEqual([
        path,
        manifestText(fresh.manifest),
        fresh.problems,
      ]);
    }
  });

  test("an edit reads again only what it can reach", () => {
    const { root, project } = open(typescript);
    const before = project.update().manifest;
    writeFileSync(join(root, "src/link.ts"), "export interface Link { url: number }\n");
    const after = project.update([join(root, "src/link.ts")]).manifest;
    expect(after.types).not.toEqual(before.types);
    expect(after.endpoints.map(({ path }) => path)).toEqual(["/links", "/ping"]);
  });
});

test("files lists the sources and the configuration", () => {
  const { root, project } = open();
  project.update();
  const own = project.files
    .filter((path) => path.startsWith(root))
    .map((path) => path.slice(root.length + 1));
  expect(own.sort()).toEqual(["package.json", "src/app.ts", "src/link.ts", "src/other.ts", "tsconfig.json"]);
});

test(
  "an app without a tsconfig is read with strict defaults, by both compilers",
  { timeout: 30_000 },
  async () => {
    const { root } = open();
    const tsconfig = join(root, "tsconfig.json");
    const plain = "export interface Any { a: string }\n";
    rmSync(tsconfig);
    writeFileSync(join(root, "src/app.ts"), plain);
    writeFileSync(join(root, "src/other.ts"), plain);
    for (const typescript of ["6", "7"] as const) {
      const { manifest, problems } = await build(root, { typescript });
      expect(problems).toEqual([]);
      expect(Object.keys(manifest.sources)).toEqual(["src/app.ts", "src/link.ts", "src/other.ts"]);
    }
  },
);

test("close is idempotent", () => {
  const { project } = open();
  project.close();
  expect(() => project.close()).not.toThrow();
});

describe("the manifest on disk", () => {
  test(
    "is the same text for the same app, and not touched when nothing changed",
    { timeout: 30_000 },
    async () => {
      const { root } = open();
      const first = await build(root);
      const path = writeManifest(root, first.manifest);
      const { mtimeMs } = statSync(path);
      const second = await build(root, { typescript: "6" });
      expect(manifestText(second.manifest)).toBe(manifestText(first.manifest));
      writeManifest(root, second.manifest);
      expect(statSync(path).mtimeMs).toBe(mtimeMs);
      expect(readManifest(root)).toEqual(first.manifest);
    },
  );

  test("is stale when it is missing, broken, of another version, or older than a source", async () => {
    const { root } = open();
    expect(isStale(root)).toBe(true);
    const { manifest } = await build(root);
    writeManifest(root, manifest);
    expect(isStale(root)).toBe(false);
    writeFileSync(join(root, "src/link.ts"), `${link} `);
    expect(isStale(root)).toBe(true);
    writeFileSync(join(root, "src/link.ts"), link);
    expect(isStale(root)).toBe(false);
    rmSync(join(root, "src/link.ts"));
    expect(isStale(root)).toBe(true);
    writeManifest(root, { ...manifest, compiler: "0.0.1" });
    expect(isStale(root)).toBe(true);
    writeFileSync(manifestPath(root), "{");
    expect(isStale(root)).toBe(true);
  });

  test("names its sources relative to the project, with their hashes", async () => {
    const { root } = open();
    mkdirSync(join(root, "src/deep"));
    writeFileSync(join(root, "src/deep/x.ts"), "export {};\n");
    const { manifest } = await build(root);
    expect(Object.keys(manifest.sources)).toContain("src/deep/x.ts");
    expect(manifest.sources["src/deep/x.ts"]).toMatch(/^[\da-f]{64}$/);
  });
});

const children = `/proc/self/task/${process.pid}/children`;

test.runIf(existsSync(children))(
  "a checker whose process has ended is opened anew",
  { timeout: 60_000 },
  () => {
    const before = new Set(readFileSync(children, "utf8").split(" "));
    const { root, project } = open("7");
    const first = manifestText(project.update().manifest);
    const own = readFileSync(children, "utf8")
      .split(" ")
      .filter((pid) => pid !== "" && !before.has(pid));
    expect(own.length).toBeGreaterThan(0);
    for (const pid of own) process.kill(Number(pid), "SIGKILL");
    writeFileSync(join(root, "src/link.ts"), "export interface Link { url: string; title?: string }\n");
    const { manifest, problems } = project.update(["src/link.ts"]);
    expect(problems).toEqual([]);
    expect(manifestText(manifest)).not.toBe(first);
  },
);

describe("an app whose own TypeScript is older", () => {
  const text =
    'import { api } from "@twinloop/api";\nexport const a = api({ path: "/a" }, async () => ({ size: Buffer.from("a").length }));\n';

  test.each(["6", "7"] as const)(
    "keeps the default of its `types`, read by TypeScript %s",
    async (typescript) => {
      const { root, remove } = writeApp({
        "node_modules/typescript/package.json": '{ "name": "typescript", "version": "5.9.3" }',
        "src/app.ts": text,
      });
      cleanups.push(remove);
      const path = join(root, "tsconfig.json");
      const tsconfig = JSON.parse(readFileSync(path, "utf8")) as { compilerOptions: { types?: string[] } };
      delete tsconfig.compilerOptions.types;
      writeFileSync(path, JSON.stringify(tsconfig));
      expect((await build(root, { typescript })).problems).toEqual([]);
      const version = (value: string): string => `{ "name": "typescript", "version": "${value}" }`;
      writeFileSync(join(root, "node_modules/typescript/package.json"), version("6.0.3"));
      expect((await build(root, { typescript })).problems).not.toEqual([]);
    },
  );
});
