import { existsSync } from "node:fs";
import { expect, test, vi } from "vitest";
import { post, run } from "./child.ts";

// Each test starts processes, which take their time on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

const CLEAN = { code: 0, signal: null };
const NO_PROC = existsSync("/proc/self/task")
  ? undefined
  : "threads are counted in /proc, which this system has not";
const IO_THREADS = { TWINLOOP_IO_THREADS: "2" };

test("importing starts no thread; the first use starts the I/O threads", async ({ skip }) => {
  skip(NO_PROC !== undefined, NO_PROC);
  const child = run("threads.mjs", { env: IO_THREADS });
  const [, text] = await child.says(/counted (.*)/);
  const { before, imported, used } = JSON.parse(text!);
  expect(imported).toEqual({ all: before.all, ours: 0 });
  expect(used).toEqual({ all: before.all + 2, ours: 2 });
  expect(await child.ended).toEqual(CLEAN);
});

test("isolates share one runtime, however many attach", async ({ skip }) => {
  skip(NO_PROC !== undefined, NO_PROC);
  const child = run("isolates-share.mjs", { env: IO_THREADS });
  const [, text] = await child.says(/shared (.*)/);
  expect(JSON.parse(text!)).toEqual({ told: [2, 2, 2, 2, 2], ours: 2 });
  expect(await child.ended, child.output()).toEqual(CLEAN);
});

test.each(["naturally", "exit", "throwing", "flooding"])(
  "S16: the process outlives 40 workers that end %s, the first of which loaded the addon",
  async (ending) => {
    const child = run("isolates-come-and-go.mjs", { args: [ending, "40"] });
    await child.says(/lives on \{/);
    expect(await child.ended, child.output()).toEqual(CLEAN);
  },
  60_000,
);

test.each([
  ["by itself", 0],
  ["in flight", 3],
  ["in beforeExit", 3],
  ["in an exit listener", 3],
  ["uncaught exception", 1],
])(
  "S17: a process with calls in flight ends %s with its own code",
  async (ending, code) => {
    const children = Array.from({ length: 8 }, () => run("exits.mjs", { args: [ending] }));
    for (const child of children) {
      expect(await child.ended, child.output()).toEqual({ code, signal: null });
    }
  },
  30_000,
);

test("a frame that breaks the protocol is refused and logged, and the process goes on", async () => {
  const child = run("broken-frame.mjs");
  const [, refused] = await child.says(/refused (.*)/);
  expect(JSON.parse(refused!)).toEqual({ code: "InvalidArg", message: expect.stringContaining("99") });
  await child.says(/an isolate broke the protocol/);
  await child.says(/another isolate is served/);
  expect(await child.ended, child.output()).toEqual(CLEAN);
});

test("S28: every process of a cluster serves", async () => {
  const child = run("cluster.mjs");
  await child.says(/(listening [^]*){2}/);
  const urls = [...child.output().matchAll(/listening (http:\S+)/g)].map(([, url]) => url!);
  for (const url of urls) {
    expect(await (await post(`${url}/double`, { value: 2 })).json()).toEqual({ doubled: 4, handled: 1 });
  }
  expect(new Set(urls).size).toBe(2);
  child.process.kill("SIGTERM");
  await child.says(/all ended/);
  expect(await child.ended).toEqual(CLEAN);
  expect(child.output().match(/worker ended with 0/g), child.output()).toHaveLength(2);
});
