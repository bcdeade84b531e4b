import { stop } from "@twinloop/api";
import { afterAll, expect, test, vi } from "vitest";
import { app } from "../src/app.ts";
import { cleanUp } from "../src/orders/clean-up.ts";

afterAll(() => stop());

function post(path: string, body: unknown): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return fetch(new URL(path, app.url), { method: "POST", headers, body: JSON.stringify(body) });
}

test("an order is taken at once and fulfilled by the subscription", async () => {
  const placed = await post("/orders", { item: "tea", count: 2 });
  expect(placed.status).toBe(202);
  const { id } = (await placed.json()) as { id: number };
  const state = async (): Promise<unknown> => (await fetch(new URL(`/orders/${id}`, app.url))).json();
  await vi.waitFor(
    async () => expect(await state()).toMatchObject({ item: "tea", state: "fulfilled" }),
    10_000,
  );
});

test("refuses an order of nothing, and says where", async () => {
  const response = await post("/orders", { item: "tea", count: 0 });
  expect(response.status).toBe(400);
  expect(await response.text()).toContain("body.count");
});

test("an unknown order is not found", async () => {
  expect((await fetch(new URL("/orders/999999999", app.url))).status).toBe(404);
});

test("the clean-up runs when it is asked to", async () => {
  await cleanUp.trigger();
  const last = async (): Promise<unknown> => (await cleanUp.history({ limit: 1 }))[0];
  await vi.waitFor(
    async () => expect(await last()).toMatchObject({ outcome: "succeeded", manual: true }),
    10_000,
  );
});
