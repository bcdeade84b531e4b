import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { AppProcess } from "./app-process.ts";
import { buildApp, type BuiltApp } from "./built-app.ts";
import { hashOf, signCall } from "../src/remote/service-secret.ts";
import { CALL_FOLDER } from "../src/remote/signed-call.ts";
import { writeValue } from "../src/remote/wire-value.ts";

const SECRET = "a secret of at least thirty-two bytes";
const OTHER = "another secret of thirty-two bytes or more";

const FILES = {
  "users/encore.service.ts": `import { Service } from "@twinloop/api"; export default new Service("users");`,
  "users/users.ts": `
import { api, currentRequest, getAuthData, TextBody, type Context, type Form, type Multipart, type SignedCookie, type UploadedFile } from "@twinloop/api";
export const hidden = api({ method: "PUT", path: "/hidden" }, async ({ n }: { n: number }) => ({ n: n + 1 }));
export const form = api({ path: "/form" }, async (given: Form<{ n: number; at: Date; tags: string[]; note?: string }>) => ({ n: given.n, isDate: given.at instanceof Date, tags: given.tags, names: Object.keys(given).sort() }));
export const upload = api({ path: "/upload" }, async ({ title, file }: Multipart<{ title: string; file: UploadedFile }>) => ({ title, size: file.size }));
export const write = api({ path: "/write/:id" }, async ({ id, text }: { id: number; text: TextBody }) => new TextBody(id + text.text, "text/markdown", { status: 201 }));
export const sealed = api({ path: "/sealed" }, async ({ session, n }: { session: SignedCookie<{ user: string; at: Date }> | null; n: number }): Promise<{ session: SignedCookie<string>; n: number }> => ({ session: { value: session === null ? "nobody" : session.value.user + session.value.at.getTime(), maxAge: 60 }, n }));
const unnamed = api({ method: "GET", path: "/un/named/:id" }, async ({ id }: { id: string }) => ({ id }));
export const callUnnamed = () => unnamed({ id: "a/b" });
export const ended: string[] = [];
export const silent = api.sse({ path: "/silent" }, async function* (_: void, ctx: Context) {
  try { yield { data: 1 }; await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve)); }
  finally { ended.push(String((ctx.signal.reason as Error)?.message)); }
});
export const deaf = api.sse({ path: "/deaf" }, async function* () { yield { data: 1 }; await new Promise(() => {}); });
export const endings = api({ expose: true, method: "GET", path: "/endings" }, async () => ended);
`,
  "app.ts": `
import { api, APIError, middleware, start, TextBody, UploadedFile } from "@twinloop/api";
import "./users/encore.service.js";
import * as users from "./users/users.js";
const follow = async (events: AsyncIterable<unknown>) => { let got = 0; for await (const _ of events) got++; return got; };
const calls: Record<string, () => Promise<unknown>> = {
  hidden: () => users.hidden({ n: 1 }),
  form: () => users.form({ n: 5, at: new Date(0), tags: ["a"], more: 1 } as never),
  unnamed: () => users.callUnnamed(),
  "bad form": () => users.form({ n: "x" as never, at: new Date(0), tags: [] }),
  upload: () => users.upload({ title: "t", file: new UploadedFile(new Uint8Array(3)) }),
  "bad upload": () => users.upload({ title: "t", file: "x" as never }),
  "bad title": () => users.upload({ title: 1 as never, file: new UploadedFile(new Uint8Array(3)) }),
  write: async () => { const { text, status, type } = await users.write({ id: 7, text: new TextBody("a") }); return { text, status, type }; },
  "bad write": () => users.write({ id: 7, text: "a" as never }),
  "bad id": () => users.write({ id: "x" as never, text: new TextBody("a") }),
  sealed: () => users.sealed({ session: { value: { user: "u", at: new Date(5) }, path: "/" }, n: 1 }),
  "no session": () => users.sealed({ session: null, n: 1 }),
  "bad session": () => users.sealed({ session: { value: { user: 1 as never, at: new Date(5) } }, n: 1 }),
  "bad n": () => users.sealed({ session: null, n: "x" as never }),
  silent: () => follow(users.silent(undefined, { signal: AbortSignal.timeout(100) })),
  deaf: () => follow(users.deaf(undefined, { signal: AbortSignal.timeout(100) })),
};
export const run = api({ expose: true, method: "GET", path: "/run/:name" }, async ({ name }: { name: string }): Promise<unknown> => {
  try { return { value: await calls[name]!() }; } catch (error) {
    return { error: error instanceof APIError ? { code: error.code, message: error.message } : String(error) };
  }
});
const aroundRaw = middleware({ target: { isRaw: true } }, () => { throw new Error("the app has no raw endpoint"); });
const { url } = await start({ banner: false, middlewares: [aroundRaw] });
console.log("listening " + url);
`,
};

