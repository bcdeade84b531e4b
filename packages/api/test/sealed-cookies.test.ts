import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { buildApp, type BuiltApp } from "./built-app.ts";
import type { AppProcess } from "./app-process.ts";

const SOURCE = `
import { api, middleware, redirect, start, type EncryptedCookie, type Redirect, type SignedCookie } from "@twinloop/api";
interface Session { user: string; since: Date }
export const signIn = api(
  { expose: true, method: "POST", path: "/sign-in/:user" },
  async ({ user }: { user: string }): Promise<{ session: SignedCookie<Session, "session">; to: Redirect }> => ({
    session: { value: { user, since: new Date(0) }, maxAge: 3600 },
    to: redirect("/", 303),
  }),
);
export const who = api(
  { expose: true, method: "GET", path: "/who" },
  async ({ session }: { session?: SignedCookie<Session, "session"> }) => ({
    user: session?.value.user ?? "nobody",
    isDate: session?.value.since instanceof Date,
  }),
);
export const older = api(
  { expose: true, method: "GET", path: "/older" },
  async ({ session }: { session: SignedCookie<{ name: string }, "session"> | null }) => ({ isNull: session === null }),
);
export const strict = api(
  { expose: true, method: "GET", path: "/strict" },
  async ({ session }: { session: SignedCookie<Session, "session"> }) => session.value.user,
);
export const hide = api(
  { expose: true, method: "POST", path: "/hide" },
  async ({ text }: { text: string }): Promise<{ secret: EncryptedCookie<string> }> => ({
    secret: { value: text, sameSite: "Strict", secure: true },
  }),
);
export const show = api(
  { expose: true, method: "POST", path: "/show" },
  async ({ secret, n }: { secret: EncryptedCookie<string> | null; n: number }) => ({ text: secret?.value ?? null, n }),
);
export const swapped = api(
  { expose: true, method: "GET", path: "/swapped/:how", tags: ["swapped"] },
  async ({ how }: { how: string }): Promise<{ secret: EncryptedCookie<string>; n: number }> => ({ secret: { value: how }, n: 1 }),
);
const swap = middleware({ target: { tags: ["swapped"] } }, async (request, next) => {
  const response = await next(request);
  const { how } = request.requestMeta.payload as { how: "set" | "add" };
  response.header[how]("set-cookie", "own=1");
  return response;
});
const app = await start({ banner: false, middlewares: [swap], ...(process.env["GIVEN"] ? { cookieSecrets: [() => process.env["GIVEN"]!] } : {}) });
console.log("listening " + app.url);
`;

const OLD = "an old secret of more than 32 bytes";
const NEW = "a new secret of more than 32 bytes";

const undo: (() => void)[] = [];
let built: BuiltApp;

beforeAll(async () => {
  built = await buildApp(SOURCE, (step) => undo.push(step));
});

afterAll(() => undo.reverse().forEach((step) => step()));

async function running(secrets: Readonly<Record<string, string>>): Promise<AppProcess> {
  const app = await built.run(secrets);
  if (app.url === "") throw new Error(`the app did not start:\n${app.output()}`);
  return app;
}

async function setBy(answer: Response): Promise<{ readonly pair: string; readonly attributes: string }> {
  await answer.arrayBuffer();
  const [pair = "", ...attributes] = answer.headers.getSetCookie()[0]!.split("; ");
  return { pair, attributes: attributes.join("; ") };
}

async function post(app: AppProcess, path: string, body: object, cookie = ""): Promise<Response> {
  const headers = { "content-type": "application/json", cookie };
  return fetch(app.url + path, { method: "POST", headers, body: JSON.stringify(body), redirect: "manual" });
}

async function get(app: AppProcess, path: string, cookie: string): Promise<unknown> {
  const answer = await fetch(app.url + path, { headers: { cookie } });
  return answer.status === 200
    ? answer.json()
    : { status: answer.status, ...((await answer.json()) as object) };
}

