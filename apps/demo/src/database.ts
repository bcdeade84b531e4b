import { SQLDatabase } from "@twinloop/sqldb";

/** The database of links and clicks: `DATABASE_URL`, or else a PostgreSQL that starts and stops with the demo. */
export const db = new SQLDatabase("links", { migrations: "./migrations", bigint: "number" });
