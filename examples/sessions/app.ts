import { createHash, randomBytes } from "node:crypto";
import { api, APIError, appMeta, authHandler, Gateway, getAuthData, start } from "@twinloop/api";
import type { Cookie, MaxLen, Sensitive, SetCookie } from "@twinloop/api";
import { SQLDatabase } from "@twinloop/sqldb";

const db = new SQLDatabase("sessions", { migrations: "./migrations" });
const DAY_SECONDS = 86_400;

/** The database keeps a digest of the key alone: whoever reads the table cannot sign in with it. */
const digest = (key: string): Buffer => createHash("sha256").update(key).digest();

/** Finds who has the session of a cookie. Rust remembers the answer for ten seconds. */
export const session = authHandler<{ session: Cookie<"session"> }, { userID: string }>(
  ({ session: key }) => db.queryRow<{ userID: string }>`
    select user_id as "userID" from session where key = ${digest(key)} and expires_at > now()`,
  { cache: { ttl: "10s" } },
);

export const gateway = new Gateway({ authHandler: session });

/** Signs in: opens a session in the database, and puts its key into a cookie that no script can read. */
export const signIn = api(
  { expose: true, method: "POST", path: "/sign-in" },
  async ({ user, password }: Credentials): Promise<{ session: SetCookie<"session"> }> => {
    if (password !== "open sesame") throw APIError.unauthenticated("user or password is wrong");
    const key = randomBytes(32).toString("base64url");
    await db.exec`insert into session (key, user_id, expires_at)
      values (${digest(key)}, ${user}, now() + make_interval(secs => ${DAY_SECONDS}))`;
    return { session: cookie(key, DAY_SECONDS) };
  },
);

interface Credentials {
  user: string & MaxLen<60>;
  password: Sensitive<string & MaxLen<200>>;
}

/** Signs out: the session ends in the database, in Rust's memory and in the browser. */
export const signOut = api(
  { expose: true, auth: true, method: "POST", path: "/sign-out" },
  async ({ session: key }: { session: Cookie<"session"> }): Promise<{ session: SetCookie<"session"> }> => {
    await db.exec`delete from session where key = ${digest(key)}`;
    await session.forget({ session: key });
    return { session: cookie("", 0) };
  },
);

/** Says who is signed in. */
export const me = api(
  { expose: true, auth: true, method: "GET", path: "/me" },
  async (): Promise<{ user: string }> => ({ user: getAuthData<{ userID: string }>()!.userID }),
);

function cookie(value: string, maxAge: number): SetCookie<"session"> {
  const secure = appMeta().environment.type === "production";
  return { value, maxAge, secure, httpOnly: true, sameSite: "Lax", path: "/" };
}

await start();
