import { testApp, type TestApp } from "@twinloop/api/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import "../src/app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await testApp();
});
afterAll(() => app?.stop());

test("the page and its script are served", async () => {
  const page = await app.request("/");
  expect(page.headers.get("content-type")).toContain("text/html");
  const [, script] = /<script type="module" src="([^"]+)"/.exec(await page.text())!;
  const served = await app.request(new URL(script!, "http://localhost/").pathname);
  expect(served.headers.get("content-type")).toContain("javascript");
  expect(served.status).toBe(200);
});

test("paths beside the page are not found", async () => {
  expect((await app.request("/package.json")).status).toBe(404);
});
