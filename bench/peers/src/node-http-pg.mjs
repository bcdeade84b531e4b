// node:http and node-postgres, its statement prepared once per connection.
import pg from "pg";

import { CONNECTIONS, databaseUrl, TWENTY_ROWS } from "./queries.mjs";
import { serveRows } from "./rows-server.mjs";

const pool = new pg.Pool({ connectionString: databaseUrl, max: CONNECTIONS });

serveRows(async (after) => {
  const { rows } = await pool.query({ name: "rows", text: TWENTY_ROWS, values: [after] });
  return rows;
});
