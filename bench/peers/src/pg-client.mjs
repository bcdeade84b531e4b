import pg from "pg";

import { CONNECTIONS, databaseUrl, ONE_ROW, THOUSAND_ROWS, TWENTY_ROWS } from "./queries.mjs";

/** The queries of the direct measurements by node-postgres, each prepared once per connection. */
export function openClient() {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: CONNECTIONS });
  const select = (name, text) => async (after) => {
    const { rows } = await pool.query({ name, text, values: [after] });
    return rows;
  };
  return {
    "1x3": select("1x3", ONE_ROW),
    "20x6": select("20x6", TWENTY_ROWS),
    "1000x8": select("1000x8", THOUSAND_ROWS),
  };
}

/** Runs a text of several statements on a connection of its own. */
export async function runScript(url, text) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

/** A connection whose statements give their rows. */
export async function openConnection(url) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return {
    query: async (text, values) => (await client.query(text, values)).rows,
    close: () => client.end(),
  };
}