const undo: (() => void)[] = [];
afterAll(() => undo.reverse().forEach((step) => step()));

let built: BuiltApp;
beforeAll(async () => {
  built = await buildApp(FILES, (step) => undo.push(step));
});

const COOKIES = { COOKIE_SECRETS: "a cookie secret of at least 32 bytes" };

async function started(env: Readonly<Record<string, string>> = {}): Promise<AppProcess> {
  const app = await built.run({ ...COOKIES, ...env });
  if (app.url === "") throw new Error(`the app did not start:\n${app.output()}`);
  return app;
}

const ask = async (app: AppProcess, name: string): Promise<unknown> =>
  (await fetch(`${app.url}/run/${name}`)).json();

const refused = (at: string): object => ({
  error: { code: "invalid_argument", message: expect.stringContaining(`${at}: expected`) as string },
});

const CASES: readonly (readonly [string, unknown])[] = [
  ["hidden", { value: { n: 2 } }],
  ["unnamed", { value: { id: "a/b" } }],
  ["form", { value: { n: 5, isDate: true, tags: ["a"], names: ["at", "n", "tags"] } }],
  ["bad form", refused("body.n")],
  ["bad upload", refused("file.file")],
  ["bad title", refused("body.title")],
  ["write", { value: { text: "7a", status: 201, type: "text/markdown" } }],
  ["bad write", refused("body")],
  ["bad id", refused("path.id")],
  ["sealed", { value: { session: { value: "u5", maxAge: 60 }, n: 1 } }],
  ["no session", { value: { session: { value: "nobody", maxAge: 60 }, n: 1 } }],
  ["bad session", refused("cookie.session.value.user")],
  ["bad n", refused("body.n")],
  ["silent", { error: { code: "canceled", message: "the caller canceled the call" } }],
  ["deaf", { error: { code: "canceled", message: "the caller canceled the call" } }],
];

describe("what no JSON carries, and events that are given up", () => {
  test("in one process", { timeout: 30_000 }, async () => {
    const app = await started();
    for (const [name, expected] of CASES) expect(await ask(app, name), name).toEqual(expected);
    expect(await ask(app, "upload")).toEqual({ value: { title: "t", size: 3 } });
    await vi.waitFor(async () =>
      expect(await (await fetch(`${app.url}/endings`)).json()).toEqual(["the caller canceled the call"]),
    );
  });

  test("in two processes", { timeout: 30_000 }, async () => {
    const callee = await started({ SERVICE_AUTH_SECRET: SECRET });
    const caller = await started({ SERVICE_AUTH_SECRET: SECRET, SERVICE_USERS_URL: callee.url });
    for (const [name, expected] of CASES) expect(await ask(caller, name), name).toEqual(expected);
    expect(await ask(caller, "upload")).toMatchObject({ error: { code: "unimplemented" } });
    await vi.waitFor(async () =>
      expect(await (await fetch(`${callee.url}/endings`)).json()).toEqual(["the caller disconnected"]),
    );
  });
});

