import { api, start, type HttpStatus, type Int, type IsURL, type Min } from "@twinloop/api";
import { SQLDatabase } from "@twinloop/sqldb";
import { desc, eq, gte, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import { integer, pgTable, serial, text } from "drizzle-orm/pg-core";
import type { Pool } from "pg";

const db = new SQLDatabase("links", { migrations: "./migrations" });
const orm = drizzle({ client: db.pool<Pool>() });

const link = pgTable("link", {
  id: serial().primaryKey(),
  url: text().notNull(),
  clicks: integer().notNull().default(0),
});
type Link = typeof link.$inferSelect;

/** Adds a link. */
export const add = api(
  { expose: true, method: "POST", path: "/links" },
  async ({ url }: { url: string & IsURL }): Promise<Link> => {
    const [added] = await orm.insert(link).values({ url }).returning();
    return added!;
  },
);

/** Counts a click. */
export const click = api(
  { expose: true, method: "POST", path: "/links/:id/clicks" },
  async ({ id }: { id: number & Int }): Promise<{ status: HttpStatus }> => {
    const counted = await orm
      .update(link)
      .set({ clicks: sql`${link.clicks} + 1` })
      .where(eq(link.id, id))
      .returning({ id: link.id });
    return { status: counted.length === 0 ? 404 : 204 };
  },
);

/** Lists links by their clicks. */
export const list = api(
  { expose: true, method: "GET", path: "/links" },
  async ({ clicks = 0 }: { clicks?: number & Int & Min<0> }): Promise<{ links: Link[] }> => ({
    links: await orm.select().from(link).where(gte(link.clicks, clicks)).orderBy(desc(link.clicks), link.id),
  }),
);

await start();
