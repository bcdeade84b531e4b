import { expect, test, vi } from "vitest";
import { post, run, type AppProcess } from "./app-process.ts";

// Each test starts several isolates, which take their time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

async function who(app: AppProcess, path = "/who"): Promise<number> {
  return ((await (await fetch(app.url + path)).json()) as { worker: number }).worker;
}

/** The isolates that answer a few requests at once. */
async function whoAnswers(app: AppProcess): Promise<number[]> {
  const answers = await Promise.all(Array.from({ length: 60 }, () => who(app)));
  return [...new Set(answers)].sort();
}

/** Ends a worker, whichever takes the request; returns what it was answered. */
async function end(app: AppProcess, how: string): Promise<Response> {
  for (;;) {
    const response = await post(`${app.url}/end`, { how });
    if (response.status !== 200) return response;
    const { worker } = (await response.clone().json()) as { worker: number };
    if (worker !== 0) return response;
  }
}

test("every isolate answers, on one port", async () => {
  const app = await run("workers.mjs", { WORKERS: "3" });
  expect(await whoAnswers(app)).toEqual([0, 1, 2]);
  expect(new Set([...app.output().matchAll(/isolate \d runs at (\S+)/g)].map(([, url]) => url)).size).toBe(1);
});

test("SIGTERM lets each isolate finish and run its hooks, and exits with 0", async () => {
  const app = await run("workers.mjs", { WORKERS: "3" });
  const inFlight = Promise.all(Array.from({ length: 12 }, () => who(app, "/slow")));
  await vi.waitFor(() => expect(app.output().match(/slow begun/g)).toHaveLength(12), { timeout: 20_000 });
  app.child.kill("SIGTERM");
  expect(new Set(await inFlight).size).toBe(3);
  expect(await app.ended, app.output()).toEqual({ code: 0, signal: null });
  expect(
    app
      .output()
      .match(/hook in \d/g)
      ?.sort(),
  ).toEqual(["hook in 0", "hook in 1", "hook in 2"]);
  expect(app.output()).not.toContain("replace a worker");
});

test.each(["exit", "throw", "memory"])("a worker that ends by %s is logged and replaced", async (how) => {
  const app = await run("workers.mjs", { WORKERS: "2" });
  const response = await end(app, how);
  expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);
  await vi.waitFor(async () => expect(await whoAnswers(app)).toEqual([0, 1]), { timeout: 30_000 });
  expect(app.output()).toContain("replace a worker");
  app.child.kill("SIGTERM");
  expect(await app.ended, app.output()).toEqual({ code: 0, signal: null });
});

test("a GET that a worker takes down with it is answered by another isolate", async () => {
  const app = await run("workers.mjs", { WORKERS: "2" });
  await vi.waitFor(async () => {
    const answers = await Promise.all(Array.from({ length: 4 }, () => who(app, "/end-once")));
    expect(answers).toEqual([0, 0, 0, 0]);
    expect(app.output()).toContain("ended with code 4");
  });
});

test("stop() in a worker stops the app", async () => {
  const app = await run("workers.mjs", { WORKERS: "2" });
  const response = await end(app, "stop");
  expect(await response.json()).toEqual({ worker: 1, stopping: true });
  expect(await app.ended, app.output()).toEqual({ code: 0, signal: null });
});

test("process.exit in the main isolate ends all of it with its code", async () => {
  const app = await run("workers.mjs", { WORKERS: "3", EXIT_AFTER_START: "1" });
  expect(await app.ended, app.output()).toEqual({ code: 5, signal: null });
});

test("what keeps a worker from starting is a problem of the app's start", async () => {
  const app = await run("workers.mjs", { WORKERS: "2", FAIL_IN_WORKER: "1" });
  expect((await app.ended).code).toBe(1);
  expect(app.output()).toContain("manifest_missing");
});

test("a worker that declares something else is refused", async () => {
  const app = await run("workers.mjs", { WORKERS: "2", DIFFER_IN_WORKER: "1" });
  expect((await app.ended).code).toBe(1);
  expect(app.output()).toContain("every isolate must listen with the same one");
});

test("a number of workers that is none is refused by name", async () => {
  const app = await run("workers.mjs", { WORKERS: "many" });
  expect((await app.ended).code).toBe(1);
  expect(app.output()).toContain('WORKERS is "many"');
});
