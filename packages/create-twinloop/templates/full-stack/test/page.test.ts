import { stop } from "@twinloop/api";
import { afterAll, expect, test } from "vitest";
import { app } from "../src/app.ts";

afterAll(() => stop());

test("the page and its script are served", async () => {
  const page = await fetch(new URL("/", app.url));
  expect(page.headers.get("content-type")).toContain("text/html");
  const [, script] = /<script type="module" src="([^"]+)"/.exec(await page.text())!;
  const served = await fetch(new URL(script!, app.url));
  expect(served.headers.get("content-type")).toContain("javascript");
  expect(served.status).toBe(200);
});

test("paths beside the page are not found", async () => {
  expect((await fetch(new URL("/package.json", app.url))).status).toBe(404);
});
