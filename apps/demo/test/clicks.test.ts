import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { makeLinks, settledCounts } from "./click-counts.ts";
import { Demo } from "./demo-process.ts";
import { PROVIDERS, RABBITMQ } from "./place.ts";
import { Visitors } from "./visitors.ts";

/** `FULL=1` is the long form. */
const KILLS = process.env["FULL"] ? 50 : 3;
/** How many visits are answered before the time to the kill begins: on a busy machine a first one takes a while. */
const FIRST_VISITS = 2;
/** From those visits to the kill. */
const LIFE_MS = { min: 100, max: 2_000 };
const MAX_KILL_MS = 8_000;

const VISITORS = 8;
const LINKS = 3;

test.for([...PROVIDERS, RABBITMQ])(
  "on $provider, each click is counted once over kill -9 under load",
  { timeout: 120_000 + KILLS * MAX_KILL_MS },
  async ({ provider, makePlace, skipped }, context) => {
    if (skipped) return context.skip(skipped);
    const place = await makePlace();
    let demo = await Demo.start(place);
    onTestFinished(async () => {
      await demo.stop();
      await place.remove();
    });
    const paths = (await makeLinks(demo, LINKS)).map((address) => new URL(address).pathname);
    let redirected = 0;
    let cutOff = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const visitors = new Visitors(
        VISITORS,
        paths.map((path) => demo.url + path),
      );
      await vi.waitUntil(() => visitors.redirected >= FIRST_VISITS, { timeout: MAX_KILL_MS });
      await sleep(randomInt(LIFE_MS.min, LIFE_MS.max));
      await demo.signal("SIGKILL");
      await visitors.sendHome();
      redirected += visitors.redirected;
      cutOff += visitors.failures.length;
      demo = await Demo.start(place);
    }
    const counts = await settledCounts(place);
    const counted = counts.reduce((sum, link) => sum + link.counted, 0);
    process.stdout.write(`${provider}: ${JSON.stringify({ kills: KILLS, redirected, cutOff, counted })}\n`);
    // Of those that were cut off, some had been noted and were not answered.
    expect(counted).toBeGreaterThanOrEqual(redirected);
    expect(counted).toBeLessThanOrEqual(redirected + cutOff);
    expect(redirected).toBeGreaterThan(KILLS);
  },
);
