import { expect, test } from "vitest";
import { readApp } from "../../test/read-app.ts";

const endpoint = 'export const a = api({ path: "/a" }, async () => ({ n: 1 }));\n';

function told(files: Record<string, string> | string): string[] {
  return readApp(files).problems.map(({ code, message, hint = "" }) => `${code}: ${message} | ${hint}`);
}

test.each([
  [
    'import { SQLDatabase } from "@twinloop/sql";',
    "import_unresolved",
    '`import { SQLDatabase } from "@twinloop/sqldb";`',
  ],
  ['import * as db from "@twinloop/sql";', "import_unresolved", "The package is `@twinloop/sqldb`."],
  [
    'import { api as other } from "encore.dev/api";',
    "import_unresolved",
    "Import `api` from `@twinloop/api`.",
  ],
  ['import { CronJob } from "encore.dev/cron";', "import_unresolved", "`@twinloop/cron`"],
  ['import { SQLDatabase } from "encore.dev/storage/sqldb";', "import_unresolved", "`@twinloop/sqldb`"],
  ['import { Bucket } from "encore.dev/storage/objects";', "import_unresolved", "object"],
  ['import { Gateway } from "encore.dev/api";', "import_unresolved", "`Gateway` from `@twinloop/api`"],
  [
    'import { getAuthData } from "~encore/auth";',
    "import_unresolved",
    "`getAuthData` from `@twinloop/api/auth`",
  ],
  ['import log from "encore.dev/log";', "import_unresolved", "the same from `@twinloop/core-native/log`"],
  [
    'import { error } from "encore.dev/log";',
    "import_unresolved",
    "`error` from `@twinloop/core-native/log`",
  ],
  [
    'import { appMeta, APICallMeta } from "encore.dev";',
    "import_unresolved",
    "Import `appMeta` from `@twinloop/core-native`, and `APICallMeta` from `@twinloop/api`.",
  ],
  ['import { users } from "~encore/clients";', "import_unresolved", "call its endpoints as functions"],
  ['import { Topic } from "@twinloop/api";', "export_missing", '`import { Topic } from "@twinloop/pubsub";`'],
  ['import { APIOption } from "@twinloop/pubsub";', "export_missing", ""],
  ['import type { Quer } from "@twinloop/api";', "export_missing", "Did you mean `Query`?"],
  ['export { Topic } from "@twinloop/api";', "export_missing", "@twinloop/pubsub"],
  ['import "./a";', "import_unresolved", "create the file"],
  ['import { x } from "./lib/x.js";', "import_unresolved", "create the file"],
  ['export * from "../y.ts";', "import_unresolved", "create the file"],
  ['const y = await import("./z.js");', "import_unresolved", "create the file"],
  ['import pad from "left-pad-9";', "import_unresolved", "`npm install left-pad-9`"],
  ['import { x } from "@scope/name/deep/x.js";', "import_unresolved", "`npm install @scope/name`"],
  ['import x from "#own";', "import_unresolved", "`imports` in package.json"],
])("%s is %s", (line, code, hint) => {
  const found = told(`import { api } from "@twinloop/api";\n${line}\n${endpoint}`);
  expect(found).toEqual([expect.stringContaining(`${code}: `)]);
  expect(found[0]).toContain(hint);
});

test.each([
  'import { readFile } from "node:fs/promises";',
  'import fs from "fs";',
  'import data from "./data.json" with { type: "json" };',
  'import "./style.css";',
  'import plain from "./plain.js";',
  'import type { Gone } from "./gone.js";',
  'import { type Gone } from "./gone.js";',
  'const pg = await import("pg-native").catch(() => null);',
  "const later = (name: string) => import(name);",
])("%s is left to Node", (line) => {
  const files = { "src/data.json": "{}", "src/style.css": "a{}", "src/plain.js": "export default 1;" };
  expect(
    told({ "src/app.ts": `import { api } from "@twinloop/api";\n${line}\n${endpoint}`, ...files }),
  ).toEqual([]);
});

test("what only a front end imports is none of ours, until the app loads it", () => {
  const page = { "src/page.ts": 'import logo from "@/logo";\nexport const page = logo;\n' };
  const app = `import { api } from "@twinloop/api";\n${endpoint}`;
  expect(told({ "src/app.ts": app, ...page })).toEqual([]);
  expect(told({ "src/app.ts": `import "./page.js";\n${app}`, ...page })).toEqual([
    expect.stringContaining("`@/logo` cannot be found"),
  ]);
});

test.each([
  ["api", 'export const a = api({ path: "/a" }, async () => {});', "@twinloop/api"],
  ["api", 'export const a = api.static({ path: "/*a", dir: "." });', "@twinloop/api"],
  ["Topic", 'export const a = new Topic<string>("t");', "@twinloop/pubsub"],
  ["Subscription", 'export const a = new Subscription(null, "t", {});', "@twinloop/pubsub"],
  ["CronJob", 'export const a = new CronJob("c", {});', "@twinloop/cron"],
  ["SQLDatabase", 'export const a = new SQLDatabase("c", {});', "@twinloop/sqldb"],
  ["secret", 'export const a = secret("S");', "@twinloop/secrets"],
  ["start", "await start();", "@twinloop/api"],
])("%s without an import is a problem: %s", (name, line, home) => {
  const { problems, manifest } = readApp(`${line}\nexport {};\n`);
  expect(problems).toEqual([
    expect.objectContaining({
      code: "import_missing",
      line: 1,
      hint: expect.stringContaining(`import { ${name} } from "${home}"`),
    }),
  ]);
  expect(manifest.endpoints).toEqual([]);
});

test("a function of the app's own that is called `secret` or `start` is its own", () => {
  expect(
    told(
      "const start = () => {};\nfunction secret(n: string) { return n; }\nstart();\nsecret('x');\nexport {};\n",
    ),
  ).toEqual([]);
});

test("a member that `api` does not have is no endpoint", () => {
  const { problems, manifest } = readApp(
    'import { api } from "@twinloop/api";\nexport const a = (api as typeof api & {}).toString();\nexport const b = api.streem({ path: "/b" }, async () => {});\n',
  );
  expect(problems.map(({ code, message, line }) => [code, message, line])).toEqual([
    ["export_missing", "`@twinloop/api` has no `api.streem`", 3],
  ]);
  expect(manifest.endpoints).toEqual([]);
});
