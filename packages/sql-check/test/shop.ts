/** The migrations of the app that the tests check statements of. */
export const MIGRATIONS: Readonly<Record<string, string>> = {
  "migrations/1_create_items.up.sql": `create type mood as enum ('calm', 'busy');
create domain price as numeric(10, 2) check (value >= 0);
create table shops (
  id int primary key,
  city text not null
);
create table items (
  id bigserial primary key,
  shop int references shops (id),
  name text not null,
  note text,
  cost price not null,
  mood mood not null default 'calm',
  tags text[] not null default '{}',
  data jsonb,
  made timestamptz not null default now()
);
`,
  "migrations/2_add_stock.up.sql": `alter table items
  add column stock int not null default 0,
  add column photo bytea;
create view stocked as select id, name, note from items where stock > 0;
create function total(shop int) returns bigint language sql stable as 'select count(*) from items where items.shop = $1';
`,
};

/** The beginning of a source of that app. */
export const HEAD = `import { sql, SQLDatabase, type Queryable, type Transaction } from "@twinloop/sqldb";
export const db = new SQLDatabase("shop", { migrations: "./migrations" });
declare const id: string, shop: number, text: string, flag: boolean, when: Date, list: string[], ids: number[];
`;
