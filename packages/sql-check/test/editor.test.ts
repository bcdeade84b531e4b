import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { build, writeManifest } from "@twinloop/compiler";
import ts from "typescript-6";
import { afterEach, expect, test, vi } from "vitest";
import { CheckedApp } from "./checked-app.ts";
import { HEAD, MIGRATIONS } from "./shop.ts";

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

interface Plugin {
  create(info: {
    languageService: ts.LanguageService;
    project: { refreshDiagnostics(): void };
  }): ts.LanguageService;
}
const init = createRequire(import.meta.url)("../editor.cjs") as (modules: {
  typescript: typeof ts;
}) => Plugin;

/** A language service over one file in an editor's buffer, with the plugin as TypeScript's server loads it. */
function edit(path: string): {
  service: ts.LanguageService;
  type(text: string): void;
  refreshed: () => number;
} {
  let version = 0;
  let text = readFileSync(path, "utf8");
  let refreshed = 0;
  const options: ts.CompilerOptions = {
    strict: true,
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    skipLibCheck: true,
  };
  const service = ts.createLanguageService({
    getCompilationSettings: () => options,
    getScriptFileNames: () => [path],
    getScriptVersion: (name) => (name === path ? String(version) : "0"),
    getScriptSnapshot: (name) => {
      const content = name === path ? text : ts.sys.readFile(name);
      return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content);
    },
    getCurrentDirectory: () => path.slice(0, path.lastIndexOf("/")),
    getDefaultLibFileName: (given) => ts.getDefaultLibFilePath(given),
    fileExists: (name) => ts.sys.fileExists(name),
    readFile: (name) => ts.sys.readFile(name),
    directoryExists: (name) => ts.sys.directoryExists(name),
  });
  const plugged = init({ typescript: ts }).create({
    languageService: service,
    project: { refreshDiagnostics: () => refreshed++ },
  });
  undo.push(() => plugged.dispose());
  return {
    service: plugged,
    type: (next) => {
      text = next;
      version++;
    },
    refreshed: () => refreshed,
  };
}

test("an editor shows the problems of statements among its own, of a buffer that is not saved too", async () => {
  const app = new CheckedApp({ ...MIGRATIONS, "app.ts": `${HEAD}db.queryAll\`select cty from shops\`;\n` });
  undo.push(() => app.remove());
  writeManifest(app.root, (await build(app.root)).manifest);
  const path = join(app.root, "app.ts");
  const editor = edit(path);
  const told = (): string[] =>
    editor.service
      .getSemanticDiagnostics(path)
      .map(({ file, start = 0, length = 0, messageText, source = "ts" }) => {
        const [message] = ts.flattenDiagnosticMessageText(messageText, "\n").split("\n");
        return `${source} [${file?.text.slice(start, start + length)}] ${message}`;
      });
  // Nothing is kept yet: the process beside the editor asks, and the editor is told to ask again.
  expect(told()).toEqual([]);
  await vi.waitFor(() => expect(editor.refreshed()).toBe(1), { timeout: 60_000, interval: 50 });
  expect(told()).toEqual([
    'twinloop [cty] PostgreSQL refuses the statement: column "cty" does not exist (42703).',
  ]);
  editor.type(
    `${HEAD}db.queryAll\`select city from shops where id = \${text}\`;\nexport const wrong: number = "";\n`,
  );
  expect(told()).toEqual(["ts [wrong] Type 'string' is not assignable to type 'number'."]);
  await vi.waitFor(() => expect(editor.refreshed()).toBe(2), { timeout: 60_000, interval: 50 });
  expect(told()).toEqual([
    "ts [wrong] Type 'string' is not assignable to type 'number'.",
    "twinloop [text] The value is `string`, and parameter $1 is integer: integer takes a number or a bigint.",
  ]);
});
