import { randomBytes } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import { Balancer } from "../../../packages/api/test/balancer.ts";
import { makeLinks, settledCounts } from "./click-counts.ts";
import { Demo } from "./demo-process.ts";
import { servicePlace, type Place } from "./place.ts";
import { Visitors } from "./visitors.ts";

/** How often all replicas are replaced, one after another. `FULL=1` is the long form. */
const ROLLS = process.env["FULL"] ? 50 : 2;
const MAX_ROLL_MS = 30_000;

const REPLICAS = 3;
const VISITORS = 8;

/** Where the replicas keep their messages. */
const FLEETS = [
  { provider: "PostgreSQL", makePlace: async () => inProduction(await servicePlace(), "postgres:") },
];

function inProduction(place: Place, pubsubUrl: string): Place {
  const env = {
    NODE_ENV: "production",
    PUBSUB_URL: pubsubUrl,
    LINK_KEY: randomBytes(16).toString("hex"),
    DRAIN_DELAY: "200ms",
  };
  return { ...place, env: { ...place.env, ...env } };
}

test.each(FLEETS)(
  "with messages on $provider, rolling restarts of three replicas under load fail no request and lose no click",
  { timeout: 120_000 + ROLLS * MAX_ROLL_MS },
  async ({ provider, makePlace }) => {
    const place = await makePlace();
    const replicas: Demo[] = [];
    onTestFinished(async () => {
      await Promise.all(replicas.map((replica) => replica.stop()));
      await place.remove();
    });
    const balancer = await Balancer.listen();
    const add = async (): Promise<void> => {
      const replica = await Demo.start(place);
      replicas.push(replica);
      await balancer.add(replica.url);
    };
    while (replicas.length < REPLICAS) await add();

    const visitors = new Visitors(VISITORS, await makeLinks(balancer, 5));
    const startedAt = performance.now();
    for (let restart = 0; restart < ROLLS * REPLICAS; restart++) {
      await add();
      const old = replicas.shift()!;
      const { code } = await old.signal("SIGTERM");
      balancer.remove(old.url);
      expect(code, old.output).toBe(0);
      expect(problemsIn(old.output)).toEqual([]);
    }
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    await visitors.sendHome();
    const counts = await settledCounts(place);
    const counted = counts.reduce((sum, link) => sum + link.counted, 0);
    const { redirected, failures } = visitors;
    const figures = { restarts: ROLLS * REPLICAS, seconds, redirected, failed: failures.length, counted };
    process.stdout.write(`${provider}: ${JSON.stringify(figures)}\n`);
    expect(failures).toEqual([]);
    expect(counts.filter((link) => link.noted !== link.counted)).toEqual([]);
    expect(counted).toBe(redirected);
    expect(redirected).toBeGreaterThan(ROLLS * REPLICAS * VISITORS);
  },
);

/** What was logged as a warning or worse. */
function problemsIn(output: string): string[] {
  return output.split("\n").filter((line) => /^\{"level":[4-6]0,/.test(line));
}
