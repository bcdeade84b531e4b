import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test, vi } from "vitest";

vi.setConfig({ testTimeout: 60_000 });

const SERVER = process.env["DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/test";
const TOKEN = "a token of sixteen and more";

interface App {
  readonly child: ChildProcess;
  readonly ask: (path: string) => Promise<{ readonly worker: number }>;
  readonly admin: string;
  readonly output: () => string;
  /** The lines about stalls, when there are so many. */
  readonly stalls: (count: number) => Promise<Stall[]>;
}

interface Stall {
  readonly level: number;
  readonly msg: string;
  readonly isolate: number;
  readonly blockedMs: number;
  readonly handler?: string;
  readonly candidates?: string[];
  readonly trace_id?: string;
}

/** Starts the app, which logs stalls of 100 ms; its handlers block for 300 ms. */
async function run(env: Readonly<Record<string, string>> = {}): Promise<App> {
  const child = spawn(process.execPath, [fileURLToPath(new URL("fixtures/stalls.mjs", import.meta.url))], {
    env: {
      ...process.env,
      ...{ PORT: "0", ADMIN_PORT: "0", ADMIN_TOKEN: TOKEN, LOG_FORMAT: "json", ACCESS_LOG: "off" },
      ...{ STALL_LOG: "100ms", BLOCK_MS: "300", PUBSUB_URL: "memory:", CRON_URL: "memory:" },
      ...{ DATABASE_URL_COMPOSITION: SERVER, ...env },
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (text += chunk.toString()));
  void once(child, "close");
  const [, base, admin] = await vi.waitFor(() => /listening (\S+) (\S+)/.exec(text)!.slice(), {
    timeout: 30_000,
  });
  const ask = async (path: string): Promise<{ worker: number }> =>
    (await (await fetch(base! + path)).json()) as { worker: number };
  const found = (): Stall[] =>
    text
      .split("\n")
      .filter((line) => /"msg":"block(?:ed|s) the event loop/.test(line))
      .map((line) => JSON.parse(line) as Stall);
  const stalls = (count: number): Promise<Stall[]> =>
    vi.waitFor(() => (expect(found(), text).toHaveLength(count), found()), { timeout: 20_000 });
  return { child, ask, admin: admin!, output: () => text, stalls };
}

test("a handler that blocks is named, in the turn that it began in", async () => {
  const app = await run();
  await app.ask("/sync");
  const [stall] = await app.stalls(1);
  expect(stall!.msg).toMatch(/^blocked the event loop for \d+ ms: GET \/sync$/);
  expect(stall).toMatchObject({ level: 40, isolate: 1, handler: "GET /sync" });
  expect(stall!.blockedMs).toBeGreaterThanOrEqual(300);
  expect(stall!.trace_id).toMatch(/^[0-9a-f]{32}$/);
});

test.each(["query", "timer"])("a handler that blocks after an await of a %s is a candidate", async (what) => {
  const app = await run();
  await app.ask(`/after-${what}`);
  const [stall] = await app.stalls(1);
  expect(stall!.msg).toContain(`: GET /after-${what}`);
  expect(stall!.candidates).toEqual([`GET /after-${what}`]);
});

test("subscribers and cron jobs that block are named", async () => {
  const app = await run();
  await app.ask("/publish");
  expect((await app.stalls(1))[0]).toMatchObject({ handler: "letters/read" });
  await app.ask("/nightly");
  await vi.waitFor(
    () => expect(app.output()).toMatch(/"msg":"blocked the event loop[^\n]*"handler":"nightly"/),
    { timeout: 20_000 },
  );
});

test("a worker that blocks is named by its number, and the first isolate says so", async () => {
  const app = await run({ WORKERS: "2" });
  await vi.waitFor(async () => expect((await app.ask("/worker")).worker).toBe(1), { timeout: 30_000 });
  expect((await app.stalls(1))[0]).toMatchObject({ isolate: 2, handler: "GET /worker" });
});

test("a stall of ten limits is told of while it lasts", async () => {
  const app = await run({ BLOCK_MS: "2000" });
  await app.ask("/sync");
  const said = (await app.stalls(2)).map(({ msg }) => msg).sort();
  const [ended, lasting] = said.map((msg) => /^(.*) (\d+) ms.*: GET \/sync$/.exec(msg)!.slice(1));
  expect([ended![0], lasting![0]]).toEqual(["blocked the event loop for", "blocks the event loop, for"]);
  expect(Number(lasting![1])).toBeGreaterThanOrEqual(1000);
  expect(Number(lasting![1])).toBeLessThan(Number(ended![1]));
});

test("nothing is said of a handler that is slow and does not block", async () => {
  const app = await run({ STALL_LOG: "1s" });
  await app.ask("/slow-but-async");
  await app.ask("/quick");
  expect(await app.stalls(0)).toEqual([]);
  await app.ask("/long");
  expect(await app.stalls(1)).toMatchObject([{ handler: "GET /long" }]);
});

test("nothing is said where it is not wanted", async () => {
  const app = await run({ STALL_LOG: "off" });
  await app.ask("/sync");
  await app.ask("/quick");
  expect(await app.stalls(0)).toEqual([]);
});

test("delays, batches and jobs of each isolate are metrics", async () => {
  const app = await run({ WORKERS: "2" });
  await app.ask("/quick");
  const text = await (await fetch(`${app.admin}/metrics`)).text();
  expect(text).toMatch(/^nodejs_eventloop_delay_seconds_count\{twinloop_isolate="1"\} [1-9]/m);
  expect(text).toMatch(/^twinloop_crossing_batch_size_(?:items_)?count\{twinloop_isolate="1"\} [1-9]/m);
  expect(text).toMatch(/^twinloop_isolates(?:\{\})? 2$/m);
  expect(text).toMatch(/^twinloop_crossing_jobs\{twinloop_isolate="2",state="held"\} 0$/m);
});

test("profiles are taken by token, one at a time", async () => {
  const app = await run();
  const get = (path: string, token?: string): Promise<Response> =>
    fetch(app.admin + path, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });
  expect((await get("/debug/cpu?seconds=1")).status).toBe(401);
  expect((await get("/debug/heap", `${TOKEN}.`)).status).toBe(401);
  // Of two at once one is refused, and answered long before the other is done.
  const both = [1, 2].map(() => get("/debug/cpu?seconds=5", TOKEN));
  expect((await Promise.race(both)).status).toBe(429);
  await app.ask("/sync");
  const profile = (await Promise.all(both)).find(({ status }) => status === 200);
  const { nodes } = (await profile!.json()) as { nodes: { callFrame: { functionName: string } }[] };
  expect(nodes.map(({ callFrame }) => callFrame.functionName)).toContain("block");
  const heap = await get("/debug/heap", TOKEN);
  const { snapshot } = (await heap.json()) as { snapshot: { node_count: number } };
  expect(snapshot.node_count).toBeGreaterThan(1000);
  expect((await get("/debug/cpu?seconds=0", TOKEN)).status).toBe(400);
});

test("without a configured token, profiles are refused", async () => {
  const app = await run({ ADMIN_TOKEN: "" });
  for (const path of ["/debug/cpu?seconds=1", "/debug/heap"]) {
    const refused = await fetch(app.admin + path);
    expect([refused.status, await refused.text()]).toEqual([403, expect.stringContaining("ADMIN_TOKEN")]);
  }
});
