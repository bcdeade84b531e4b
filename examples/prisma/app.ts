import { api, APIError, start, type Int, type IsURL } from "@twinloop/api";
import { prismaAdapter } from "@twinloop/prisma";
import { SQLDatabase } from "@twinloop/sqldb";
import { PrismaClient } from "./generated/client.ts";

const db = new SQLDatabase("links", { migrations: "./migrations" });
const prisma = new PrismaClient({ adapter: prismaAdapter(db) });

interface Link {
  id: number & Int;
  url: string;
  clicks: number & Int;
}

/** Adds a link. */
export const add = api(
  { expose: true, method: "POST", path: "/links" },
  async ({ url }: { url: string & IsURL }): Promise<Link> => {
    try {
      return await prisma.link.create({ data: { url } });
    } catch (error) {
      // Prisma's own code of a unique violation.
      if ((error as { code?: string }).code === "P2002")
        throw APIError.alreadyExists(`${url} is there already`);
      throw error;
    }
  },
);

/** Counts a click and gives the link. */
export const click = api(
  { expose: true, method: "POST", path: "/links/:id/clicks" },
  async ({ id }: { id: number & Int }): Promise<Link> =>
    prisma.link.update({ where: { id }, data: { clicks: { increment: 1 } } }),
);

/** Lists links by their clicks. */
export const list = api(
  { expose: true, method: "GET", path: "/links" },
  async (): Promise<{ links: Link[] }> => ({
    links: await prisma.link.findMany({ orderBy: [{ clicks: "desc" }, { id: "asc" }] }),
  }),
);

await start();
