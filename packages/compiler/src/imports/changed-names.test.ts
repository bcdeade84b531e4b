import { writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { writeApp } from "../../test/read-app.ts";
import { build } from "../project/build.ts";
import { ModuleNames, type ChangedNames } from "./changed-names.ts";
import { Project } from "../project/project.ts";
import { TypeScript6 } from "../typescript/typescript6.ts";
import { manifestText } from "../project/write-manifest.ts";

const cleanups: (() => void)[] = [];
afterEach(() => cleanups.splice(0).forEach((cleanup) => cleanup()));

const api = 'import { api } from "@twinloop/api";\n';

/** Ways in which a handler's file comes by a type of `src/model.ts`, which is then edited. */
const ways: [way: string, files: Record<string, string>, handler: string][] = [
  ["a named import", {}, `import type { Link } from "./model.js";\n${handler("Link")}`],
  ["an alias", {}, `import type { Link as Own } from "./model.js";\n${handler("Own")}`],
  ["a namespace", {}, `import type * as model from "./model.js";\n${handler("model.Link")}`],
  ["an import type", {}, handler('import("./model.js").Link')],
  ["another type of the module", {}, `import type { Page } from "./model.js";\n${handler("Page")}`],
  [
    "a barrel",
    { "src/barrel.ts": 'export * from "./model.js";\n' },
    `import type { Link } from "./barrel.js";\n${handler("Link")}`,
  ],
  [
    "a barrel that renames",
    { "src/barrel.ts": 'export type { Link as Url } from "./model.js";\n' },
    `import type { Url } from "./barrel.js";\n${handler("Url")}`,
  ],
  [
    "a namespace that is exported",
    { "src/barrel.ts": 'import type * as model from "./model.js";\nexport type { model };\n' },
    `import type { model } from "./barrel.js";\n${handler("model.Link")}`,
  ],
  [
    "what a function returns",
    {
      "src/service.ts":
        'import type { Link } from "./model.js";\nexport const service = { find: (): Link => { throw 1; } };\n',
    },
    'import { service } from "./service.js";\nexport const a = api({ path: "/a" }, async () => service.find());\n',
  ],
  [
    "a default export",
    {
      "src/service.ts": 'import type { Link } from "./model.js";\nexport default (): Link => { throw 1; };\n',
    },
    'import find from "./service.js";\nexport const a = api({ path: "/a" }, async () => find());\n',
  ],
  [
    "a type that stands in two steps",
    {
      "src/step.ts":
        'import type { Link } from "./model.js";\ntype Inner = Pick<Link, "url">;\nexport type Outer = Inner[];\n',
    },
    `import type { Outer } from "./step.js";\n${handler("{ all: Outer }")}`,
  ],
];

function handler(type: string): string {
  return `export const a = api({ path: "/a" }, async (request: ${type}): Promise<void> => void request);\n`;
}

const model = (url: string): string => `type Text = ${url};
export interface Link { url: Text }
export interface Page { links: Link[] }
export interface Other { n: number }
`;

describe.each(["6", "7"] as const)("with TypeScript %s, an edit is seen", (typescript) => {
  test.each(ways)("through %s", { timeout: 60_000 }, async (_, files, text) => {
    const all = { "src/model.ts": model("string"), ...files, "src/app.ts": api + text };
    const { root, remove } = writeApp(all);
    const project = new Project(root, { typescript });
    cleanups.push(() => (project.close(), remove()));
    const before = manifestText(project.update().manifest);
    writeFileSync(join(root, "src/model.ts"), model("boolean"));
    const after = project.update(["src/model.ts"]);
    const fresh = await build(root, { typescript: "7" });
    expect(after.problems).toEqual([]);
    expect(manifestText(after.manifest)).toBe(manifestText(fresh.manifest));
    expect(JSON.stringify(after.manifest.types)).not.toBe(JSON.stringify(JSON.parse(before).types));
  });
});

test("an edit reaches the modules that use one of its names, and no others", () => {
  const { root, remove } = writeApp({
    "src/model.ts": model("string"),
    "src/app.ts": `${api}import type { Link } from "./model.js";\n${handler("Link")}`,
  });
  cleanups.push(remove);
  const source = new TypeScript6({ root, tsconfig: join(root, "tsconfig.json") });
  const read = (): Map<string, ModuleNames> =>
    new Map(source.files().map((file) => [basename(file.path), new ModuleNames(file, source.kinds)]));
  const before = read();
  const changesAfter = (text: string): ChangedNames => {
    writeFileSync(join(root, "src/model.ts"), text);
    source.update([join(root, "src/model.ts")]);
    return read().get("model.ts")!.changedSince(before.get("model.ts")!);
  };
  const added = changesAfter(`${model("string")}export interface Added { x: 1 }\n// a comment\n`);
  const other = changesAfter(model("string").replace("n: number", "n: string"));
  const text = changesAfter(model("number"));
  expect([added, other, text].map((names) => [...names].sort())).toEqual([
    ["Added"],
    ["Other"],
    ["Link", "Page", "Text"],
  ]);
  const app = before.get("app.ts")!;
  expect([added, other, text].map((names) => app.uses(names))).toEqual([false, false, true]);
});
