import { betterAuth } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";
import { toNodeHandler } from "better-auth/node";
import { bearer } from "better-auth/plugins/bearer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { api, start, stop } from "../dist/index.js";

// Better Auth in fetch style and by its handler for Node, with its tables in memory.

const ORIGIN = "https://app.test";

function makeAuth(basePath: string) {
  const mails: string[] = [];
  const tables = { user: [], session: [], account: [], verification: [] };
  const auth = betterAuth({
    secret: "a secret of thirty-two bytes, or more",
    baseURL: "http://localhost",
    basePath,
    trustedOrigins: [ORIGIN],
    database: memoryAdapter(tables),
    emailAndPassword: {
      enabled: true,
      sendResetPassword: async ({ url }) => void mails.push(url),
    },
    session: { cookieCache: { enabled: true } },
    // Better Auth checks no origins where NODE_ENV is "test".
    advanced: { disableOriginCheck: false, disableCSRFCheck: false },
    rateLimit: { enabled: false },
    plugins: [bearer()],
    logger: { disabled: true },
  });
  return { auth, mails };
}

const byFetch = makeAuth("/fetch/auth");
const byNode = makeAuth("/node/auth");
let url = "";

beforeAll(async () => {
  api.raw({ expose: true, method: "*", path: "/fetch/auth/!rest" }, byFetch.auth.handler);
  api.raw({ expose: true, method: "*", path: "/node/auth/!rest" }, toNodeHandler(byNode.auth));
  // What the rest of an app does: it asks whose session a request has.
  api.raw({ expose: true, method: "GET", path: "/me" }, async (request: Request) => {
    const session = await byFetch.auth.api.getSession({ headers: request.headers });
    return Response.json(session?.user.email ?? null, { status: session ? 200 : 401 });
  });
  url = (await start({ port: 0, signals: false, banner: false })).url!;
});

afterAll(() => stop());

describe.each([
  ["/fetch/auth", byFetch],
  ["/node/auth", byNode],
])("Better Auth under %s", (prefix, { mails }) => {
  const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(url + prefix + path, { headers, redirect: "manual" });
  const post = (path: string, body: object, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(url + prefix + path, {
      method: "POST",
      headers: { "content-type": "application/json", origin: ORIGIN, ...headers },
      body: JSON.stringify(body),
    });
  const ada = { email: "ada@a.test", password: "correct horse", name: "Ada" };
  const cookieOf = (response: Response): string =>
    response.headers
      .getSetCookie()
      .map((one) => one.split(";")[0])
      .join("; ");

  test("signs up, knows the session by its cookies, and signs out", async () => {
    const up = await post("/sign-up/email", ada);
    expect([up.status, await up.json()]).toMatchObject([200, { user: { email: ada.email } }]);
    expect(up.headers.getSetCookie().length).toBeGreaterThan(1);
    const cookie = cookieOf(up);
    expect(await (await get("/get-session", { cookie })).json()).toMatchObject({ user: { name: "Ada" } });
    const out = await post("/sign-out", {}, { cookie });
    expect(out.headers.getSetCookie().join()).toContain("Max-Age=0");
    expect(await (await get("/get-session")).json()).toBeNull();
  });

  test("refuses a wrong password, a taken address and a bad body in its own words", async () => {
    const wrong = await post("/sign-in/email", { ...ada, password: "wrong" });
    expect([wrong.status, await wrong.json()]).toMatchObject([401, { code: "INVALID_EMAIL_OR_PASSWORD" }]);
    expect((await post("/sign-up/email", ada)).status).toBe(422);
    expect((await post("/sign-in/email", { email: 1 })).status).toBe(400);
    expect((await get("/nowhere")).status).toBe(404);
  });

  test("keeps other origins out", async () => {
    const forged = await post("/sign-in/email", ada, { origin: "https://evil.test", cookie: "a=1" });
    expect(forged.status).toBe(403);
  });

  test("signs in by a bearer token", async () => {
    const signedIn = await post("/sign-in/email", ada);
    const token = signedIn.headers.get("set-auth-token")!;
    const session = await get("/get-session", { authorization: `Bearer ${token}` });
    expect(await session.json()).toMatchObject({ user: { email: ada.email } });
  });

  test("follows the way of a lost password", async () => {
    expect((await post("/request-password-reset", { email: ada.email, redirectTo: ORIGIN })).status).toBe(
      200,
    );
    await expect.poll(() => mails).toHaveLength(1);
    const { pathname, search } = new URL(mails[0]!);
    const back = await fetch(url + pathname + search, { redirect: "manual" });
    expect(back.status).toBe(302);
    const token = new URL(back.headers.get("location")!).searchParams.get("token")!;
    expect((await post("/reset-password", { newPassword: "battery staple", token })).status).toBe(200);
    expect((await post("/sign-in/email", ada)).status).toBe(401);
    expect((await post("/sign-in/email", { ...ada, password: "battery staple" })).status).toBe(200);
  });
});

test("another endpoint of the app asks for the session", async () => {
  const made = await fetch(`${url}/fetch/auth/sign-up/email`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: ORIGIN },
    body: JSON.stringify({ email: "grace@a.test", password: "correct horse", name: "Grace" }),
  });
  const cookie = made.headers
    .getSetCookie()
    .map((one) => one.split(";")[0])
    .join("; ");
  const me = await fetch(`${url}/me`, { headers: { cookie } });
  expect([me.status, await me.json()]).toEqual([200, "grace@a.test"]);
  expect((await fetch(`${url}/me`)).status).toBe(401);
});