describe("the secret", () => {
  test("is replaced without a break: the newest signs, each verifies", async () => {
    const callee = await started({ SERVICE_AUTH_SECRET: `${OTHER},${SECRET}` });
    for (const secret of [SECRET, OTHER]) {
      const caller = await started({ SERVICE_AUTH_SECRET: secret, SERVICE_USERS_URL: callee.url });
      expect(await ask(caller, "hidden")).toEqual({ value: { n: 2 } });
    }
  });

  test.each([
    ["another one", { SERVICE_AUTH_SECRET: OTHER }, "internal", /compare SERVICE_AUTH_SECRET and the clocks/],
    ["none", {}, "unimplemented", /users answered 404/],
  ])("of a callee that has %s lets no call in, and the log says why", async (_, env, code, log) => {
    const callee = await started(env as Record<string, string>);
    const caller = await started({ SERVICE_AUTH_SECRET: SECRET, SERVICE_USERS_URL: callee.url });
    expect(await ask(caller, "hidden")).toMatchObject({ error: { code } });
    await vi.waitFor(() => expect(caller.output()).toMatch(log));
    expect(caller.output() + callee.output()).not.toMatch(/a secret of|another secret/);
  });

  test("a call without the token, or with that of another call, is refused", async () => {
    const { url } = await started({ SERVICE_AUTH_SECRET: SECRET });
    const path = `${CALL_FOLDER}users.hidden`;
    const body = writeValue({ request: { n: 1 }, auth: null });
    const send = async (token: string | undefined, sent = body, to = path): Promise<[number, string]> => {
      const headers = token === undefined ? undefined : { "twinloop-call-token": token };
      const answer = await fetch(url + to, { method: "POST", body: sent, ...(headers && { headers }) });
      return [answer.status, await answer.text()];
    };
    const token = signCall({ app: "built", path, body }, SECRET);
    expect(await send(token)).toEqual([200, '{"value":{"n":2}}']);
    const old = signCall({ app: "built", path, body }, SECRET, Date.now() - 120_000);
    const forged = signCall({ app: "built", path, body }, OTHER);
    for (const bad of [undefined, "", old, forged, token.slice(0, -2), ofOtherPurpose(path, body)])
      expect((await send(bad))[0], bad).toBe(401);
    expect(await send(token, writeValue({ request: { n: 5 }, auth: null }))).toMatchObject({ 0: 401 });
    expect(await send(token, body, `${CALL_FOLDER}users.form`)).toMatchObject({ 0: 401 });
    const unknown = `${CALL_FOLDER}users.nobody`;
    expect(await send(signCall({ app: "built", path: unknown, body }, SECRET), body, unknown)).toMatchObject({
      0: 501,
    });
    expect((await fetch(url + path)).status).toBe(405);
  });
});

/** A token that the same secret has signed for something else. */
function ofOtherPurpose(path: string, body: string): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = { iss: "shop", aud: "web", sub: "u", exp: Date.now() / 1000 + 60, path, hash: hashOf(body) };
  const signed = `${part({ alg: "HS256" })}.${part(claims)}`;
  return `${signed}.${createHmac("sha256", SECRET).update(signed).digest("base64url")}`;
}

test.each([
  [
    { SERVICE_USER_URL: "http://users" },
    /SERVICE_USER_URL names no service of the app/,
    /SERVICE_USERS_URL \(users\)/,
  ],
  [{ SERVICE_USERS_URL: "users:4000" }, /SERVICE_USERS_URL has the scheme users/, /http or https URL/],
  [
    { SERVICE_USERS_URL: "http://users" },
    /SERVICE_USERS_URL is set without SERVICE_AUTH_SECRET, and calls cannot reach users\.hidden at \S+users\.js:2, .* and 5 more: not exposed/,
    /openssl rand -base64 32/,
  ],
  [
    { SERVICE_AUTH_SECRET: "short canary" },
    /SERVICE_AUTH_SECRET\[0\] has fewer than 32 bytes/,
    /openssl rand/,
  ],
])("an app does not start with %j", async (env, message, hint) => {
  const app = await built.run({ ...COOKIES, ...env } as Record<string, string>);
  expect(app.url).toBe("");
  expect(app.output()).toMatch(message);
  expect(app.output()).toMatch(hint);
  expect(app.output()).not.toContain("canary");
});

test("a service that is down is a service that cannot be reached", async () => {
  const gone = await started();
  gone.child.kill("SIGKILL");
  await gone.ended;
  const caller = await started({ SERVICE_AUTH_SECRET: SECRET, SERVICE_USERS_URL: gone.url });
  expect(await ask(caller, "hidden")).toEqual({
    error: { code: "unavailable", message: "the service users cannot be reached: try again later" },
  });
  expect(caller.output()).toContain("ECONNREFUSED");
});
