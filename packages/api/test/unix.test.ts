import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import type { BuiltApp } from "./built-app.ts";
import { ask, buildWhoApp } from "./listening.ts";

let app: BuiltApp;

beforeAll(async () => {
  app = await buildWhoApp(`{ unix: { path: "unused", mode: 0o600 }, trustProxy: ["unix"] }`);
}, 60_000);

function place(): string {
  const folder = mkdtempSync(join(tmpdir(), "twinloop-unix-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, "app.sock");
}

test.skipIf(process.platform === "win32")(
  "a unix socket serves beside the port, and goes at the end",
  async () => {
    const socketPath = place();
    const { url, child, ended } = await app.run({ TWINLOOP_UNIX: socketPath, WORKERS: "2" });
    expect(statSync(socketPath).mode & 0o777).toBe(0o600);
    const headers = { host: "a", "x-forwarded-for": "198.51.100.7", "x-forwarded-proto": "https" };
    expect(await ask("http://a/who", { socketPath })).toMatchObject({
      body: { remoteAddress: "unix", host: "a" },
    });
    const forwarded = await ask("http://a/who", { socketPath, headers });
    expect(forwarded).toMatchObject({ body: { remoteAddress: "198.51.100.7", protocol: "https" } });
    const direct = await ask(`${url}/who`, { headers });
    expect(direct).toMatchObject({ body: { remoteAddress: "127.0.0.1:port", protocol: "http" } });
    child.kill("SIGTERM");
    await ended;
    expect(existsSync(socketPath)).toBe(false);
  },
);

test("a socket that is in use keeps a second app from starting", async () => {
  const socketPath = place();
  const first = await app.run({ TWINLOOP_UNIX: socketPath });
  const second = await app.run({ TWINLOOP_UNIX: socketPath });
  await second.ended;
  expect(second.output()).toContain("is already in use");
  first.child.kill("SIGKILL");
  await first.ended;
  expect(existsSync(socketPath)).toBe(true);
  const third = await app.run({ TWINLOOP_UNIX: socketPath });
  expect(await ask("http://a/who", { socketPath })).toMatchObject({ status: 200 });
  third.child.kill("SIGTERM");
  await third.ended;
});
