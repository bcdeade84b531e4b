import { expect, test } from "vitest";
import { settle, type StartOptions } from "./start-options.ts";

test("the environment overrides the options, which override the defaults", () => {
  const options: StartOptions = { port: 1, shutdownTimeout: "2s", drainDelay: 3, workers: 4 };
  expect(settle({}, {}).settings).toEqual({ shutdownTimeout: 10_000, drainDelay: 0, workers: 1 });
  expect(settle(options, {}).settings).toEqual({
    port: 1,
    shutdownTimeout: 2_000,
    drainDelay: 3,
    workers: 4,
  });
  const environment = { HOST: "::", PORT: "5", SHUTDOWN_TIMEOUT: "6000", DRAIN_DELAY: "7s", WORKERS: "8" };
  expect(settle(options, environment)).toEqual({
    settings: { host: "::", port: 5, shutdownTimeout: 6_000, drainDelay: 7_000, workers: 8 },
    problems: [],
  });
});

test("an empty variable is as good as none", () => {
  const empty = { HOST: "", PORT: "", SHUTDOWN_TIMEOUT: "", DRAIN_DELAY: "", WORKERS: "" };
  expect(settle({}, empty)).toEqual(settle({}, {}));
});

test("everything that is wrong is told at once, by name", () => {
  const options = { workers: 0, workerMemoryMiB: 1, health: { stallTimeout: -1 } } as StartOptions;
  const { problems } = settle(options, { PORT: "http", SHUTDOWN_TIMEOUT: "soon", DRAIN_DELAY: "9999d" });
  const named = problems.map(({ message }) => message.split(" ", 1)[0]);
  expect(named.sort()).toEqual(
    ["PORT", "SHUTDOWN_TIMEOUT", "DRAIN_DELAY", "workers", "workerMemoryMiB", "health.stallTimeout"].sort(),
  );
});
