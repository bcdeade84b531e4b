import { afterAll, beforeAll, expect, test } from "vitest";
import { CheckedApp } from "./checked-app.ts";
import { HEAD, MIGRATIONS } from "./shop.ts";

let app: CheckedApp;
beforeAll(() => {
  app = new CheckedApp({ ...MIGRATIONS, "app.ts": HEAD });
});
afterAll(() => app.remove());

/** Wrong statements, and what is said of them: code, marked text, message and hint. */
const WRONG: readonly (readonly [name: string, source: string, findings: readonly string[]])[] = [
  [
    "a table that does not exist",
    "db.queryAll`select 1 from itmes`;",
    [
      'sql_invalid [itmes] PostgreSQL refuses the statement: relation "itmes" does not exist (42P01). -> The migrations make shops, items, stocked.',
    ],
  ],
  [
    "a syntax error in the middle of a template of several lines",
    "db.queryAll`\n  select id, name\n    form items\n   where id = ${id}\n`;",
    ['sql_invalid [items] PostgreSQL refuses the statement: syntax error at or near "items" (42601). -> '],
  ],
  [
    "a statement that ends too early",
    "db.queryAll`select id from `;",
    [
      "sql_invalid [`select id from `] PostgreSQL refuses the statement: syntax error at end of input (42601). -> ",
    ],
  ],
  [
    "a text for a number",
    "db.exec`update items set stock = ${text} where id = ${id}`;",
    [
      "sql_parameter [text] The value is `string`, and parameter $1 is integer: integer takes a number or a bigint. -> Convert the value before (`Number(…)`), or let the server do it: `${…}::text::integer`.",
    ],
  ],
  [
    "a text for bytes, a number for an instant",
    "db.exec`update items set photo = ${text}, made = ${5} where made < ${when} and photo = ${new Uint8Array()}`;",
    [
      "sql_parameter [text] The value is `string`, and parameter $1 is bytea: bytea takes bytes. -> Convert the value, or say its own type in the statement with a cast: `${…}::bytea` is what the server wants here.",
      "sql_parameter [5] The value is `5`, and parameter $2 is timestamp with time zone: timestamp with time zone takes a string or a Date. -> Pass a Date: `new Date(…)`, or `to_timestamp(${…})`, which takes seconds.",
    ],
  ],
  [
    "a value whose type nothing tells",
    "db.queryAll`select jsonb_build_object('a', ${text})`;",
    [
      "sql_invalid [text] PostgreSQL refuses the statement: could not determine data type of parameter $1 (42P18). -> Say the type of the value with a cast: `${…}::text`.",
    ],
  ],
  [
    "a property without a column",
    "db.queryAll<{ id: string; name: string }>`select id from items`;",
    [
      "sql_column [queryAll<{ id: string; name: string }>] The row's type has `name`, and the statement returns id. -> Select the column, or make the property optional.",
    ],
  ],
  [
    "a column that can be NULL",
    "interface Item { note: string }\ndb.queryAll<Item>`select note from items`;",
    [
      "sql_null [queryAll<Item>] `note` of Item is `string`, and the column can be NULL: items.note has no `not null`. -> Declare `string | null`, or give the statement a value for it: `coalesce(…)`, `where … is not null`. The column is declared at migrations/1_create_items.up.sql:11.",
    ],
  ],
  [
    "a column of the other side of an outer join",
    "db.queryAll<{ city: string }>`select city from items left join shops on shops.id = shop`;",
    [
      "sql_null [queryAll<{ city: string }>] `city` of the row's type is `string`, and the column can be NULL: an outer join leaves shops out where nothing fits. -> Declare `string | null`, or give the statement a value for it: `coalesce(…)`, `where … is not null`. The column is declared at migrations/1_create_items.up.sql:5.",
    ],
  ],
  [
    "an enum with a label too much, and a row with one too few",
    "db.queryAll<{ mood: 'calm' }>`select mood from items where mood = ${'angry' as 'calm' | 'angry'}`;",
    [
      'sql_parameter [\'angry\' as \'calm\' | \'angry\'] The value is `"angry" | "calm"`, and parameter $1 is mood: the enum mood has no "angry". -> It has "calm", "busy"; add the label in a migration, or correct the type.',
      'sql_column [queryAll<{ mood: \'calm\' }>] `mood` of the row\'s type is `"calm"`, and items.mood (mood) is read as `"calm" | "busy"`. -> Declare `"calm" | "busy"`, or cast the column. The column is declared at migrations/1_create_items.up.sql:13.',
    ],
  ],
  [
    "arrays of other elements",
    "db.queryAll<{ tags: number[] }>`select tags from items where tags && ${ids}`;",
    [
      "sql_parameter [ids] The value is `number[]`, and parameter $1 is text[]: its elements: text takes a string or bytes. -> Convert the value: `String(…)`, or say its own type in the statement: `${…}::int4`.",
      "sql_column [queryAll<{ tags: number[] }>] `tags` of the row's type is `number[]`, and items.tags (text[]) is read as `string[]`. -> Declare `string[]`, or cast the column. The column is declared at migrations/1_create_items.up.sql:14.",
    ],
  ],
  [
    "a domain over numeric",
    "db.queryAll<{ cost: number }>`select cost from items where cost > ${flag}`;",
    [
      "sql_parameter [flag] The value is `boolean`, and parameter $1 is numeric: numeric takes a number, a bigint or a string. -> Convert the value, or say its own type in the statement with a cast: `${…}::numeric` is what the server wants here.",
      "sql_column [queryAll<{ cost: number }>] `cost` of the row's type is `number`, and items.cost (numeric) is read as `string`. -> Declare `string`, or cast the column. The column is declared at migrations/1_create_items.up.sql:12.",
    ],
  ],
  [
    "returning",
    "db.queryRow<{ id: number; made: string }>`insert into items (name, cost) values (${text}, ${1}) returning *`;",
    [
      'sql_column [queryRow<{ id: number; made: string }>] `id` of the row\'s type is `number`, and items.id (bigint) is read as `string`. -> Declare `string`, cast it (`id::int4`), or give the database `bigint: "number"`. The column is declared at migrations/1_create_items.up.sql:8.',
      "sql_column [queryRow<{ id: number; made: string }>] `made` of the row's type is `string`, and items.made (timestamp with time zone) is read as `Date`. -> Declare `Date`, or cast the column. The column is declared at migrations/1_create_items.up.sql:16.",
    ],
  ],
  [
    "rows of a statement that returns none",
    "db.queryRow<{ id: string }>`delete from items`;",
    [
      "sql_column [queryRow<{ id: string }>] The row's type has `id`, and the statement returns no columns. -> Add `returning …`, or use `exec`.",
    ],
  ],
  [
    "a column that an insert does not find",
    "db.exec`insert into shops (town) values (${text})`;",
    [
      'sql_invalid [town] PostgreSQL refuses the statement: column "town" of relation "shops" does not exist (42703). -> `shops` has id, city (migrations/1_create_items.up.sql:4).',
    ],
  ],
  [
    "insert … select of other types",
    "db.exec`insert into shops select name, note from items`;",
    [
      'sql_invalid [name] PostgreSQL refuses the statement: column "id" is of type integer but expression is of type text (42804). -> You will need to rewrite or cast the expression.',
    ],
  ],
  [
    "a column of a CTE",
    "db.queryAll<{ n: number }>`with c as (select shop, count(*) as n from items group by shop) select c.n, c.m from c`;",
    [
      "sql_invalid [c.m] PostgreSQL refuses the statement: column c.m does not exist (42703). -> `items` has id, shop, name, note, cost, mood, tags, data, made, stock, photo (migrations/1_create_items.up.sql:8).",
    ],
  ],
  [
    "a view",
    "db.queryAll<{ id: string; note: string }>`select * from stocked`;",
    [
      "sql_null [queryAll<{ id: string; note: string }>] `note` of the row's type is `string`, and the column can be NULL: items.note has no `not null`. -> Declare `string | null`, or give the statement a value for it: `coalesce(…)`, `where … is not null`. The column is declared at migrations/1_create_items.up.sql:11.",
    ],
  ],
  [
    "a function",
    "db.queryRow`select totl(${shop})`;",
    [
      "sql_invalid [totl] PostgreSQL refuses the statement: function totl(unknown) does not exist (42883). -> No function matches the given name and argument types. You might need to add explicit type casts.",
    ],
  ],
  [
    "an aggregate",
    "db.queryRow<{ count: number }>`select count(*) from items`;",
    [
      'sql_column [queryRow<{ count: number }>] `count` of the row\'s type is `number`, and the column count (bigint) is read as `string`. -> Declare `string`, cast it (`…::int4 as count`), or give the database `bigint: "number"`.',
    ],
  ],
  [
    "a transaction",
    "await db.transaction(async (tx) => { await tx.exec`delete from itms`; });",
    [
      'sql_invalid [itms] PostgreSQL refuses the statement: relation "itms" does not exist (42P01). -> The migrations make shops, items, stocked.',
    ],
  ],
  [
    "a function that takes the database",
    "export async function f(q: Queryable) { return q.queryAll<{ stock: string }>`select stock from items`; }",
    [
      "sql_column [queryAll<{ stock: string }>] `stock` of the row's type is `string`, and items.stock (integer) is read as `number`. -> Declare `number`, or cast the column. The column is declared at migrations/2_add_stock.up.sql:2.",
    ],
  ],
  [
    "a branch of a fragment",
    "const w = flag ? sql`naem = ${text}` : sql`stock = ${5}`;\ndb.queryAll`select * from shops where ${w}`;",
    [
      'sql_invalid [naem] PostgreSQL refuses the statement: column "naem" does not exist (42703). -> `shops` has id, city (migrations/1_create_items.up.sql:4).',
      'sql_invalid [stock] PostgreSQL refuses the statement: column "stock" does not exist (42703). -> `shops` has id, city (migrations/1_create_items.up.sql:4).',
    ],
  ],
  [
    "a list of fragments",
    "db.exec`insert into items (name, cost) values ${sql.join(list.map((n) => sql`(${n}, ${flag})`))}`;",
    [
      "sql_parameter [flag] The value is `boolean`, and parameter $2 is price: price takes a number, a bigint or a string. -> Convert the value, or say its own type in the statement with a cast: `${…}::price` is what the server wants here.",
    ],
  ],
  [
    "a list of values",
    "db.queryAll`select * from items where id in (${sql.join(list)}) or stock in (${sql.join(list)})`;",
    [
      "sql_parameter [list] The value is `string`, and parameter $2 is integer: integer takes a number or a bigint. -> Convert the value before (`Number(…)`), or let the server do it: `${…}::text::integer`.",
    ],
  ],
  [
    "a name of several",
    "const by = text as 'city' | 'stok';\ndb.queryAll`select * from shops order by ${sql.identifier(by)}`;",
    [
      'sql_invalid [sql.identifier(by)] PostgreSQL refuses the statement: column "stok" does not exist (42703). -> `shops` has id, city (migrations/1_create_items.up.sql:4).',
    ],
  ],
  [
    "a row that is inferred from where it goes",
    "export const r: { id: number }[] = await db.queryAll`select id from items`;",
    [
      'sql_column [queryAll] `id` of the row\'s type is `number`, and items.id (bigint) is read as `string`. -> Declare `string`, cast it (`id::int4`), or give the database `bigint: "number"`. The column is declared at migrations/1_create_items.up.sql:8.',
    ],
  ],
  [
    "a place behind escapes and wide characters",
    "db.queryAll`select '\\n\\u{1F600}😀', cty from shops`;",
    [
      'sql_invalid [cty] PostgreSQL refuses the statement: column "cty" does not exist (42703). -> Perhaps you meant to reference the column "shops.city". `shops` has id, city (migrations/1_create_items.up.sql:4).',
    ],
  ],
];

