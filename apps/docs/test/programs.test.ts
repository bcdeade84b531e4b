import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, onTestFinished, test, vi } from "vitest";
import { runCommand } from "../../../tools/setup/command.mjs";
import { FILES, GIVEN } from "./given.ts";
import { pagePrograms } from "./page-programs.ts";
import { runProgram, type Behaviour } from "./run-program.ts";

// One compiler run for all programs; then a process for each that runs.
vi.setConfig({ testTimeout: 120_000 });

const HERE = fileURLToPath(new URL("..", import.meta.url));
/** Where every package is, whether or not this app depends on it. */
const PACKAGES = fileURLToPath(new URL("../../../packages", import.meta.url));
const MODULES = fileURLToPath(new URL("../../../node_modules", import.meta.url));
const programs = pagePrograms();
const folder = mkdtempSync(join(tmpdir(), "twinloop-docs-"));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(root: string, files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  symlinkSync(join(HERE, "node_modules"), join(root, "node_modules"));
}

/** A program's source, or a failure that says which page has lost it. */
function sourceOf(name: string): string {
  const program = programs.find((each) => each.name === name);
  if (program === undefined) throw new Error(`No page has the program ${name} any more.`);
  return program.source;
}

test("the programs of all README pages and doc comments have no type error", async () => {
  const compilerOptions = {
    target: "ES2023",
    lib: ["ES2023", "ESNext.Disposable"],
    module: "NodeNext",
    types: ["node"],
    typeRoots: [join(MODULES, "@types")],
    strict: true,
    noEmit: true,
    noUncheckedIndexedAccess: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
    paths: { "@twinloop/*": [join(PACKAGES, "*/dist/index.d.ts")] },
  };
  const sources = programs.map(({ name, source, place }) => {
    return [`${name}.ts`, `// ${place}\n${GIVEN[name] ?? ""}\n${source}\nexport {};\n`] as const;
  });
  write(folder, {
    ...FILES,
    ...Object.fromEntries(sources),
    "package.json": JSON.stringify({ name: "pages", type: "module" }),
    "tsconfig.json": JSON.stringify({ compilerOptions, include: ["*.ts"] }),
  });
  const { stdout } = await runCommand(join(MODULES, ".bin/tsc"), ["-p", folder]);
  expect(stdout).toBe("");
});

test("every program that is given something is on its page", () => {
  const names = new Set(programs.map(({ name }) => name));
  expect(Object.keys(GIVEN).filter((name) => !names.has(name))).toEqual([]);
});

const LISTENS = /http:\/\/[\d.]+:\d+/;

const PROGRAMS_THAT_RUN: readonly (Partial<Behaviour> & { readonly name: string; readonly says: RegExp })[] =
  [
    { name: "root-1", says: LISTENS, ask: askForLink },
    { name: "api-1", says: LISTENS, ask: askForLink },
    { name: "core-native-1", says: /open for business/ },
    { name: "cron-1", says: /\[\s+\d{4}-\d\d-\d\dT/ },
    { name: "pubsub-1", says: /a click/ },
    { name: "schema-1", says: /^\{"id":"a","size":1\}$/m, endsItself: true },
  ];

async function askForLink(url: string): Promise<void> {
  const shorten = (target: string): Promise<Response> =>
    fetch(`${url}/links/home`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ url: target }),
    });
  const made = await shorten("https://example.com");
  expect(await made.json()).toEqual({ slug: "home", url: "https://example.com" });
  expect((await shorten("https://example.com")).status).toBe(409);
  expect((await shorten("no url")).status).toBe(400);
}

test.each(PROGRAMS_THAT_RUN)("$name runs as it stands on its page", async ({ name, ...behaviour }) => {
  const root = mkdtempSync(join(tmpdir(), "twinloop-docs-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  write(root, {
    ...FILES,
    "app.ts": sourceOf(name),
    "package.json": JSON.stringify({ name: "page", type: "module" }),
    "tsconfig.json": JSON.stringify({
      compilerOptions: { strict: true, module: "NodeNext" },
      include: ["app.ts"],
    }),
  });
  await runProgram(root, behaviour);
});
