import { createHash, randomBytes } from "node:crypto";
import { db } from "./database.ts";

/** The time for which a session lasts, in seconds. */
export const SESSION_SECONDS = 12 * 60 * 60;

/** Opens a session and returns its key, which only the cookie keeps. */
export async function openSession(userID: string): Promise<string> {
  const key = randomBytes(32).toString("base64url");
  await db.exec`delete from sessions where expires_at < now()`;
  await db.exec`insert into sessions (key, user_id, expires_at)
    values (${digest(key)}, ${userID}, now() + make_interval(secs => ${SESSION_SECONDS}))`;
  return key;
}

/** Finds who the session belongs to; `null` where there is none, or no longer. */
export async function findUser(key: string): Promise<string | null> {
  const row = await db.queryRow<{ user: string }>`
    select user_id as "user" from sessions where key = ${digest(key)} and expires_at > now()`;
  return row?.user ?? null;
}

/** Ends a session. */
export async function closeSession(key: string): Promise<void> {
  await db.exec`delete from sessions where key = ${digest(key)}`;
}

function digest(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}
