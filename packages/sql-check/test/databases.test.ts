import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { CheckedApp } from "./checked-app.ts";

const apps: CheckedApp[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.remove();
});

function open(files: Readonly<Record<string, string>>): CheckedApp {
  const app = new CheckedApp(files);
  apps.push(app);
  return app;
}

const DECLARED = `import { SQLDatabase, type Queryable } from "@twinloop/sqldb";
export const db = new SQLDatabase("shop", { migrations: "./migrations" });
`;
const ITEMS = "create table items (id int primary key, name text not null);\n";
/** A server that nobody listens at. */
const NOBODY = "postgres://nobody@127.0.0.1:1/none";

test("a migration that fails is a problem with its file and line", async () => {
  const app = open({
    "migrations/1_items.up.sql": ITEMS,
    "migrations/2_more.up.sql": "alter table items add column a int;\ncreate view v as select * from itms;\n",
    "app.ts": `${DECLARED}db.exec\`delete from items\`;\n`,
  });
  expect(await app.findings()).toEqual([
    'migration_invalid [new SQLDatabase("shop", { migrations: "./migrations" })] The migrations of `shop` fail at migrations/2_more.up.sql:2, so its statements were not checked: relation "itms" does not exist (42P01) -> Correct the migration; `twinloop migrate status` shows what is applied.',
  ]);
  app.write({ "migrations/2_more.up.sql": "alter table items add column a int;\n" });
  expect(await app.findings()).toEqual([]);
});

test("a migration folder that does not exist is a problem", async () => {
  const app = open({ "app.ts": `${DECLARED}db.exec\`delete from items\`;\n` });
  const [finding, ...others] = await app.findings();
  expect(finding).toMatch(/^migration_invalid .*There is no folder migrations to read migrations from/);
  expect(others).toEqual([]);
});

test("a database without migrations has no tables", async () => {
  const app = open({
    "app.ts": `import { SQLDatabase } from "@twinloop/sqldb";
export const db = new SQLDatabase("empty");
db.queryRow<{ one: number }>\`select 1 as one\`;
db.queryRow\`select 1 from items\`;
`,
  });
  expect(await app.findings()).toEqual([
    'sql_invalid [items] PostgreSQL refuses the statement: relation "items" does not exist (42P01). -> The migrations make no table.',
  ]);
});

test("each of two databases has its own tables; a parameter's database is not guessed", async () => {
  const app = open({
    "migrations/1_items.up.sql": ITEMS,
    "other/1_posts.up.sql": "create table posts (id bigint primary key);\n",
    "app.ts": `${DECLARED}export const blog = new SQLDatabase("blog", { migrations: "./other", bigint: "number" });
blog.queryAll<{ id: number }>\`select id from posts\`;
db.queryAll\`select id from posts\`;
await blog.transaction(async (tx) => tx.exec\`delete from items\`);
export const all = (of: Queryable) => of.queryAll\`select 1\`;
`,
  });
  expect(await app.findings()).toEqual(
    [
      'sql_invalid [posts] PostgreSQL refuses the statement: relation "posts" does not exist (42P01). -> The migrations make items.',
      'sql_invalid [items] PostgreSQL refuses the statement: relation "items" does not exist (42P01). -> The migrations make posts.',
    ].reverse(),
  );
  expect(await app.unchecked()).toEqual([
    "[`select 1`] the sources do not tell which database the statement runs on (shop, blog)",
  ]);
});

test("what the server said is kept: the next check needs none, and a new statement does", async () => {
  const app = open({
    "migrations/1_items.up.sql": ITEMS,
    "app.ts": `${DECLARED}db.queryAll<{ id: string }>\`select id from items\`;\n`,
  });
  const first = await app.findings();
  expect(first).toHaveLength(1);
  await app.close();
  const [kept = ""] = readdirSync(join(app.root, ".twinloop/sql")).filter((name) => name !== "server");
  expect(kept).toMatch(/^shop-[0-9a-f]{16}\.json$/);
  // Without the server's data a statement that is not kept would make them anew.
  app.delete(".twinloop/postgres");
  expect(await app.findings()).toEqual(first);
  expect(readdirSync(join(app.root, ".twinloop"))).toEqual(["sql", "tsconfig.json"]);
  app.write({ "app.ts": `${DECLARED}db.queryAll<{ name: string }>\`select name from items\`;\n` });
  expect(await app.findings()).toEqual([]);
  expect(readdirSync(join(app.root, ".twinloop")).sort()).toEqual(["postgres", "sql", "tsconfig.json"]);
  // A statement that is gone is kept no longer.
  const { statements } = JSON.parse(readFileSync(join(app.root, ".twinloop/sql", kept), "utf8")) as {
    statements: object;
  };
  expect(Object.keys(statements)).toHaveLength(1);
});

test("an edited migration is another state, and the former one is known when it comes back", async () => {
  const app = open({
    "migrations/1_items.up.sql": ITEMS,
    "app.ts": `${DECLARED}db.queryAll<{ name: string }>\`select name from items\`;\n`,
  });
  expect(await app.findings()).toEqual([]);
  app.write({ "migrations/1_items.up.sql": ITEMS.replace(" not null", "") });
  expect(await app.findings()).toEqual([
    "sql_null [queryAll<{ name: string }>] `name` of the row's type is `string`, and the column can be NULL: items.name has no `not null`. -> Declare `string | null`, or give the statement a value for it: `coalesce(…)`, `where … is not null`. The column is declared at migrations/1_items.up.sql:1.",
  ]);
  app.write({ "migrations/1_items.up.sql": ITEMS });
  await app.close();
  app.delete(".twinloop/postgres");
  expect(await app.findings()).toEqual([]);
});

test("another server checks as well, and one that is not there is a problem that says so", async () => {
  const files = {
    "migrations/1_items.up.sql": ITEMS,
    "app.ts": `${DECLARED}db.exec\`delete from itms\`;\n`,
  };
  const given = process.env["DATABASE_URL"];
  if (given === undefined) throw new Error("DATABASE_URL names no server");
  const app = open(files);
  const { findings } = await app.check({ server: given });
  expect(findings.map(({ message }) => message)).toEqual([
    'PostgreSQL refuses the statement: relation "itms" does not exist (42P01).',
  ]);
  expect(readdirSync(join(app.root, ".twinloop"))).toEqual(["sql", "tsconfig.json"]);
  const other = open(files);
  const { findings: lost } = await other.check({ server: NOBODY });
  expect(lost.map(({ code, message, hint }) => [code, message, hint])).toEqual([
    [
      "sql_server",
      "The statements of `shop` were not checked: connect ECONNREFUSED 127.0.0.1:1",
      "Name another server that the statements may be checked on: `--server postgres://…`; its role must be able to create databases.",
    ],
  ]);
});

test("SQL of onConnect sets the search path; prisma's folders are read", async () => {
  const app = open({
    "migrations/20260101_first/migration.sql":
      "create schema inner_shop;\ncreate table inner_shop.items (id int primary key);\n",
    "migrations/migration_lock.toml": 'provider = "postgresql"\n',
    "app.ts": `import { SQLDatabase } from "@twinloop/sqldb";
export const db = new SQLDatabase("shop", { migrations: "./migrations", onConnect: "set search_path to inner_shop" });
db.queryAll<{ id: string }>\`select id from items\`;
`,
  });
  expect(await app.findings()).toEqual([
    "sql_column [queryAll<{ id: string }>] `id` of the row's type is `string`, and items.id (integer) is read as `number`. -> Declare `number`, or cast the column. The column is declared at migrations/20260101_first/migration.sql:2.",
  ]);
});
