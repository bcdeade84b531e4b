/** Sessions in PostgreSQL: the cookie holds an id that nobody can make up, the table says whose it is and until when. */
import { randomUUID } from "node:crypto";
import { api, APIError, redirect, start, type Form, type Redirect, type SignedCookie } from "@twinloop/api";
import { secret } from "@twinloop/secrets";
import { SQLDatabase } from "@twinloop/sqldb";

type Session = SignedCookie<string, "session">;
const SECONDS = 30 * 86_400;
const db = new SQLDatabase("sessions", {});
const cookieSecret = secret("CookieSecret");

export const signIn = api(
  { expose: true, method: "POST", path: "/sign-in" },
  async ({
    user,
    password,
  }: Form<{ user: string; password: string }>): Promise<{ session: Session; to: Redirect }> => {
    if (password !== `secret of ${user}`) throw APIError.unauthenticated("no user has this password");
    const id = randomUUID();
    await db.exec`insert into sessions (id, name, ends) values (${id}, ${user}, now() + make_interval(secs => ${SECONDS}))`;
    return { session: { value: id, maxAge: SECONDS }, to: redirect("/me", 303) };
  },
);

export const me = api(
  { expose: true, method: "GET", path: "/me" },
  async ({ session }: { session?: Session }): Promise<{ name: string }> => {
    const row = await db.queryRow<{
      name: string;
    }>`select name from sessions where id = ${session?.value ?? null} and ends > now()`;
    if (row === null) throw APIError.unauthenticated("sign in first");
    return row;
  },
);

export const signOut = api(
  { expose: true, method: "POST", path: "/sign-out" },
  async ({ session }: { session?: Session }): Promise<void> => {
    await db.exec`delete from sessions where id = ${session?.value ?? null}`;
  },
);

if (process.argv[1] === import.meta.filename) {
  await db.exec`create table if not exists sessions (id text primary key, name text not null, ends timestamptz not null)`;
  const app = await start({ banner: false, cookieSecrets: [cookieSecret] });
  console.log(`listening ${app.url}`);
}
