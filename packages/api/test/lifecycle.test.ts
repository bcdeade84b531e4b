import { expect, test } from "vitest";
import { post, run as runFixture, type AppProcess } from "./app-process.ts";

function run(env: Record<string, string> = {}): Promise<AppProcess> {
  return runFixture("app.mjs", env);
}

test("S18: SIGTERM finishes what is in flight and exits with 0", async () => {
  const { child, url, ended } = await run();
  const inFlight = post(`${url}/wait`, 300);
  await new Promise((resolve) => setTimeout(resolve, 100));
  child.kill("SIGTERM");
  expect(await (await inFlight).json()).toBe("waited");
  expect(await ended).toEqual({ code: 0, signal: null });
});

test("after SIGTERM new connections are refused", async () => {
  const { child, url } = await run();
  const inFlight = post(`${url}/wait`, 500);
  await new Promise((resolve) => setTimeout(resolve, 100));
  child.kill("SIGTERM");
  await new Promise((resolve) => setTimeout(resolve, 150));
  await expect(post(`${url}/wait`, 1)).rejects.toThrow();
  expect((await inFlight).status).toBe(200);
});

test("SIGINT ends an idle app, whose client keeps its connection, within seconds", async () => {
  const { child, url, ended } = await run();
  await post(`${url}/wait`, 0);
  const began = Date.now();
  child.kill("SIGINT");
  expect((await ended).code).toBe(0);
  expect(Date.now() - began).toBeLessThan(3000);
});

test("S18: a second signal ends it at once", async () => {
  const { child, url, ended } = await run();
  void post(`${url}/wait`, 60_000).catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, 100));
  child.kill("SIGTERM");
  await new Promise((resolve) => setTimeout(resolve, 100));
  child.kill("SIGTERM");
  expect((await ended).code).toBe(143);
});

test("what does not finish within the shutdown timeout is cut", async () => {
  const { child, url, ended } = await run({ SHUTDOWN_TIMEOUT: "200" });
  const inFlight = post(`${url}/wait`, 60_000).then(
    (response) => response.status,
    () => "cut",
  );
  await new Promise((resolve) => setTimeout(resolve, 100));
  child.kill("SIGTERM");
  expect((await ended).code).toBe(0);
  expect(["cut", 503]).toContain(await inFlight);
});

test("a port in use is one problem with its hint", async () => {
  const { url } = await run();
  const second = await run({ PORT: new URL(url).port });
  expect((await second.ended).code).toBe(1);
  expect(second.output()).toContain("address_in_use");
  expect(second.output()).toContain("PORT");
});

test("all problems come in one error", async () => {
  const broken = await run({ BREAK: "1" });
  expect((await broken.ended).code).toBe(1);
  for (const code of ["manifest_missing", "endpoint_duplicate", "2 problems"])
    expect(broken.output()).toContain(code);
});

test("a setting that is no number is refused by name", async () => {
  const broken = await run({ PORT: "eighty" });
  expect((await broken.ended).code).toBe(1);
  expect(broken.output()).toContain('PORT is "eighty"');
});

test("a handler that ends the process ends it with its code", async () => {
  const { url, ended } = await run();
  await expect(post(`${url}/exit`, 7)).rejects.toThrow();
  expect(await ended).toEqual({ code: 7, signal: null });
});

test("a blocked event loop does not stop Rust from refusing bad requests", async () => {
  const { url } = await run();
  const blocked = post(`${url}/block`, 1500);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const began = Date.now();
  const refused = await fetch(`${url}/block`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{",
  });
  expect(refused.status).toBe(400);
  expect(Date.now() - began).toBeLessThan(1000);
  expect((await blocked).status).toBe(200);
});

test("it starts, stops and starts again in one process", async () => {
  const { ended, output } = await run({ TWICE: "1" });
  expect((await ended).code, output()).toBe(0);
  expect(output().match(/listening/g)).toHaveLength(2);
});

test("a script that never starts ends by itself", async () => {
  const { ended } = await run({ NEVER: "1" });
  expect((await ended).code).toBe(0);
});

test("health is told by path, and readiness ends before anything is refused", async () => {
  const { child, url, ended } = await run({ DRAIN_DELAY: "1s" });
  const ask = async (path: string): Promise<[number, unknown]> => {
    const response = await fetch(url + path);
    return [response.status, await response.json()];
  };
  expect(await ask("/healthz")).toEqual([200, { status: "ok" }]);
  expect(await ask("/readyz")).toEqual([200, { status: "ready" }]);
  child.kill("SIGTERM");
  await expect.poll(() => ask("/readyz")).toEqual([503, { status: "stopping" }]);
  expect(await (await post(`${url}/wait`, 1)).json()).toBe("waited");
  expect(await ended).toEqual({ code: 0, signal: null });
});

test("ctx.stopping aborts while the request may still finish", async () => {
  const { child, url, ended } = await run();
  const inFlight = post(`${url}/until-stop`, 0);
  await new Promise((resolve) => setTimeout(resolve, 100));
  child.kill("SIGTERM");
  expect(await (await inFlight).json()).toEqual({ stopping: "stopping", aborted: false });
  expect((await ended).code).toBe(0);
});

test("a hook runs while databases would still be open, and one that hangs is given up", async () => {
  const { child, ended, output } = await run({ HANGING_HOOK: "1", SHUTDOWN_TIMEOUT: "300ms" });
  child.kill("SIGTERM");
  expect((await ended).code).toBe(0);
  expect(output()).toContain("failed to stop a part of the app");
});

test("a signal that comes while the app stops lets it finish", async () => {
  const { child, url, ended } = await run();
  const inFlight = post(`${url}/stop`, 600);
  await new Promise((resolve) => setTimeout(resolve, 200));
  child.kill("SIGTERM");
  expect(await (await inFlight).json()).toBe("finished");
  expect(await ended).toEqual({ code: 0, signal: null });
});
