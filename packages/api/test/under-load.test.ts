import { expect, test, vi } from "vitest";
import { post, run } from "./app-process.ts";
import { Balancer } from "./balancer.ts";
import { hammer } from "./load.ts";

/** `FULL=1` is the long form. */
const ROUNDS = process.env["FULL"] ? 50 : 2;
const CLIENTS = 8;

vi.setConfig({ testTimeout: 60_000 + ROUNDS * 5_000 });

test("S18: a stop under load answers every request of a kept connection, in every isolate", async () => {
  let answered = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const app = await run("workers.mjs", { WORKERS: "2", ...(round % 2 ? { DRAIN_DELAY: "100ms" } : {}) });
    const hammering = hammer(`${app.url}/who`, CLIENTS, ({ last }) => last);
    await new Promise((resolve) => setTimeout(resolve, 150 + (round % 10) * 10));
    app.child.kill("SIGTERM");
    const answers = await hammering;
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    expect(await app.ended, app.output()).toEqual({ code: 0, signal: null });
    answered += answers.length;
  }
  console.log(`${ROUNDS} stops, ${answered} requests, all answered`);
});

test("S14: workers that end under load cost no GET its answer", async () => {
  const app = await run("workers.mjs", { WORKERS: "2" });
  let over = false;
  const hammering = hammer(`${app.url}/who`, CLIENTS, () => over);
  for (let ends = 0; ends < 3; ends++) {
    const before = app.output().match(/isolate 1 runs/g)?.length ?? 0;
    await vi.waitFor(async () => expect((await post(`${app.url}/end`, { how: "exit" })).status).toBe(503), {
      timeout: 20_000,
      interval: 10,
    });
    await vi.waitFor(() => expect(app.output().match(/isolate 1 runs/g)?.length).toBe(before + 1), {
      timeout: 20_000,
    });
  }
  over = true;
  const answers = await hammering;
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  expect(answers.length).toBeGreaterThan(100);
});

test("a rolling restart of three replicas fails no request", async () => {
  const balancer = await Balancer.listen();
  const replicas = await Promise.all(
    Array.from({ length: 3 }, () => run("workers.mjs", { DRAIN_DELAY: "200ms" })),
  );
  for (const { url } of replicas) await balancer.add(url);
  let over = false;
  const hammering = hammer(`${balancer.url}/who`, CLIENTS, () => over);
  for (let restart = 0; restart < ROUNDS; restart++) {
    const replacement = await run("workers.mjs", { DRAIN_DELAY: "200ms" });
    await balancer.add(replacement.url);
    const old = replicas.shift()!;
    old.child.kill("SIGTERM");
    expect(await old.ended, old.output()).toEqual({ code: 0, signal: null });
    balancer.remove(old.url);
    replicas.push(replacement);
  }
  over = true;
  const answers = await hammering;
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  console.log(`${ROUNDS} restarts, ${answers.length} requests, none failed`);
});
