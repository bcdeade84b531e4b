// The rows of the TechEmpower kinds by node-postgres, each statement prepared once per connection.
import pg from "pg";

import {
  ALL_FORTUNES,
  CONNECTIONS,
  changed,
  databaseUrl,
  distinctIds,
  ONE_WORLD,
  randomIds,
  randomNumber,
  UPDATE_WORLDS,
} from "./techempower.mjs";

const pool = new pg.Pool({ connectionString: databaseUrl, max: CONNECTIONS });

async function world(id) {
  const { rows } = await pool.query({ name: "world", text: ONE_WORLD, values: [id] });
  return rows[0];
}

/** One row by a random id. */
export const oneWorld = () => world(randomNumber());

/** Rows by random ids, each by a query of its own. */
export const manyWorlds = (count) => Promise.all(randomIds(count).map(world));

/** Reads rows, each by a query of its own, changes them, and writes them back. */
export async function updateWorlds(count) {
  const worlds = changed(await Promise.all(distinctIds(count).map(world)));
  const values = [worlds.map(({ id }) => id), worlds.map(({ randomNumber: number }) => number)];
  await pool.query({ name: "update", text: UPDATE_WORLDS, values });
  return worlds;
}

/** All fortunes. */
export async function allFortunes() {
  const { rows } = await pool.query({ name: "fortunes", text: ALL_FORTUNES });
  return rows;
}