describe("sealed cookies, over a real socket", () => {
  let app: AppProcess;
  let session: string;
  let attributes: string;
  let location: string | null;

  beforeAll(async () => {
    app = await running({ COOKIE_SECRETS: OLD });
    const answer = await fetch(`${app.url}/sign-in/ada`, { method: "POST", redirect: "manual" });
    location = answer.headers.get("location");
    ({ pair: session, attributes } = await setBy(answer));
  });

  test("a signed cookie has safe attributes, beside a redirect", () => {
    expect([location, attributes]).toEqual(["/", "Max-Age=3600; Path=/; SameSite=Lax; HttpOnly"]);
  });

  test("a signed value comes back as its type", async () => {
    expect(await get(app, "/who", session)).toEqual({ user: "ada", isDate: true });
    expect(await get(app, "/who", `a=b; ${session}; c=d`)).toEqual({ user: "ada", isDate: true });
    expect(await get(app, "/strict", session)).toBe("ada");
  });

  test("a touched, foreign or missing one is absent, null or refused, as its field says", async () => {
    const value = session.slice("session=".length);
    const [kind, expiry, , mac] = value.split(".");
    const forged = Buffer.from('{"user":"eve","since":"1970-01-01T00:00:00.000Z"}').toString("base64url");
    const cookies = [
      "",
      "session=",
      "session=x",
      `${session}x`,
      `session=${kind}.${expiry}.${forged}.${mac}`,
      `other=${value}`,
    ];
    for (const cookie of cookies) {
      expect(await get(app, "/who", cookie), cookie).toEqual({ user: "nobody", isDate: false });
      expect(await get(app, "/older", cookie), cookie).toEqual({ isNull: true });
      const refused = await get(app, "/strict", cookie);
      expect(refused, cookie).toMatchObject({ status: 400, details: { issues: [{ at: "cookie.session" }] } });
      if (value.length > 9 && cookie.length > 20) expect(JSON.stringify(refused)).not.toContain(forged);
    }
  });

  test("a value of an older type counts as absent", async () => {
    expect(await get(app, "/older", session)).toEqual({ isNull: true });
  });

  test("an encrypted value shows nothing, beside a JSON body", async () => {
    const { pair, attributes } = await setBy(await post(app, "/hide", { text: "hunter2" }));
    expect(attributes).toBe("Path=/; SameSite=Strict; Secure; HttpOnly");
    expect(Buffer.from(pair.split(".")[1]!, "base64url").toString("latin1")).not.toContain("hunter2");
    expect(await (await post(app, "/show", { n: 1 }, pair)).json()).toEqual({ text: "hunter2", n: 1 });
    expect(await (await post(app, "/show", { n: 1 }, `${pair}x`)).json()).toEqual({ text: null, n: 1 });
    expect(app.output()).not.toContain("hunter2");
  });

  test("a value that browsers would drop is an error of the app", async () => {
    expect((await post(app, "/hide", { text: "x".repeat(4000) })).status).toBe(500);
    const says = "the cookie secret cannot be set: its value is too large for a cookie";
    await vi.waitFor(() => expect(app.output()).toContain(says), { timeout: 5_000 });
  });

  test("secrets can be replaced: the newest seals, the others still open", async () => {
    const both = await running({ COOKIE_SECRETS: `${NEW},${OLD}` });
    expect(await get(both, "/who", session)).toEqual({ user: "ada", isDate: true });
    const { pair } = await setBy(
      await fetch(`${both.url}/sign-in/bob`, { method: "POST", redirect: "manual" }),
    );
    const after = await running({ GIVEN: NEW, WORKERS: "2" });
    expect(await get(after, "/who", pair)).toEqual({ user: "bob", isDate: true });
    expect(await get(after, "/who", session)).toEqual({ user: "nobody", isDate: false });
  });
});

test("an app with sealed cookies does not start without a secret, or with a short one", async () => {
  const none = await built.run();
  expect([none.url, none.output()]).toEqual(["", expect.stringContaining("there is no cookie secret")]);
  const short = await built.run({ COOKIE_SECRETS: "hunter2" });
  expect([short.url, short.output()]).toEqual([
    "",
    expect.stringContaining("COOKIE_SECRETS[0] has fewer than 32 bytes"),
  ]);
  expect(short.output()).not.toContain("hunter2");
});

test("middleware replaces a sealed cookie by the cookies that it sets, and adds others beside it", async () => {
  const { url } = await running({ COOKIE_SECRETS: NEW });
  const cookies = async (how: string): Promise<string[]> =>
    (await fetch(`${url}/swapped/${how}`)).headers.getSetCookie().map((text) => text.split("=")[0]!);
  expect(await cookies("set")).toEqual(["own"]);
  expect((await cookies("add")).toSorted()).toEqual(["own", "secret"]);
});
