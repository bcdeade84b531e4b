import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { post, type AppProcess } from "./app-process.ts";
import { buildApp } from "./built-app.ts";

const app = `
import { api, authHandler, Gateway, getAuthData, start, type Cookie, type Header } from "@twinloop/api";

let ran = 0;
const gone = new Set<string>();
const forgotten = new Set<string>();
interface Known { userID: string; since: Date; ran: number }
export const session = authHandler<{ sid: Cookie<"sid"> }, Known>(
  async ({ sid }) => {
    ran++;
    while (sid === "slow" && !forgotten.has("other")) await new Promise((resolve) => setTimeout(resolve, 10));
    const userID = sid.split(".")[0]!;
    return gone.has(userID) ? null : { userID, since: new Date(7), ran };
  },
  { cache: { ttl: "1h", max: 1000 } },
);
export const brief = authHandler<{ key: Header<"x-key"> }, { userID: string }>(
  async ({ key }) => (ran++, { userID: key }),
  { cache: { ttl: "1s" } },
);
export const gateway = new Gateway({ authHandlers: { session, brief } });

export const runs = api({ expose: true, method: "GET", path: "/ran" }, async () => ran);
export const me = api({ expose: true, method: "GET", path: "/me", auth: true }, async () => getAuthData<Known>()!);
export const note = api({ expose: true, path: "/note", auth: true }, async ({ text }: { text: string }) => ({ text }));
export const signOut = api({ expose: true, path: "/sign-out" }, async ({ sid }: { sid: string }) => {
  gone.add(sid.split(".")[0]!);
  await session.forget({ sid });
  forgotten.add(sid);
});
export const ban = api({ expose: true, path: "/ban" }, async ({ user }: { user: string }) => {
  gone.add(user);
  await session.forgetUser(user);
});
const running = await start({ banner: false });
console.log("listening " + running.url);
`;

let running: AppProcess;
const undo: (() => void)[] = [];

beforeAll(async () => {
  running = await (await buildApp(app, (step) => undo.push(step))).run();
  if (running.url === "") throw new Error(`the app did not start:\n${running.output()}`);
});

afterAll(() => undo.reverse().forEach((step) => step()));

const ran = async (): Promise<number> => (await (await fetch(`${running.url}/ran`)).json()) as number;
const me = (cookie: string): Promise<Response> => fetch(`${running.url}/me`, { headers: { cookie } });

/** How often auth handlers have run within an action. */
async function runsOf(act: () => Promise<unknown>): Promise<number> {
  const before = await ran();
  await act();
  return (await ran()) - before;
}

test("a caller is asked about once, and the data stays typed", async () => {
  const first = await (await me("sid=ann")).json();
  expect(await runsOf(async () => expect(await (await me("sid=ann")).json()).toEqual(first))).toBe(0);
  expect(first).toMatchObject({ userID: "ann", since: "1970-01-01T00:00:00.007Z" });
});

test("a cached caller's malformed request costs no JavaScript", async () => {
  await me("sid=bob");
  const headers = { cookie: "sid=bob", "content-type": "application/json" };
  const send = (): Promise<Response> => fetch(`${running.url}/note`, { method: "POST", headers, body: "{}" });
  expect(await runsOf(async () => expect((await send()).status).toBe(400))).toBe(0);
});

test("other credentials are not known, however much they look alike", async () => {
  await me("sid=carl");
  for (const sid of ["carl ", "Carl", "carl%00", "carl.", "arl"])
    expect(await runsOf(() => me(`sid=${sid}`))).toBe(sid === "carl " ? 0 : 1);
});

test("failures are not kept", async () => {
  await post(`${running.url}/ban`, { user: "dora" });
  expect(await runsOf(() => me("sid=dora"))).toBe(1);
  expect(await runsOf(async () => expect((await me("sid=dora")).status).toBe(401))).toBe(1);
});

test("a session that is signed out ends at once", async () => {
  expect((await me("sid=emil")).status).toBe(200);
  await post(`${running.url}/sign-out`, { sid: "emil" });
  expect((await me("sid=emil")).status).toBe(401);
});

test("a session whose id is escaped in its cookie is signed out by its id", async () => {
  expect(await (await me("sid=pat%3B%C3%A9")).json()).toMatchObject({ userID: "pat;é" });
  await post(`${running.url}/sign-out`, { sid: "pat;é" });
  expect((await me("sid=pat%3B%C3%A9")).status).toBe(401);
});

test("a session that is signed out while it is asked about is not kept", async () => {
  const before = await ran();
  const asked = me("sid=slow");
  await vi.waitFor(async () => expect(await ran()).toBe(before + 1));
  await post(`${running.url}/sign-out`, { sid: "other" });
  expect((await asked).status).toBe(200);
  expect(await runsOf(() => me("sid=slow"))).toBe(1);
});

test("all sessions of a user end together", async () => {
  for (const sid of ["fay.1", "fay.2", "gil.1"]) await me(`sid=${sid}`);
  await post(`${running.url}/ban`, { user: "fay" });
  expect([(await me("sid=fay.1")).status, (await me("sid=fay.2")).status]).toEqual([401, 401]);
  expect(await runsOf(() => me("sid=gil.1"))).toBe(0);
});

test("a result ends while the app runs", async () => {
  const ask = (): Promise<Response> => fetch(`${running.url}/me`, { headers: { "x-key": "hal" } });
  await ask();
  await vi.waitFor(async () => expect(await runsOf(ask)).toBe(1), { timeout: 10_000, interval: 200 });
});
