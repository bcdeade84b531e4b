import { SQLDatabase } from "@twinloop/sqldb";

/** The database of every part that has rows. */
export const db: SQLDatabase = new SQLDatabase("bench");
