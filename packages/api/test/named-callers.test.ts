import { afterAll, describe, beforeAll, expect, test } from "vitest";
import type { AppProcess } from "./app-process.ts";
import { buildApp } from "./built-app.ts";

const FILES = {
  "users/encore.service.ts": `import { Service } from "@twinloop/api"; export default new Service("users");`,
  "users/users.ts": `
import { api, getAuthData } from "@twinloop/api";
export const bySession = api({ path: "/by-session", auth: "session" }, async () => getAuthData()!.userID);
export const byAny = api({ path: "/by-any", auth: true }, async () => getAuthData()!.userID);
export const open = api({ path: "/open" }, async (): Promise<string | null> => getAuthData()?.userID ?? null);
export const nested = api({ path: "/nested", auth: true }, async () => bySession());
`,
  "app.ts": `
import { api, APIError, authHandler, Gateway, start, type CallOpts, type Cookie, type Header } from "@twinloop/api";
import "./users/encore.service.js";
import * as users from "./users/users.js";
export const session = authHandler<{ sid: Cookie<"sid"> }, { userID: string }>(async ({ sid }) => ({ userID: sid }));
export const key = authHandler<{ key: Header<"x-key"> }, { userID: string }>(async ({ key }) => ({ userID: key }));
export const gateway = new Gateway({ authHandlers: { session, key } });
const given: Record<string, CallOpts | undefined> = {
  inherited: undefined,
  unnamed: { authData: { userID: "given" } },
  named: { authData: { userID: "given" }, authHandler: "session" },
  other: { authData: { userID: "given" }, authHandler: "key" },
  nobody: { authData: null },
  orphan: { authHandler: "session" },
  unknown: { authdata: null } as never,
};
export const run = api({ expose: true, method: "GET", path: "/run/:callee/:how" }, async ({ callee, how }: { callee: "bySession" | "byAny" | "open" | "nested"; how: string }): Promise<unknown> => {
  try { return await users[callee](undefined, given[how]); } catch (error) { return (error as APIError).code + ": " + (error as APIError).message; }
});
const { url } = await start({ banner: false });
console.log("listening " + url);
`,
};

const SECRET = { SERVICE_AUTH_SECRET: "a secret of at least thirty-two bytes" };
const undo: (() => void)[] = [];
afterAll(() => undo.reverse().forEach((step) => step()));

const SESSION = { cookie: "sid=ann" };
const KEY = { "x-key": "bob" };
const ADMITS = "unauthenticated: the endpoint lets in callers whom session knows, and ";

describe.each(["one process", "two processes"])("the caller of a call, in %s", (kind) => {
  let app: AppProcess;
  beforeAll(async () => {
    const built = await buildApp(FILES, (step) => undo.push(step));
    app = await built.run(SECRET);
    if (kind === "two processes") app = await built.run({ ...SECRET, SERVICE_USERS_URL: app.url });
    if (app.url === "") throw new Error(`the app did not start:\n${app.output()}`);
  });

  test.each([
    ["bySession/inherited", SESSION, "ann"],
    ["bySession/inherited", KEY, `${ADMITS}the caller is known by key`],
    ["byAny/inherited", KEY, "bob"],
    ["nested/inherited", SESSION, "ann"],
    ["nested/inherited", KEY, `${ADMITS}the caller is known by key`],
    ["bySession/unnamed", {}, `${ADMITS}the call has auth data without \`authHandler\``],
    ["bySession/named", {}, "given"],
    ["bySession/named", KEY, "given"],
    ["bySession/other", SESSION, `${ADMITS}the caller is known by key`],
    ["byAny/unnamed", {}, "given"],
    ["open/inherited", SESSION, "ann"],
    ["open/inherited", {}, null],
    ["open/nobody", SESSION, null],
    [
      "byAny/nobody",
      SESSION,
      "unauthenticated: the endpoint needs a known caller, and the call has no auth data",
    ],
    ["open/orphan", SESSION, /^invalid_argument: the second argument of a call/],
    ["open/unknown", SESSION, /^invalid_argument: the second argument of a call/],
  ] as const)("%s with %j", async (path, headers, expected) => {
    const answer = (await (await fetch(`${app.url}/run/${path}`, { headers })).json()) as unknown;
    if (expected instanceof RegExp) expect(answer).toMatch(expected);
    else expect(answer).toBe(expected);
  });
});
