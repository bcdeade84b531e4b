import { SQLDatabase } from "@twinloop/sqldb";

/** Links and clicks: in `DATABASE_URL`, and without it in a PostgreSQL that starts and stops with the demo. */
export const db = new SQLDatabase("links", { migrations: "./migrations", bigint: "number" });
