import { api, APIError, authHandler, Gateway, getAuthData, jwt, start } from "@twinloop/api";
import type { Header, Sensitive } from "@twinloop/api";
import { secret } from "@twinloop/secrets";
import { SignJWT } from "jose";

const jwtSecret = secret("JwtSecret");
const robotKey = secret("RobotKey");
const [ISSUER, AUDIENCE] = ["notes", "notes-api"];

/** People have a token, which Rust verifies: a stranger costs no JavaScript. */
export const person = jwt({ issuer: ISSUER, audience: AUDIENCE, secret: jwtSecret });

/** Programs have a key, which this function knows. Rust remembers its answer for a minute. */
export const robot = authHandler<{ key: Header<"X-Api-Key"> }, { userID: string }>(
  async ({ key }) => (key === robotKey() ? { userID: "robot" } : null),
  { cache: { ttl: "1m" } },
);

export const gateway = new Gateway({ authHandlers: { person, robot } });

/** Signs in: gives a token for an hour. */
export const signIn = api(
  { expose: true, method: "POST", path: "/sign-in" },
  async ({ user, password }: { user: string; password: Sensitive<string> }): Promise<{ token: string }> => {
    if (password !== "open sesame") throw APIError.unauthenticated("user or password is wrong");
    const token = new SignJWT().setProtectedHeader({ alg: "HS256" }).setSubject(user);
    token.setIssuer(ISSUER).setAudience(AUDIENCE).setExpirationTime("1h");
    return { token: await token.sign(new TextEncoder().encode(jwtSecret())) };
  },
);

/** Says who calls: a person or a program. */
export const me = api(
  { expose: true, auth: true, method: "GET", path: "/me" },
  async (): Promise<{ user: string }> => ({ user: getAuthData<{ userID: string }>()!.userID }),
);

/** Is for programs alone. */
export const statistics = api(
  { expose: true, auth: "robot", method: "GET", path: "/statistics" },
  async (): Promise<{ notes: number }> => ({ notes: 12 }),
);

await start();
