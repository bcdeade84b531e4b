import { testApp, type TestApp } from "@twinloop/api/testing"; // above the app's own modules
import { afterAll, beforeAll, expect, test } from "vitest";
import { counts, greet, leave, visits } from "../app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await testApp({ env: { Greeting: "Good day" } });
});
afterAll(() => app?.stop());

test("a visitor is greeted and counted", async () => {
  expect(await app.call(greet, { name: "ada" })).toEqual({ text: "Good day, ada!" });
  await app.messages.settled();
  expect(counts.get("ada")).toBe(1);
  expect(await app.messages.published(visits)).toHaveLength(1);
});

test("a name that is too long is refused by the edge, with its place", async () => {
  const response = await app.request(`/visitors/${"a".repeat(41)}`);
  expect(response.status).toBe(400);
  expect(await response.text()).toContain("path.name");
});

test("who leaves is counted an hour later, which takes no time here", async () => {
  await app.call(leave, { name: "bob" });
  await app.messages.settled();
  expect(counts.has("bob")).toBe(false);
  await app.clock.advance("1h");
  await app.messages.settled();
  expect(counts.get("bob")).toBe(1);
});
