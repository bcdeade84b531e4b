import { SQLDatabase } from "@twinloop/sqldb";

/** The app's database: `DATABASE_URL`, or in development a PostgreSQL that starts and stops with the app. */
export const db = new SQLDatabase("tasks", { migrations: "./migrations", bigint: "number" });
