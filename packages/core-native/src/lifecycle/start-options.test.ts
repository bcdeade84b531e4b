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
  const options = {
    workers: 0,
    workerMemoryMiB: 1,
    health: { stallTimeout: -1, checkTimeout: -1, ready: false, checks: { mail: "up" as never } },
    limits: { bufferedBodyBytes: 1 },
  } satisfies StartOptions;
  const { problems } = settle(options, { PORT: "http", SHUTDOWN_TIMEOUT: "soon", DRAIN_DELAY: "9999d" });
  const named = problems.map(({ message }) => message.split(" ", 1)[0]);
  expect(named.sort()).toEqual(
    [
      "PORT",
      "SHUTDOWN_TIMEOUT",
      "DRAIN_DELAY",
      "workers",
      "workerMemoryMiB",
      "health.stallTimeout",
      "health.checkTimeout",
      "health.checks",
      'health.checks["mail"]',
      "limits.bufferedBodyBytes",
    ].sort(),
  );
});

test("the bytes of bodies may be more than nine digits", () => {
  const { settings, problems } = settle(
    { limits: { bufferedBodyBytes: 1 << 20 } },
    { TWINLOOP_BUFFERED_BODY_BYTES: "17179869184" },
  );
  expect({ limits: settings.limits, problems }).toEqual({
    limits: { bufferedBodyBytes: 2 ** 34 },
    problems: [],
  });
});

test.each([
  [{ prot: 1 }, "start(): there is no option prot", "Did you mean port?"],
  [{ health: { redy: "/r" } }, "start(): there is no option health.redy", "Did you mean health.ready?"],
  [{ health: "yes" }, 'start(): health is "yes"', "Write"],
  [{ signals: "no" }, 'start(): signals is "no"', "Write true or false."],
  [{ host: 5 }, "start(): host is 5", "Write a text."],
  [
    { limits: { bodies: 1 } },
    "start(): there is no option limits.bodies",
    "Its options are limits.bufferedBodyBytes.",
  ],
])("%j is refused", (options, message, hint) => {
  const { problems } = settle(options as never, {});
  expect(problems).toEqual([{ code: "config_invalid", message, hint: expect.stringContaining(hint) }]);
});