test.each(WRONG)("%s is a problem at its place", async (_, source, findings) => {
  app.write({ "app.ts": `${HEAD}${source}\n` });
  expect(await app.findings()).toEqual(findings);
});

/** Statements that are right, many of them in ways that a weaker check would refuse. */
const RIGHT: readonly (readonly [name: string, source: string])[] = [
  [
    "an outer join that a condition makes an inner one",
    "db.queryAll<{ city: string }>`select city from items left join shops on shops.id = shop where shops.city = ${text}`;",
  ],
  [
    "a column that a condition keeps from being NULL",
    "db.queryAll<{ note: string; shop: number }>`select note, shop from items where note is not null and shop = ${shop}`;",
  ],
  ["enums", "db.queryAll<{ mood: 'calm' | 'busy' }>`select mood from items where mood = ${'busy'}`;"],
  [
    "a text for bigint, numeric and uuid",
    "db.queryAll<{ id: string; cost: string }>`select id, cost from items where id = ${id} and cost = ${text} and gen_random_uuid() = ${text}`;",
  ],
  [
    "arrays",
    "db.queryAll<{ tags: string[] }>`select tags from items where id = any(${ids}) and name = any(${list}) and tags && ${list}`;",
  ],
  ["documents", "db.queryAll<{ data: { a: 1 } | null }>`select data from items where data @> ${{ a: 1 }}`;"],
  ["NULL as a value", "db.exec`update items set note = ${null}, shop = ${undefined} where id = ${id}`;"],
  [
    "count and coalesce",
    "db.queryRow<{ n: number; note: string; has: boolean }>`select count(*)::int4 as n, coalesce(max(note), '') as note, exists (select from items) as has from items`;",
  ],
  [
    "a CTE",
    "db.queryAll<{ n: string; city: string }>`with c as (select shop, count(*) as n from items group by shop) select c.n, s.city from c join shops s on s.id = c.shop`;",
  ],
  [
    "a row of fewer columns, with an optional property",
    "db.queryAll<{ id: string; extra?: boolean }>`select * from items`;",
  ],
  [
    "a row of any columns",
    "db.queryAll`select * from items`; export const rows: Record<string, unknown>[] = await db.queryAll`select 1`;",
  ],
  [
    "a branded text and a literal type over text",
    "db.queryAll<{ name: string & { __brand: 'Name' }; city: 'Bonn' | 'Ulm' }>`select items.name, city from items join shops on shops.id = shop`;",
  ],
  ["a view through which a column is not null", "db.queryAll<{ name: string }>`select name from stocked`;"],
  ["a function's result", "db.queryRow<{ n: string }>`select total(${shop}) as n`;"],
  [
    "nested fragments, chosen alike at one condition",
    "db.queryAll`select ${flag ? sql`name` : sql`note`} from items group by ${flag ? sql`name` : sql`note`}`;",
  ],
  [
    "a helper that makes a fragment",
    "const owned = (of: number) => sql`shop = ${of}`;\ndb.queryAll`select 1 from items where ${owned(shop)}`;",
  ],
  [
    "fragments by name",
    "const orders = { name: sql`name`, made: sql`made desc` };\ndb.queryAll`select 1 from items order by ${orders[text as 'name' | 'made']}`;",
  ],
  [
    "what no plan has",
    "db.exec`create table if not exists other (a int)`; db.exec`set local work_mem = '4MB'`; db.queryRow`show work_mem`; db.exec`listen news`;",
  ],
  ["system columns and catalogues", "db.queryAll<{ relname: string }>`select relname, ctid from pg_class`;"],
  [
    "another object's method of that name",
    "const other = { exec: (_: TemplateStringsArray) => 1 };\nother.exec`select nothing at all`;",
  ],
  [
    "all ways to a database",
    "await using tx: Transaction = await db.begin(); await tx.exec`select 1`; const c = await db.acquire(); await c.queryRow`select 1`; await db.with({}).exec`select 1`; await SQLDatabase.named('shop').exec`select 1`;",
  ],
];

