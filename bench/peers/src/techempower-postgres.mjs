// The rows of the TechEmpower kinds by postgres.js, which prepares the statements of its templates by itself.
import postgres from "postgres";

import { CONNECTIONS, changed, databaseUrl, distinctIds, randomIds, randomNumber } from "./techempower.mjs";

const sql = postgres(databaseUrl, { max: CONNECTIONS });

async function world(id) {
  const [row] = await sql`select id, random_number as "randomNumber" from bench_world where id = ${id}`;
  return row;
}

/** One row by a random id. */
export const oneWorld = () => world(randomNumber());

/** Rows by random ids, each by a query of its own. */
export const manyWorlds = (count) => Promise.all(randomIds(count).map(world));

/** Reads rows, each by a query of its own, changes them, and writes them back. */
export async function updateWorlds(count) {
  const worlds = changed(await Promise.all(distinctIds(count).map(world)));
  const [ids, numbers] = [worlds.map(({ id }) => id), worlds.map(({ randomNumber: number }) => number)];
  await sql`
    update bench_world set random_number = new.random_number
    from unnest(${ids}::int[], ${numbers}::int[]) as new (id, random_number) where bench_world.id = new.id`;
  return worlds;
}

/** All fortunes. */
export const allFortunes = () => sql`select id, message from bench_fortune`;
