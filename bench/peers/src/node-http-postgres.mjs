// node:http and postgres.js, which prepares the statements of its templates by itself.
import postgres from "postgres";

import { CONNECTIONS, databaseUrl } from "./queries.mjs";
import { serveRows } from "./rows-server.mjs";

const sql = postgres(databaseUrl, { max: CONNECTIONS });

serveRows(
  (after) => sql`
    select id, name, email, active, created_at as "createdAt", score
    from bench_rows where id > ${after} order by id limit 20`,
);
