import { createHash, timingSafeEqual } from "node:crypto";
import {
  api,
  APIError,
  appMeta,
  Gateway,
  HttpStatus,
  type Cookie,
  type Form,
  type Header,
  type MaxLen,
  type Sensitive,
  type SetCookie,
} from "@twinloop/api";
import { authHandler } from "@twinloop/api/auth";
import { secret } from "@twinloop/secrets";
import { closeSession, findUser, openSession, SESSION_SECONDS } from "./session-store.ts";

/** The password of the admin page, from `ADMIN_PASSWORD`. `.env` has one for development. */
const adminPassword = secret("AdminPassword");

/** The person who is signed in. */
export interface Person {
  userID: string;
}

/** Finds who calls, by the session's cookie. Rust remembers the answer for ten seconds. */
export const session = authHandler<{ session: Cookie<"session"> }, Person>(
  async ({ session: key }) => {
    const userID = await findUser(key);
    if (userID === null) throw APIError.unauthenticated("the session has ended: sign in again");
    return { userID };
  },
  { cache: { ttl: "10s" } },
);

/** The door to every endpoint with `auth: true`. */
export const gateway = new Gateway({ authHandler: session });

interface Credentials {
  user: string & MaxLen<60>;
  password: Sensitive<string & MaxLen<200>>;
}

interface SignedIn {
  status: HttpStatus;
  location: Header<"Location">;
  session?: SetCookie<"session">;
}

const COOKIE = { httpOnly: true, sameSite: "Lax", path: "/" } as const;

/** Signs in by the form of the admin page, which is shown again where the password is wrong. */
export const signIn = api(
  { expose: true, method: "POST", path: "/sign-in" },
  async ({ user, password }: Form<Credentials>): Promise<SignedIn> => {
    if (!isRight(password)) return { status: HttpStatus.SeeOther, location: "/admin.html#wrong-password" };
    const value = await openSession(user === "" ? "admin" : user);
    const secure = appMeta().environment.type === "production";
    return {
      status: HttpStatus.SeeOther,
      location: "/admin.html",
      session: { value, maxAge: SESSION_SECONDS, secure, ...COOKIE },
    };
  },
);

/** Signs out: ends the session here and in the database, and removes the cookie. */
export const signOut = api(
  { expose: true, auth: true, method: "POST", path: "/sign-out" },
  async ({ session: key }: { session: Cookie<"session"> }): Promise<SignedIn> => {
    await closeSession(key);
    await session.forget({ session: key });
    return {
      status: HttpStatus.SeeOther,
      location: "/admin.html",
      session: { value: "", maxAge: 0, ...COOKIE },
    };
  },
);

/** Compares in a time that tells nothing of the password. */
function isRight(password: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(password), digest(adminPassword()));
}
