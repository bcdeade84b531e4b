import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test, vi } from "vitest";
import { evaluate, post, run, runProgram, type Child } from "./child.ts";

// Each test starts processes, which take their time on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

const CLEAN = { code: 0, signal: null };

/** `FULL=1` is the long form. */
const FULL = process.env["FULL"] !== undefined;
/** Workers one after another, and processes, that end in one way. */
const WORKERS = FULL ? 200 : 40;
const PROCESSES = FULL ? 100 : 8;
const AT_ONCE = 8;
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
  `S16: the process outlives ${WORKERS} workers that end %s, the first of which loaded the addon`,
  async (ending) => {
    const child = run("isolates-come-and-go.mjs", { args: [ending, String(WORKERS)] });
    await child.says(/lives on \{/);
    expect(await child.ended, child.output()).toEqual(CLEAN);
  },
  60_000 + WORKERS * 1_000,
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
    for (let ended = 0; ended < PROCESSES; ended += AT_ONCE) {
      const children = Array.from({ length: AT_ONCE }, () => run("exits.mjs", { args: [ending] }));
      for (const child of children) {
        expect(await child.ended, child.output()).toEqual({ code, signal: null });
      }
    }
  },
  30_000 + PROCESSES * 2_000,
);

test("a frame that breaks the protocol is refused and logged, and the process goes on", async () => {
  const child = run("broken-frame.mjs");
  const [, refused] = await child.says(/refused (.*)/);
  expect(JSON.parse(refused!)).toEqual({ code: "InvalidArg", message: expect.stringContaining("99") });
  await child.says(/closed the port of an isolate: it broke the protocol/);
  await child.says(/another isolate is served/);
  expect(await child.ended, child.output()).toEqual(CLEAN);
});

test("S28: every process of a cluster serves", async () => {
  const child = run("cluster.mjs");
  await child.says(/(listening [^]*){4}/);
  const urls = [...child.output().matchAll(/listening (http:\S+)/g)].map(([, url]) => url!);
  for (const url of urls) {
    expect(await (await post(`${url}/double`, { value: 2 })).json()).toEqual({ doubled: 4, handled: 1 });
  }
  expect(new Set(urls).size).toBe(4);
  child.process.kill("SIGTERM");
  await child.says(/all ended/);
  expect(await child.ended).toEqual(CLEAN);
  expect(child.output().match(/worker ended with 0/g), child.output()).toHaveLength(4);
});

test("S28: a process that serves forks another that serves", async () => {
  const child = run("forks.mjs");
  await child.says(/(listening [^]*){2}/);
  const urls = [...child.output().matchAll(/listening (http:\S+)/g)].map(([, url]) => url!);
  for (const url of urls) {
    expect(await (await post(`${url}/double`, { value: 2 })).json()).toEqual({ doubled: 4, handled: 1 });
  }
  child.process.kill("SIGTERM");
  await child.says(/the other ended with 0/);
  expect(await child.ended, child.output()).toEqual(CLEAN);
});

test("an app whose module is imported twice is told that its endpoint is there twice", async () => {
  const app = new URL("fixtures/declares.mjs", import.meta.url).href;
  const child = evaluate(`
    const { start } = await import(${JSON.stringify(app)});
    await import(${JSON.stringify(`${app}?again`)});
    await start({ banner: false }).then(
      () => console.log("started"),
      ({ code, message }) => console.log("refused", JSON.stringify({ code, message })),
    );`);
  const [, refusal] = await child.says(/refused (.*)/);
  expect(refusal).toContain("POST /declared");
  expect(await child.ended, child.output()).toEqual(CLEAN);
});

test("an app that is started and imported again serves on as it was", async () => {
  const app = new URL("fixtures/smoke-app.mjs", import.meta.url).href;
  const child = evaluate(
    `await import(${JSON.stringify(app)}); await import(${JSON.stringify(`${app}?again`)});`,
  );
  await child.says(/(listening [^]*){2}/);
  const urls = [...child.output().matchAll(/listening (http:\S+)/g)].map(([, url]) => url!);
  expect(new Set(urls).size).toBe(1);
  expect(await (await post(`${urls[0]}/double`, { value: 2 })).json()).toEqual({ doubled: 4, handled: 1 });
  child.process.kill("SIGTERM");
  expect(await child.ended, child.output()).toEqual(CLEAN);
});

// One process serves one app: in threads, where a pool's workers share one, they take turns. A `vmThreads` worker keeps one
// copy of the package for all files, so that there an app has to be stopped.
test.each([
  ["forks", 2, "check", 4],
  ["threads", 1, "check", 4],
  ["vmThreads", 1, "stops", 2],
])(
  "apps are tested in vitest's pool of %s with %i workers",
  async (pool, workers, files, passed) => {
    const child = runVitest(pool, workers, files);
    expect(await child.ended, child.output()).toEqual(CLEAN);
    expect(child.output()).toContain(`${passed} passed`);
  },
  60_000,
);

test("apps that vitest runs in two threads at once are told that there is another, and nothing crashes", async () => {
  const child = runVitest("threads", 2, "check");
  const { code, signal } = await child.ended;
  expect([0, 1], child.output()).toContain(code);
  expect(signal).toBe(null);
  if (code === 1)
    expect(child.output()).toMatch(/another configuration is already being served|ECONNREFUSED/);
}, 60_000);

function runVitest(pool: string, workers: number, files: string): Child {
  const folder = fileURLToPath(new URL("fixtures/pool", import.meta.url));
  const vitest = fileURLToPath(new URL("../../../node_modules/vitest/vitest.mjs", import.meta.url));
  return runProgram([vitest, "run", files, `--root=${folder}`, `--pool=${pool}`, `--maxWorkers=${workers}`]);
}
