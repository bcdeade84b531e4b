import { afterEach, expect, test } from "vitest";
import { writeApp } from "../../test/read-app.ts";
import { Project } from "../project/project.ts";

const cleanups: (() => void)[] = [];
afterEach(() => cleanups.splice(0).forEach((cleanup) => cleanup()));

/** The warnings about an app, as `file:line code message`. */
function warned(files: Record<string, string>, entry?: string): string[] {
  const { root, remove } = writeApp(files);
  const project = new Project(root, entry === undefined ? {} : { entry });
  cleanups.push(() => (project.close(), remove()));
  const { problems, warnings } = project.update();
  expect(problems).toEqual([]);
  return warnings.map(({ file, line, code, message }) => `${file}:${line} ${code} ${message}`);
}

const api = 'import { api, start } from "@twinloop/api";\n';
const one = `${api}export const a = api({ method: "GET", path: "/a" }, async () => ({ n: 1 }));\n`;
const two = `import { api } from "@twinloop/api";
import { Topic, Subscription } from "@twinloop/pubsub";
import { CronJob } from "@twinloop/cron";

export const t = new Topic<{ n: number }>("t");
export const s = new Subscription(t, "s", { handler: async () => {} });
export const j = new CronJob("j", { every: "1h", handler: () => {} });
export const b = api({ path: "/b" }, async () => ({ n: 1 }));
`;
const start = "await start();\n";

test("a module that nobody imports is named, with all that does not run", () => {
  expect(warned({ "src/app.ts": one + start, "src/two.ts": two })).toEqual([
    "src/two.ts:5 not_loaded `src/two.ts` is never imported: endpoint POST /b, topic `t`, subscription `s`, cron job `j` do not run",
  ]);
});

test.each([
  ["an import", 'import "./two.js";\n'],
  ["a re-export", 'export * from "./two.js";\n'],
  ["a named import", 'import { b } from "./two.js";\nvoid b;\n'],
  ["a require", 'import two = require("./two.js");\nvoid two;\n'],
  ["the URL of a thread", 'void new URL("./two.js", import.meta.url);\n'],
  ["an import()", 'await import("./two.js");\n'],
])("%s loads a module", (_, line) => {
  expect(warned({ "src/app.ts": line + one + start, "src/two.ts": two })).toEqual([]);
});

test("a module is loaded over any number of steps, but not by a type", () => {
  const middle = 'import "./two.js";\nexport const n = 1;\n';
  expect(
    warned({ "src/app.ts": `import "./mid.js";\n${one}${start}`, "src/mid.ts": middle, "src/two.ts": two }),
  ).toEqual([]);
  const typed = 'import type { b } from "./two.js";\nexport type B = typeof b;\n';
  expect(warned({ "src/app.ts": typed + one + start, "src/two.ts": two })).toHaveLength(1);
});

test("each module that starts is an entry", () => {
  const web = `import "./two.js";\n${api}${start}`;
  expect(warned({ "src/app.ts": one + start, "src/web.ts": web, "src/two.ts": two })).toEqual([]);
});

test("where a loaded module imports by a computed name, nothing can be said", () => {
  const loader = 'for (const name of ["two"]) await import(`./${name}.js`);\n';
  expect(warned({ "src/app.ts": loader + one + start, "src/two.ts": two })).toEqual([]);
});

test("a script that uses a database by itself is no part of the app", () => {
  const seed =
    'import { SQLDatabase } from "@twinloop/sqldb";\nconst db = new SQLDatabase("d");\nconsole.log(db);\n';
  expect(warned({ "src/app.ts": one + start, "src/seed.ts": seed })).toEqual([]);
});

test("a database that nobody imports is named", () => {
  const db = 'import { SQLDatabase } from "@twinloop/sqldb";\nexport const db = new SQLDatabase("d");\n';
  expect(warned({ "src/app.ts": one + start, "src/db.ts": db })).toEqual([
    "src/db.ts:2 not_loaded `src/db.ts` is never imported: database `d` does not run",
  ]);
});

test("an app that never calls start() is told so", () => {
  expect(warned({ "src/app.ts": one })).toEqual([
    "src/app.ts:2 start_missing No module calls `start()`: nothing that the app declares runs",
  ]);
});

test("the entry that is given must reach a start()", () => {
  const files = { "src/app.ts": one, "src/other.ts": `${api}${start}` };
  expect(warned(files, "src/app.ts")).toEqual([
    "src/app.ts:2 start_missing `src/app.ts` and what it imports never call `start()`: nothing that the app declares runs",
  ]);
  expect(warned({ ...files, "src/app.ts": `import "./other.js";\n${one}` }, "src/app.ts")).toEqual([]);
});

test("start() within a function, or by another name, counts", () => {
  expect(warned({ "src/app.ts": `${one}async function main() { await start(); }\nvoid main();\n` })).toEqual(
    [],
  );
  expect(
    warned({ "src/app.ts": `import { start as go } from "@twinloop/api";\n${one}await go();\n` }),
  ).toEqual([]);
});

test("what declares only databases, topics and secrets needs no start()", () => {
  const script = 'import { secret } from "@twinloop/secrets";\nexport const s = secret("S");\n';
  expect(warned({ "src/app.ts": script })).toEqual([]);
});