test.each(RIGHT)("%s: no problem", async (_, source) => {
  app.write({ "app.ts": `${HEAD}${source}\n` });
  expect(await app.findings()).toEqual([]);
  expect(await app.unchecked()).toEqual([]);
});

/** Statements that only the running app knows, and what is said of them. */
const UNKNOWN: readonly (readonly [name: string, source: string, told: readonly string[]])[] = [
  [
    "a fragment that is assigned",
    "let where = sql`true`;\nwhere = sql`false`;\ndb.queryAll`select 1 from items where ${where}`;",
    ["[where] `where` is made when the app runs"],
  ],
  [
    "a name from outside",
    "db.queryAll`select 1 from ${sql.identifier(text)}`;",
    ["[sql.identifier(text)] `sql.identifier(text)` is a name that is known when the app runs"],
  ],
  [
    "text from outside",
    "db.queryAll`select 1 ${sql.unsafe(text)}`;",
    ["[sql.unsafe(text)] `sql.unsafe(text)` is text that is known when the app runs"],
  ],
  [
    "a list that grows",
    "const parts = [sql`true`];\nparts.push(sql`false`);\ndb.queryAll`select 1 where ${sql.join(parts, sql` and `)}`;",
    ["[parts] `parts` is a list that is made when the app runs"],
  ],
  [
    "a temporary table",
    "db.exec`create temp table picked (id int)`; db.queryAll`select id from picked`;",
    ["[`select id from picked`] the table `picked` is made by another statement when the app runs"],
  ],
  [
    "several statements",
    "db.exec`delete from shops; delete from items`;",
    ["[`delete from shops; delete from items`] a template of several statements is not checked"],
  ],
];

test.each(UNKNOWN)("%s is said not to be checked", async (_, source, told) => {
  app.write({ "app.ts": `${HEAD}${source}\n` });
  expect(await app.findings()).toEqual([]);
  expect(await app.unchecked()).toEqual(told);
});
