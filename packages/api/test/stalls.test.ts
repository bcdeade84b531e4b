import { expect, test } from "vitest";
import { post, run } from "./app-process.ts";

/** `FULL=1` is the long form. */
const STALL_MS = process.env["FULL"] ? 60_000 : 6_000;
/** What the endpoint has for an answer, and what a watch of the limits adds. */
const LIMIT_MS = 1_000;
const MARGIN_MS = 2_500;
const AT_ONCE = 400;

/** Malformed and unknown requests, which no JavaScript sees. */
async function expectRefusals(url: string): Promise<void> {
  expect((await post(`${url}/echo`, { n: "none" })).status).toBe(400);
  expect((await fetch(`${url}/nothing`)).status).toBe(404);
}

test.each(["block", "debugger"])(
  `S12: while the loop stands still for ${STALL_MS} ms (%s), Rust refuses and sheds, and then all is as before`,
  { timeout: STALL_MS + 30_000 },
  async (how) => {
    const { child, url, ended, output } = await run("stalls.mjs");
    const echo = async (n: number): Promise<{ status: number; ms: number; retryAfter: string | null }> => {
      const began = performance.now();
      const response = await post(`${url}/echo`, { n });
      await response.arrayBuffer();
      const ms = performance.now() - began;
      return { status: response.status, ms, retryAfter: response.headers.get("retry-after") };
    };
    expect((await echo(1)).status).toBe(200);
    await post(`${url}/stall`, { how, ms: STALL_MS });
    await expect.poll(output).toContain("stands still");
    const stopped = performance.now();

    // Each round is given up by its clients' limit, not by a bound that is never freed.
    let shed = 0;
    while (performance.now() - stopped < STALL_MS - LIMIT_MS - MARGIN_MS) {
      const began = performance.now();
      await expectRefusals(url);
      expect(performance.now() - began).toBeLessThan(500);
      const round = Promise.all(Array.from({ length: AT_ONCE }, (_, n) => echo(n)));
      const refusals = expectRefusals(url);
      for (const { status, ms, retryAfter } of await round) {
        expect([status, retryAfter]).toEqual([503, "1"]);
        expect(ms).toBeLessThan(2 * LIMIT_MS + MARGIN_MS);
        shed++;
      }
      await refusals;
      expect((await fetch(`${url}/healthz`)).status).toBe(503);
    }
    expect(shed).toBeGreaterThanOrEqual(AT_ONCE);

    await expect.poll(async () => (await echo(2)).status, { timeout: STALL_MS }).toBe(200);
    const again = await Promise.all(Array.from({ length: 100 }, (_, n) => echo(n)));
    expect(again.map(({ status }) => status)).toEqual(Array.from({ length: 100 }, () => 200));
    expect(Math.max(...again.map(({ ms }) => ms))).toBeLessThan(1_000);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    // Of what was given up, nothing was begun afterwards.
    const last = (await (await post(`${url}/echo`, { n: 3 })).json()) as { handled: number };
    expect(last.handled).toBeLessThan(1 + 100 + 50);
    child.kill("SIGTERM");
    expect(await ended, output()).toEqual({ code: 0, signal: null });
    console.log(`${how}: ${STALL_MS} ms, ${shed} requests told to come again`);
  },
);
