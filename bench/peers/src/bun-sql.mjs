// Bun.serve and Bun.sql; runs on Bun.
import { SQL } from "bun";

import { host, port } from "./address.mjs";
import { CONNECTIONS, databaseUrl } from "./queries.mjs";

const sql = new SQL(databaseUrl, { max: CONNECTIONS });

async function rows(request) {
  const after = new URL(request.url).searchParams.get("after");
  if (after === null || !/^\d+$/.test(after))
    return Response.json({ code: "invalid_argument" }, { status: 400 });
  const found = await sql`
    select id, name, email, active, created_at as "createdAt", score
    from bench_rows where id > ${Number(after)} order by id limit 20`;
  return Response.json({ rows: found });
}

Bun.serve({
  hostname: host,
  port,
  routes: {
    "/hello": { GET: () => Response.json({ message: "Hello, World!" }) },
    "/rows": { GET: rows },
  },
});
