import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";

const APP = fileURLToPath(new URL("fixtures/app.mjs", import.meta.url));
const children: ChildProcess[] = [];

afterEach(() => children.splice(0).forEach((child) => child.kill("SIGKILL")));

interface Running {
  readonly child: ChildProcess;
  readonly url: string;
  readonly output: () => string;
  readonly ended: Promise<{ code: number | null; signal: string | null }>;
}

/** Runs the fixture and waits until it says where it listens, or ends. */
async function run(env: Record<string, string> = {}, args: string[] = []): Promise<Running> {
  const child = spawn(process.execPath, [...args, APP], {
    env: { ...process.env, PORT: "0", LOG_FORMAT: "json", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  let text = "";
  const ended = once(child, "close").then(([code, signal]) => ({ code, signal }));
  const url = await new Promise<string>((resolve) => {
    const read = (chunk: Buffer): void => {
      text += chunk.toString();
      const found = /listening (http:\S+)/.exec(text);
      if (found) resolve(found[1]!);
    };
    child.stdout!.on("data", read);
    child.stderr!.on("data", read);
    void ended.then(() => resolve(""));
  });
  return { child, url, output: () => text, ended };
}

function post(url: string, body: unknown): Promise<Response> {
  return fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

test("SIGTERM finishes what is in flight and exits with 0", async () => {
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

test("SIGINT ends an idle app within a second", async () => {
  const { child, url, ended } = await run();
  await post(`${url}/wait`, 0);
  const began = Date.now();
  child.kill("SIGINT");
  expect((await ended).code).toBe(0);
  expect(Date.now() - began).toBeLessThan(1000);
});

test("a second signal ends it at once", async () => {
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

test("a port in use is one problem with its mend", async () => {
  const { url } = await run();
  const second = await run({ PORT: new URL(url).port });
  expect((await second.ended).code).toBe(1);
  expect(second.output()).toContain("address_in_use");
  expect(second.output()).toContain("PORT");
});

test("all problems come in one error", async () => {
  const broken = await run({ BREAK: "1" });
  expect((await broken.ended).code).toBe(1);
  for (const code of ["endpoint_without_path", "endpoint_duplicate", "2 problems"])
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
