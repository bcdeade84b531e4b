import { testApp, type TestApp } from "@twinloop/api/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { add, change, get, list, remove } from "../src/tasks/endpoints.ts";

let app: TestApp;
beforeAll(async () => {
  // Each test file has a database of its own, with all migrations.
  app = await testApp();
});
afterAll(() => app?.stop());

test("a task is added, found, done and removed", async () => {
  const task = await app.call(add, { title: "water the plants" });
  expect(task).toMatchObject({ status: 201, title: "water the plants", done: false });

  expect(await app.call(change, { id: task.id, done: true })).toMatchObject({ done: true });
  expect(await app.call(get, { id: task.id })).toMatchObject({ title: "water the plants", done: true });
  expect((await app.call(list, {})).tasks).toHaveLength(1);

  expect(await app.call(remove, { id: task.id })).toEqual({ status: 204 });
  await expect(app.call(get, { id: task.id })).rejects.toMatchObject({ code: "not_found" });
});

test("refuses a task without a title, and says where", async () => {
  const response = await app.request("/tasks", { method: "POST", json: { title: "" } });
  expect(response.status).toBe(400);
  expect(await response.text()).toContain("body.title");
});

test("refuses a number that is none", async () => {
  expect((await app.request("/tasks/first")).status).toBe(400);
});
