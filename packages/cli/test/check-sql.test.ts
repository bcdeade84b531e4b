import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { AppFolder, MAIN } from "./app-folder.ts";

/** How long a busy machine may take. */
const WAIT = { timeout: 60_000, interval: 100 };

const apps: AppFolder[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.remove();
});

const MIGRATION = "create table items (\n  id int primary key,\n  name text not null\n);\n";

function shop(statement: string): AppFolder {
  const app = new AppFolder({
    "migrations/1_create_items.up.sql": MIGRATION,
    "app.ts": `import { SQLDatabase, start } from "@twinloop/sqldb";
const db = new SQLDatabase("shop", { migrations: "./migrations" });
export const items = (id: number) =>
  ${statement};
await start();
`,
  });
  apps.push(app);
  return app;
}

test("check --sql points at the wrong column, and at the migration of its table", async () => {
  const app = shop("db.queryAll`select id,\n    nmae from items where id = ${id}`");
  const { code, stdout } = await app.twinloop("check", "--sql");
  expect(stdout).toContain(
    [
      'app.ts:5:5 error PostgreSQL refuses the statement: column "nmae" does not exist (42703). [sql_invalid]',
      "",
      "  4 |   db.queryAll`select id,",
      "> 5 |     nmae from items where id = ${id}`;",
      "    |     ^^^^",
      "  6 | await start();",
      "",
      '  help: Perhaps you meant to reference the column "items.name". `items` has id, name (migrations/1_create_items.up.sql:2).',
      "",
      "1 problem",
    ].join("\n"),
  );
  expect(code).toBe(1);
});

test("check without --sql leaves the statements alone, and --help has the flag", async () => {
  const app = shop("db.queryAll`select nothing from nowhere`");
  const { code, stdout } = await app.twinloop("check");
  expect(stdout).not.toContain("sql");
  expect(code).toBe(0);
  const help = await app.twinloop("--help");
  expect(help.stdout).toMatch(/^ {2}--sql .*migrations/m);
});

test("statements that are right are counted, and what is not known is told without an error", async () => {
  const app = shop("db.queryAll`select id from items where name = ${String(id)}`");
  app.write({
    "more.ts": `import { sql, type Queryable } from "@twinloop/sqldb";
export const by = (db: Queryable, name: string) => db.queryAll\`select id from items order by \${sql.identifier(name)}\`;
`,
    "app.ts": `import "./more.ts";\nimport { SQLDatabase, start } from "@twinloop/sqldb";
const db = new SQLDatabase("shop", { migrations: "./migrations" });
export const items = () => db.queryAll\`select id from items\`;
await start();
`,
  });
  const { code, stdout } = await app.twinloop("check", "--sql");
  expect(stdout).toMatch(/^sql: 2 statements \(\d+ ms\)$/m);
  expect(stdout).toContain(
    "  not checked: more.ts:2:96 `sql.identifier(name)` is a name that is known when the app runs",
  );
  expect(stdout).toMatch(/^no problems: .*1 database/m);
  expect(code).toBe(0);
});

test("sql types prints the rows' types of the statements that have none", async () => {
  const app = shop("db.queryAll`select id, name, now() as at, max(id) as top from items group by id`");
  const { code, stdout } = await app.twinloop("sql", "types", "app.ts");
  expect(stdout).toBe("app.ts:4:6\n  queryAll<{ id: number; name: string; at: Date; top: number | null }>\n");
  expect(code).toBe(0);
});

test("check --sql in an app without the package says what to install", async () => {
  const root = mkdtempSync(join(tmpdir(), "twinloop-bare-"));
  try {
    writeFileSync(join(root, "package.json"), '{ "name": "bare", "type": "module" }');
    const { code, stderr } = await shop("db.exec`select 1`").twinloop("check", "--sql", "--root", root);
    expect([code, stderr]).toEqual([
      2,
      `\`twinloop check --sql\` comes with @twinloop/sql-check, which is not installed in ${root}: run \`npm install --save-dev @twinloop/sql-check\`.\n`,
    ]);
  } finally {
    rmSync(root, { recursive: true });
  }
});

test("a flag that nobody knows is named, beside one that is known", async () => {
  const { code, stderr } = await shop("db.exec`select 1`").twinloop("check", "--sql", "--frob");
  expect(code).toBe(2);
  expect(stderr).toContain("--frob");
  expect(stderr).not.toContain("not installed");
});

test("sql types takes no other word, and says so", async () => {
  const app = shop("db.exec`select 1`");
  const { code, stderr } = await app.twinloop("sql", "type");
  expect([code, stderr]).toEqual([
    2,
    "Write `twinloop sql types`, or `twinloop sql types src/items.ts` for one file.\n",
  ]);
});

test(
  "dev checks after each edit of a statement and of a migration, and the app goes on",
  { timeout: 180_000 },
  async () => {
    const good = "db.queryAll`select name from items where id = ${id}`";
    const app = shop(good);
    app.write({
      "app.ts": `${readFileSync(join(app.root, "app.ts"), "utf8")}console.log("listening http://nowhere");\n`,
    });
    const running = await app.start([MAIN, "dev", "--no-types"]);
    const edited = (statement: string): void =>
      app.write({
        "app.ts": readFileSync(join(app.root, "app.ts"), "utf8").replace(/db\.queryAll`.*`/s, statement),
      });
    edited(good.replace("name", "nme"));
    await vi.waitFor(
      () =>
        expect(running.output()).toMatch(
          /error PostgreSQL refuses the statement: column "nme" does not exist[\s\S]*1 problem; the app runs all the same/,
        ),
      WAIT,
    );
    app.write({ "migrations/2_more.up.sql": "alter table items add column nme text;\n" });
    await vi.waitFor(() => expect(running.output()).toContain("the checks find no problems any more"), WAIT);
    expect(running.child.exitCode).toBe(null);
    running.child.kill("SIGTERM");
    await vi.waitFor(() => expect(running.child.exitCode).toBe(0), WAIT);
  },
);
