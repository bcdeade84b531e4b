import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { CronError, CronJob, start, stop, type CronContext, type CronRun } from "../../dist/index.js";
import { ownId, until } from "../store.ts";

/** A handler that is told by the test when to end. */
class Gate {
  readonly begun: CronContext[] = [];
  #open: (() => void)[] = [];

  readonly handler = (context: CronContext): Promise<void> =>
    new Promise((resolve, reject) => {
      this.begun.push(context);
      this.#open.push(resolve);
      context.signal.addEventListener("abort", () => reject(context.signal.reason as Error));
    });

  release(): void {
    for (const open of this.#open.splice(0)) open();
  }
}

const never = { schedule: "0 0 29 2 *" };

/** What a job promises, wherever its runs are noted. */
export function behaviour(place: string): void {
  const fires: CronContext[] = [];
  const each = new CronJob(ownId("each"), { every: "1s", handler: (context) => void fires.push(context) });
  let failures = 0;
  const flaky = new CronJob(ownId("flaky"), {
    ...never,
    retryPolicy: { minBackoff: 1, maxBackoff: 5, maxRetries: 2 },
    handler: ({ attempt }) => {
      if (attempt <= failures) throw Object.assign(new Error(`not at ${attempt}`), { code: "out_of_luck" });
    },
  });
  const slow = new CronJob(ownId("slow"), {
    ...never,
    timeout: 100,
    handler: ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error))),
  });
  const gates = { skip: new Gate(), queue: new Gate(), allow: new Gate() };
  const gated = {
    skip: new CronJob(ownId("skip"), { ...never, overlap: "skip", handler: gates.skip.handler }),
    queue: new CronJob(ownId("queue"), { ...never, overlap: "queue", handler: gates.queue.handler }),
    allow: new CronJob(ownId("allow"), { ...never, overlap: "allow", handler: gates.allow.handler }),
  };
  const overrunGate = new Gate();
  const overrun = new CronJob(ownId("overrun"), { every: "1s", handler: overrunGate.handler });
  let called = 0;
  const endpoint = new CronJob(ownId("endpoint"), {
    ...never,
    endpoint: () => Promise.resolve(++called),
  });
  const jittered = new CronJob(ownId("jitter"), { every: "1s", jitter: "1s", handler: () => undefined });

  const latest = async (job: CronJob): Promise<CronRun> => (await job.history({ limit: 1 }))[0]!;

  beforeAll(async () => {
    const { running } = await start({ banner: false, signals: false, shutdownTimeout: 500 });
    expect(running.find(({ what }) => what === "cron")?.where).toContain(place);
    expect(running.find(({ what }) => what === `cron ${each.id}`)?.where).toMatch(/^next at .*, every 1s$/);
    await overrun.pause();
    await jittered.pause();
  });
  afterAll(() => stop());
  beforeEach(() => void (failures = 0));

  test("a job fires at each of its instants, once", async () => {
    await until(() => fires.length >= 3);
    const times = fires.map(({ scheduledAt }) => scheduledAt.getTime());
    expect(times.every((time) => time % 1_000 === 0)).toBe(true);
    expect(times).toEqual(times.map((_, index) => times[0]! + index * 1_000));
    expect(fires[0]).toMatchObject({ jobId: each.id, attempt: 1 });
    expect(fires[0]!.trace.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect((await each.stats()).started).toBeGreaterThanOrEqual(3);
  });

  test("its history tells of each run, the newest first", async () => {
    await until(() => fires.length >= 3);
    const runs = await each.history({ limit: 3 });
    expect(runs.map(({ scheduledAt }) => scheduledAt.getTime())).toEqual(
      runs.map((_, index) => runs[0]!.scheduledAt.getTime() - index * 1_000),
    );
    expect(runs.at(-1)).toMatchObject({ outcome: "succeeded", attempts: 1, error: null, manual: false });
    expect(runs.at(-1)!.place).toMatch(new RegExp(`/${process.pid}$`));
    expect(runs.at(-1)!.finishedAt!.getTime()).toBeGreaterThanOrEqual(runs.at(-1)!.startedAt!.getTime());
  });

  test("its next runs are told", async () => {
    const next = await each.nextRuns(3);
    expect(next[0]!.getTime()).toBeGreaterThan(Date.now() - 1_000);
    expect(next[2]!.getTime() - next[0]!.getTime()).toBe(2_000);
    expect(await flaky.nextRuns(1)).toEqual([new Date("2028-02-29T00:00:00Z")]);
    await expect(each.nextRuns(-1)).rejects.toThrow(CronError);
  });

  test("a triggered run is done when trigger() resolves", async () => {
    await endpoint.trigger();
    expect(called).toBe(1);
    expect(await latest(endpoint)).toMatchObject({ outcome: "succeeded", manual: true });
  });

  test("a run that fails is tried again by its policy", async () => {
    failures = 2;
    await flaky.trigger();
    expect(await latest(flaky)).toMatchObject({ outcome: "succeeded", attempts: 3, error: null });
  });

  test("a run that has used up its attempts fails with what was thrown", async () => {
    failures = 3;
    await expect(flaky.trigger()).rejects.toMatchObject({
      name: "CronError",
      code: "out_of_luck",
      message: "not at 3",
    });
    expect(await latest(flaky)).toMatchObject({
      outcome: "failed",
      attempts: 3,
      error: "out_of_luck: not at 3",
    });
    expect(await flaky.stats()).toMatchObject({ failed: 1, retried: 4 });
  });

  test("a handler that takes too long is aborted, and its run has timed out", async () => {
    await expect(slow.trigger()).rejects.toMatchObject({ code: "deadline_exceeded" });
    expect(await latest(slow)).toMatchObject({ outcome: "timedOut", attempts: 1 });
  });

  test("a second run is left out, waits, or goes on beside the first", async () => {
    const first = gated.skip.trigger();
    await until(() => gates.skip.begun.length === 1);
    await expect(gated.skip.trigger()).rejects.toMatchObject({ code: "failed_precondition" });
    gates.skip.release();
    await first;

    const queued = [gated.queue.trigger(), gated.queue.trigger()];
    await until(() => gates.queue.begun.length === 1);
    await until(async () => (await latest(gated.queue)).outcome === "waiting");
    gates.queue.release();
    await until(() => gates.queue.begun.length === 2);
    gates.queue.release();
    await Promise.all(queued);

    const beside = [gated.allow.trigger(), gated.allow.trigger()];
    await until(() => gates.allow.begun.length === 2);
    gates.allow.release();
    await Promise.all(beside);
  });

  test("a job that overruns its period has its later instants skipped, and says so", async () => {
    await overrun.resume();
    await until(() => overrunGate.begun.length === 1);
    const skipped = await until(async () =>
      (await overrun.history()).find(({ outcome }) => outcome === "skipped"),
    );
    expect(skipped).toMatchObject({ attempts: 0, error: "the run before was still going on" });
    await overrun.pause();
    overrunGate.release();
    await until(async () => (await overrun.history()).some(({ outcome }) => outcome === "succeeded"));
  });

  test("a paused job does not fire, and does not make up for it", async () => {
    await each.pause();
    await until(async () => (await latest(each)).outcome === "succeeded");
    const before = fires.length;
    const resumeAt = Date.now() + 2_500;
    await until(() => Date.now() > resumeAt);
    expect(fires.length).toBeLessThanOrEqual(before + 1);
    const paused = fires.length;
    await each.resume();
    await until(() => fires.length > paused);
    expect(fires[paused]!.scheduledAt.getTime()).toBeGreaterThan(resumeAt - 1_000);
  });

  test("jitter begins a run later than its instant", async () => {
    await jittered.resume();
    const runs = await until(async () => {
      const done = (await jittered.history()).filter(({ outcome }) => outcome === "succeeded");
      return done.length >= 2 && done;
    });
    await jittered.pause();
    const late = runs.map(({ scheduledAt, startedAt }) => startedAt!.getTime() - scheduledAt.getTime());
    expect(Math.max(...late)).toBeGreaterThan(30);
  });

  test("a stopping app fires nothing more, and what runs too long is interrupted", async () => {
    const running = gated.allow.trigger();
    // The run may end before the stop does, when nobody awaits it yet.
    running.catch(() => undefined);
    await until(() => gates.allow.begun.length === 3);
    const signal = gates.allow.begun[2]!.signal;
    await stop();
    await expect(running).rejects.toMatchObject({ code: "canceled" });
    expect(signal.aborted).toBe(true);
    const count = fires.length;
    const quietUntil = Date.now() + 1_500;
    await until(() => Date.now() > quietUntil);
    expect(fires.length).toBe(count);
  });
}
