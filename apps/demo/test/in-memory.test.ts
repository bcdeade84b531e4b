import { testApp, type TestApp } from "@twinloop/api/testing";
import { UploadedFile } from "@twinloop/api";
import { afterAll, beforeAll, expect, test } from "vitest";
import { upload, whoAmI } from "../src/admin.ts";
import { clicks } from "../src/clicks.ts";
import { live } from "../src/live.ts";
import { list, remove, shorten, stats } from "../src/links.ts";
import { rollUp } from "../src/roll-up.ts";
import "../src/sign-in.ts";

let app: TestApp;

beforeAll(async () => {
  app = await testApp({ env: { ADMIN_PASSWORD: "a password of the test" } });
});
afterAll(() => app?.stop());

test("a visit is answered at once and counted when the messages are settled", async () => {
  const made = await app.call(shorten, { url: "https://example.com/in-memory", slug: "in-memory" });
  const visit = await app.request(new URL(made.shortUrl!).pathname);
  expect([visit.status, visit.headers.get("location")]).toEqual([302, "https://example.com/in-memory"]);
  await app.messages.settled();
  expect((await app.call(stats, { slug: "in-memory" })).clicks).toBe(1);
  expect(await app.messages.published(clicks)).toHaveLength(1);
});

test("an open page hears of a count", async () => {
  const { shortUrl } = await app.call(shorten, { url: "https://example.com/heard", slug: "heard" });
  const counts = app.call(live)[Symbol.asyncIterator]();
  const heard = counts.next();
  // The stream listens once its first event is asked for; a count from before would not be told.
  await expect
    .poll(
      async () => {
        await app.request(new URL(shortUrl!).pathname);
        return Promise.race([heard, new Promise((resolve) => setTimeout(resolve, 100, "nothing yet"))]);
      },
      { timeout: 10_000 },
    )
    .toMatchObject({ value: { event: "count", data: { slug: "heard" } } });
  await counts.return?.();
});

test("the test has a database of its own", async () => {
  const before = (await app.call(list, { limit: 100 })).links.map(({ slug }) => slug);
  expect(before.sort()).toEqual(["heard", "in-memory"]);
  expect(await app.call(remove, { slug: "heard" })).toEqual({ status: 204 });
});

test("what does not fit is refused in Rust, with its place", async () => {
  await expect(app.call(shorten, { url: "no address", slug: "A" })).rejects.toMatchObject({
    code: "invalid_argument",
    details: { issues: [{ at: "body.url" }, { at: "body.slug" }] },
  });
});

test("a caller is given, or signs in", async () => {
  await expect(app.call(whoAmI)).rejects.toMatchObject({ code: "unauthenticated" });
  expect(await app.call(whoAmI, undefined, { auth: { userID: "ann" } })).toEqual({ userID: "ann" });
  const form = new URLSearchParams({ user: "bob", password: "a password of the test" });
  const signedIn = await app.request("/sign-in", { method: "POST", body: form });
  const [cookie = ""] = signedIn.headers.getSetCookie();
  const asked = await app.request("/admin/me", { headers: { cookie: cookie.split(";")[0]! } });
  expect(await asked.json()).toEqual({ userID: "bob" });
});

test("a file is uploaded as a browser does it", async () => {
  const file = new UploadedFile(Buffer.from("slug,url\nup-loaded,https://example.com/up\nX,y"), {
    name: "links.csv",
  });
  expect(await app.call(upload, { file }, { auth: { userID: "ann" } })).toEqual({
    added: 1,
    refused: [{ line: 3, why: "a slug is 3 to 32 small letters, digits or hyphens" }],
  });
});

test("a job runs when it is triggered", async () => {
  await rollUp.trigger();
  expect(await rollUp.history({ limit: 1 })).toMatchObject([{ outcome: "succeeded" }]);
});
