// The TechEmpower kinds by Elysia and Bun.sql; runs on Bun.
import { SQL } from "bun";
import { Elysia, t } from "elysia";

import { host, port } from "./address.mjs";
import {
  CONNECTIONS,
  changed,
  countOf,
  databaseUrl,
  distinctIds,
  fortunesPage,
  GREETING,
  randomIds,
  randomNumber,
} from "./techempower.mjs";

const sql = new SQL(databaseUrl, { max: CONNECTIONS });

const world = t.Object({ id: t.Integer(), randomNumber: t.Integer() });
const asked = t.Object({ queries: t.Optional(t.String()) });

async function find(id) {
  const [row] = await sql`select id, random_number as "randomNumber" from bench_world where id = ${id}`;
  return row;
}

async function update(count) {
  const worlds = changed(await Promise.all(distinctIds(count).map(find)));
  const ids = sql.array(
    worlds.map(({ id }) => id),
    "int",
  );
  const numbers = sql.array(
    worlds.map(({ randomNumber: number }) => number),
    "int",
  );
  await sql`
    update bench_world set random_number = new.random_number
    from unnest(${ids}, ${numbers}) as new (id, random_number) where bench_world.id = new.id`;
  return worlds;
}

/** Bun's server sends no date of its own. */
let date = new Date().toUTCString();
setInterval(() => (date = new Date().toUTCString()), 500);

new Elysia()
  .onRequest(({ set }) => {
    set.headers.server = "Elysia";
    set.headers.date = date;
  })
  .get("/plaintext", ({ set }) => {
    set.headers["content-type"] = "text/plain";
    return GREETING;
  })
  .get("/json", () => ({ message: GREETING }), { response: t.Object({ message: t.String() }) })
  .get("/db", () => find(randomNumber()), { response: world })
  .get("/queries", ({ query }) => Promise.all(randomIds(countOf(query.queries)).map(find)), {
    query: asked,
    response: t.Array(world),
  })
  .get("/updates", ({ query }) => update(countOf(query.queries)), { query: asked, response: t.Array(world) })
  .get("/fortunes", async ({ set }) => {
    set.headers["content-type"] = "text/html; charset=utf-8";
    return fortunesPage(await sql`select id, message from bench_fortune`, Bun.escapeHTML);
  })
  .listen({ hostname: host, port });
