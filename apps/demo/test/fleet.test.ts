import { randomBytes } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import { Balancer } from "../../../packages/api/test/balancer.ts";
import { makeLinks, settledCounts } from "./click-counts.ts";
import { Demo } from "./demo-process.ts";
import { RABBITMQ, servicePlace, type Provider } from "./place.ts";
import { Visitors } from "./visitors.ts";

/** How often all replicas are replaced, one after another. `FULL=1` is the long form. */
const ROLLS = process.env["FULL"] ? 50 : 2;
const MAX_ROLL_MS = 30_000;

const REPLICAS = 3;
const VISITORS = 8;

/** Where the replicas keep their messages. */
const FLEETS: readonly Provider[] = [{ provider: "PostgreSQL", makePlace: servicePlace }, RABBITMQ];

/** What production wants to be told, where the place does not say it. */
const production = (): NodeJS.ProcessEnv => ({
  NODE_ENV: "production",
  PUBSUB_URL: "postgres:",
  LINK_KEY: randomBytes(16).toString("hex"),
  ADMIN_PASSWORD: randomBytes(16).toString("hex"),
  DRAIN_DELAY: "200ms",
  ROLL_UP_SCHEDULE: "* * * * * *",
  // The beginnings of runs are logged.
  LOG_LEVEL: "debug",
});

/** A busy machine makes event loops and queries wait, which no replica is to blame for. */
const BUSY = { STALL_LOG: "off", SLOW_QUERY: "off" };

test.for(FLEETS)(
  "with messages on $provider, rolling restarts of three replicas under load fail no request, lose no click and fire no job twice",
  { timeout: 120_000 + ROLLS * MAX_ROLL_MS },
  async ({ provider, makePlace, skipped }, context) => {
    if (skipped) return context.skip(skipped);
    const made = await makePlace();
    const place = { ...made, env: { ...production(), ...BUSY, ...made.env } };
    const replicas: Demo[] = [];
    const fires: string[] = [];
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
      fires.push(...firesIn(old.output));
    }
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    await visitors.sendHome();
    fires.push(...replicas.flatMap(({ output }) => firesIn(output)));
    const counts = await settledCounts(place);
    const counted = counts.reduce((sum, link) => sum + link.counted, 0);
    const { redirected, failures } = visitors;
    const figures = {
      restarts: ROLLS * REPLICAS,
      seconds,
      redirected,
      failed: failures.length,
      counted,
      fires: fires.length,
    };
    process.stdout.write(`${provider}: ${JSON.stringify(figures)}\n`);
    expect(failures).toEqual([]);
    expect(fires.filter((fire, index) => fires.indexOf(fire) !== index)).toEqual([]);
    expect(fires.length).toBeGreaterThan(seconds / 2);
    expect(counted).toBe(redirected);
    expect(redirected).toBeGreaterThan(ROLLS * REPLICAS * VISITORS);
  },
);

/** The instants that the roll-up was run for. */
function firesIn(output: string): string[] {
  const lines = output.split("\n").filter((line) => line.includes('"begin a cron run"'));
  return lines.map((line) => (JSON.parse(line) as { scheduledAt: string }).scheduledAt);
}

/** What was logged as a warning or worse; but on a busy machine a roll-up may take more than the second it has here. */
function problemsIn(output: string): string[] {
  const lines = output.split("\n").filter((line) => /^\{"level":[4-6]0,/.test(line));
  return lines.filter((line) => !line.includes('"skipped a cron run: earlier runs of its job are not done"'));
}
