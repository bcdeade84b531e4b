import { randomBytes } from "node:crypto";
import { sql, SQLError, SQLState } from "@twinloop/sqldb";
import { db } from "./database.ts";
import { ALPHABET, type Link } from "./link.ts";

const LINK = sql`slug, url, created_at as "createdAt", clicks, last_click_at as "lastClickAt"`;

const SLUG_LENGTH = 6;

/** Adds a link under `slug`, or under a free one; `null` when the slug belongs to another address. */
export async function addLink(url: string, slug?: string): Promise<Link | null> {
  for (;;) {
    const link = await insertLink(url, slug ?? randomSlug());
    if (link) return link;
    const existing = slug === undefined ? null : await findLink(slug);
    if (existing) return existing.url === url ? existing : null;
  }
}

/** Inserts a link; `null` when its slug is taken. */
async function insertLink(url: string, slug: string): Promise<Link | null> {
  try {
    return await db.queryRow<Link>`insert into links (slug, url) values (${slug}, ${url}) returning ${LINK}`;
  } catch (error) {
    if (error instanceof SQLError && error.code === SQLState.UniqueViolation) return null;
    throw error;
  }
}

/** Finds the link with this slug. */
export function findLink(slug: string): Promise<Link | null> {
  return db.queryRow<Link>`select ${LINK} from links where slug = ${slug}`;
}

/** Lists at most `limit` links, the newest first. */
export function newestLinks(limit: number): Promise<Link[]> {
  return db.queryAll<Link>`select ${LINK} from links order by id desc limit ${limit}`;
}

/** Counts the links. */
export async function countLinks(): Promise<number> {
  const row = await db.queryRow<{ count: number }>`select count(*) from links`;
  return row!.count;
}

/** Removes a link; tells whether there was one. */
export async function removeLink(slug: string): Promise<boolean> {
  return (await db.exec`delete from links where slug = ${slug}`) > 0;
}

function randomSlug(): string {
  return Array.from(randomBytes(SLUG_LENGTH), (byte) => ALPHABET[byte % ALPHABET.length]).join("");
}
