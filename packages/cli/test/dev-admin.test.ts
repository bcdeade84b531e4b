import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test, vi } from "vitest";

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));
// Inside the package, so that the app finds @twinloop/api as an installed one would.
const HERE = fileURLToPath(new URL(".", import.meta.url));

const undo: (() => unknown)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const source = (answer: string): string => `import { api, start } from "@twinloop/api";
export const hello = api({ expose: true, method: "GET", path: "/hello" }, async () => ({ answer: "${answer}" }));
await start();
`;

interface DevRun {
  readonly root: string;
  readonly child: ChildProcess;
  readonly output: () => string;
  /** What `dev` tells other tools; waits until it tells them. */
  readonly told: () => Promise<{ pid: number; adminUrl: string; appUrl: string }>;
}

function dev(options: readonly string[] = [], env: NodeJS.ProcessEnv = {}): DevRun {
  const root = mkdtempSync(join(HERE, "app-"));
  undo.push(() => rmSync(root, { recursive: true, force: true }));
  writeFileSync(join(root, "package.json"), '{ "name": "watched", "type": "module" }');
  writeFileSync(join(root, "app.ts"), source("first"));
  const child = spawn(process.execPath, [MAIN, "dev", "--no-types", ...options], {
    cwd: root,
    env: { ...process.env, NODE_ENV: "", PORT: "0", ADMIN_PORT: "", NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  undo.push(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGTERM");
    await once(child, "exit");
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (text += String(chunk)));
  const path = join(root, ".twinloop/dev.json");
  const told = () => vi.waitFor(() => JSON.parse(readFileSync(path, "utf8")), eventually);
  return { root, child, output: () => text, told };
}

const eventually = { timeout: 30_000, interval: 100 };
const within = { timeout: 90_000 };

async function json(url: string): Promise<any> {
  return (await fetch(url)).json();
}

test("tools find the app and its admin server, which keeps its port through restarts", within, async () => {
  const { root, child, output, told } = dev();
  const { pid, adminUrl, appUrl } = await told();
  expect(pid).toBe(child.pid);
  await vi.waitFor(() => expect(output()).toContain(adminUrl), eventually);
  const before = await json(`${adminUrl}/api/app`);
  expect(before).toMatchObject({ name: "watched", environment: "development", url: appUrl });
  expect(await json(`${appUrl}/hello`)).toEqual({ answer: "first" });
  expect((await json(`${adminUrl}/api/traces?q=hello`)).traces).toMatchObject([{ name: "GET /hello" }]);
  writeFileSync(join(root, "app.ts"), source("second"));
  await vi.waitFor(async () => {
    const after = await json(`${adminUrl}/api/app`);
    expect(after.pid).not.toBe(before.pid);
    const answer = await json(`${(await told()).appUrl}/hello`);
    expect(answer).toEqual({ answer: "second" });
  }, eventually);
  child.kill("SIGTERM");
  await once(child, "exit");
  expect(existsSync(join(root, ".twinloop/dev.json"))).toBe(false);
});

test("two apps at once have two ports, and one may be chosen", within, async () => {
  // Both find the same port free: the one that is late goes to another.
  const [one, other] = await Promise.all([dev().told(), dev().told()]);
  expect(one.adminUrl).not.toBe(other.adminUrl);
  const chosen = await dev(["--admin-port", "4944"]).told();
  expect(chosen.adminUrl).toBe("http://127.0.0.1:4944");
});

test("the app's own ADMIN_PORT counts, and off is none", within, async () => {
  const own = dev([], { ADMIN_PORT: "4945" });
  expect((await own.told()).adminUrl).toBe("http://127.0.0.1:4945");
  const none = dev([], { ADMIN_PORT: "off" });
  await vi.waitFor(() => expect(none.output()).toMatch(/is running/), eventually);
  expect(none.output()).not.toMatch(/"admin"|^admin/m);
});

test("a port that is in use, and one that is none, end the command", within, async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  undo.push(() => server.close());
  const { port } = server.address() as { port: number };
  for (const [value, message] of [
    [String(port), /is in use/],
    ["70000", /at most 65535/],
    ["0", /whole number from 1/],
  ] as const) {
    const { child, output } = dev(["--admin-port", value]);
    const [code] = await once(child, "exit");
    expect([code, output()]).toEqual([2, expect.stringMatching(message)]);
  }
});
