import { testApp, type TestApp } from "@twinloop/api/testing";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { cleanUp } from "../src/orders/clean-up.ts";
import { get, place } from "../src/orders/endpoints.ts";
import "../src/orders/fulfilment.ts";
import { orders } from "../src/orders/topic.ts";

let app: TestApp;
beforeAll(async () => {
  app = await testApp();
});
afterAll(() => app?.stop());

test("an order is taken at once and fulfilled by the subscription", async () => {
  const { id, status } = await app.call(place, { item: "tea", count: 2 });
  expect(status).toBe(202);
  await app.messages.settled();
  expect(await app.messages.published(orders)).toHaveLength(1);
  expect(await app.call(get, { id })).toMatchObject({ item: "tea", state: "fulfilled" });
});

test("refuses an order of nothing, and says where", async () => {
  const response = await app.request("/orders", { method: "POST", json: { item: "tea", count: 0 } });
  expect(response.status).toBe(400);
  expect(await response.text()).toContain("body.count");
});

test("an unknown order is not found", async () => {
  expect((await app.request("/orders/999999999")).status).toBe(404);
});

test("the clean-up runs when it is asked to", async () => {
  await cleanUp.trigger();
  const last = async (): Promise<unknown> => (await cleanUp.history({ limit: 1 }))[0];
  await vi.waitFor(
    async () => expect(await last()).toMatchObject({ outcome: "succeeded", manual: true }),
    10_000,
  );
});
