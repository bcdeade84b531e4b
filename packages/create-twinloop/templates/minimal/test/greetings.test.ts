import { testApp, type TestApp } from "@twinloop/api/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { greet } from "../src/greetings/endpoints.ts";

let app: TestApp;
beforeAll(async () => {
  app = await testApp();
});
afterAll(() => app?.stop());

test("greets by name", async () => {
  expect(await app.call(greet, { name: "you", times: 2 })).toEqual({ text: "Hello, you! Hello, you!" });
});

test("refuses a number that is out of bounds, and says where", async () => {
  const response = await app.request("/greetings/you?times=100");
  expect(response.status).toBe(400);
  expect(await response.text()).toContain("query.times");
});
