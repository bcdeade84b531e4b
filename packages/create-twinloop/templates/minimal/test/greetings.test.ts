import { stop } from "@twinloop/api";
import { afterAll, expect, test } from "vitest";
import { app } from "../src/app.ts";

afterAll(() => stop());

const get = (path: string): Promise<Response> => fetch(new URL(path, app.url));

test("greets by name", async () => {
  const response = await get("/greetings/you?times=2");
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ text: "Hello, you! Hello, you!" });
});

test("refuses a number that is out of bounds, and says where", async () => {
  const response = await get("/greetings/you?times=100");
  expect(response.status).toBe(400);
  expect(await response.text()).toContain("query.times");
});
