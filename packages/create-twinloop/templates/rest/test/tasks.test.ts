import { stop } from "@twinloop/api";
import { afterAll, expect, test } from "vitest";
import { app } from "../src/app.ts";

afterAll(() => stop());

function call(method: string, path: string, body?: unknown): Promise<Response> {
  const json = { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  return fetch(new URL(path, app.url), { method, ...(body === undefined ? {} : json) });
}

test("a task is added, found, done and removed", async () => {
  const added = await call("POST", "/tasks", { title: "water the plants" });
  expect(added.status).toBe(201);
  const task = (await added.json()) as { id: number };
  expect(task).toMatchObject({ title: "water the plants", done: false });

  expect(await (await call("PATCH", `/tasks/${task.id}`, { done: true })).json()).toMatchObject({
    done: true,
  });
  expect(await (await call("GET", `/tasks/${task.id}`)).json()).toMatchObject({ ...task, done: true });
  expect(await (await call("GET", "/tasks")).json()).toMatchObject({
    tasks: expect.arrayContaining([expect.objectContaining({ id: task.id })]),
  });

  expect((await call("DELETE", `/tasks/${task.id}`)).status).toBe(204);
  expect((await call("GET", `/tasks/${task.id}`)).status).toBe(404);
});

test("refuses a task without a title, and says where", async () => {
  const response = await call("POST", "/tasks", { title: "" });
  expect(response.status).toBe(400);
  expect(await response.text()).toContain("body.title");
});

test("refuses a number that is none", async () => {
  expect((await call("GET", "/tasks/first")).status).toBe(400);
});
