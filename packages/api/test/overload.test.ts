import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { run } from "./app-process.ts";
import { residentMiB, storm } from "./storm.ts";

/** `FULL=1` is the long form. */
const SECONDS = process.env["FULL"] ? 60 : 5;
const TIME_LIMIT_MS = SECONDS * 1_000 + 60_000;

/** What 2 ms of work each allow. */
const CAPACITY = 500;
/** The endpoint's time limit. */
const DEADLINE_MS = 8_000;
/** How long a request is held at most before it is told to come again, and how finely that is kept. */
const HOLD_MS = 2_000;
const SWEEP_MS = 500;
const MAX_GROWTH_MIB = 120;

const NO_PROC = existsSync("/proc/self/status")
  ? undefined
  : "memory is read from /proc, which this system has not";

test(
  `ten times the load that can be served for ${SECONDS} s: memory is bounded, the rest is told to come again, and then all is as before`,
  { timeout: TIME_LIMIT_MS },
  async ({ skip }) => {
    skip(NO_PROC !== undefined, NO_PROC);
    const { child, url, ended, output } = await run("overload.mjs");
    const busy = `${url}/busy`;
    await storm({ url: busy, connections: 16, seconds: 1 });
    const before = residentMiB(child.pid!);
    const sizes: number[] = [];
    const sampling = setInterval(() => sizes.push(residentMiB(child.pid!)), 200);
    const { statuses, errors } = await storm({
      url: busy,
      connections: 4 * CAPACITY,
      rate: 10 * CAPACITY,
      seconds: SECONDS,
    });
    const over = performance.now();
    clearInterval(sampling);
    // Full speed is one request at a time without waiting for those of the storm.
    await expect
      .poll(
        async () => {
          const began = performance.now();
          const { status } = await fetch(busy);
          return status === 200 && performance.now() - began < 100;
        },
        { interval: 20, timeout: 10_000 },
      )
      .toBe(true);
    const recoveredMs = performance.now() - over;

    const { 200: served, 503: shed, ...others } = statuses as Record<number, (typeof statuses)[string]>;
    console.log(
      JSON.stringify({
        seconds: SECONDS,
        served,
        shed,
        errors,
        recoveredMs,
        before,
        most: Math.max(...sizes),
      }),
    );
    expect(others).toEqual({});
    expect(errors).toBe(0);
    expect(served!.count).toBeGreaterThan((SECONDS * CAPACITY) / 5);
    expect(served!.p99).toBeLessThan(DEADLINE_MS);
    expect(shed!.retryAfter).toBe(shed!.count);
    expect(shed!.count).toBeGreaterThan(served!.count);
    expect(shed!.max).toBeLessThan(HOLD_MS + SWEEP_MS + 1_000);
    expect(recoveredMs).toBeLessThan(1_000);
    expect(Math.max(...sizes) - before).toBeLessThan(MAX_GROWTH_MIB);
    child.kill("SIGTERM");
    expect(await ended, output()).toEqual({ code: 0, signal: null });
  },
);

test(
  `S11: of a handler that never answers, 256 requests run, others are held, and the rest is told to come again`,
  { timeout: TIME_LIMIT_MS },
  async ({ skip }) => {
    skip(NO_PROC !== undefined, NO_PROC);
    const { child, url, output } = await run("overload.mjs", { SHUTDOWN_TIMEOUT: "100" });
    const sizes: number[] = [];
    const sampling = setInterval(() => sizes.push(residentMiB(child.pid!)), 200);
    // While all clients are there: what those that leave had makes room for what was held.
    const asking = setTimeout(() => child.kill("SIGUSR2"), SECONDS * 800);
    const { statuses, sent } = await storm({ url: `${url}/never`, connections: 2_000, seconds: SECONDS });
    clearInterval(sampling);
    clearTimeout(asking);
    await expect.poll(output).toContain("begun ");
    const begun = Number(/begun (\d+)/.exec(output())![1]);
    const shed = statuses["503"]!;
    console.log(JSON.stringify({ sent, begun, shed, first: sizes[0], last: sizes.at(-1) }));
    expect(begun).toBe(256);
    expect(shed.retryAfter).toBe(shed.count);
    expect(Object.keys(statuses)).toEqual(["503"]);
    const half = sizes.slice(Math.floor(sizes.length / 2));
    expect(half.at(-1)! - half[0]!).toBeLessThan(30);
  },
);
